#include "switch/gateway/admin_lists.h"

#include "switch/gateway/admin_call.h"
#include "switch/gateway/kept_notices.h"

#include <boost/json/array.hpp>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace tuma::net {
namespace {

namespace json = boost::json;

constexpr std::uint32_t listed_max = 200;
constexpr std::uint32_t listed_default = 50;

// How many are wanted, or nothing for what is no such number.
std::optional<std::uint32_t> count_of(const AdminCall& call,
                                      std::uint32_t otherwise = listed_default) {
    const auto text = call.text("count");
    if (!text) return otherwise;
    const auto number = read_number<std::uint64_t>(*text);
    if (!number || *number == 0 || *number > listed_max) return std::nullopt;
    return static_cast<std::uint32_t>(*number);
}

http::HttpReply wrong_count() {
    return json_error(400, "count", "must be a number from 1 to " + std::to_string(listed_max));
}

// Beside the list and not around it: who reads the list has always got a list.
http::HttpReply counted(const json::array& list, std::uint64_t total) {
    http::HttpReply reply = json_reply(200, list);
    reply.headers.emplace_back("Total-Count", std::to_string(total));
    return reply;
}

json::array open_list(const core::Outcome& outcome) {
    json::array list;
    for (const ledger::Notice& notice : *outcome.notices) list.emplace_back(notice_json(notice));
    return list;
}

// What memory and the books know together.
std::vector<Delivery> attempts(const AdminParts& parts, std::optional<OrderId> order,
                               std::uint32_t most) {
    std::vector<Delivery> newest = parts.notifier.deliveries(order, most);
    if (newest.size() < most)
        add_kept(newest, kept_attempts(parts.projection, order, false, 2 * most), most);
    return newest;
}

json::array given_up_list(const AdminParts& parts, std::optional<OrderId> order,
                          std::uint32_t most) {
    json::array list;
    const std::vector<GivenUp> newest = parts.notifier.given_up(order, most);
    for (const GivenUp& notice : newest) list.emplace_back(given_up_json(notice));
    for (const Delivery& kept : kept_attempts(parts.projection, order, true, 2 * most)) {
        if (list.size() >= most) break;
        const auto is_same = [&kept](const GivenUp& one) { return one.notice == kept.notice; };
        if (std::none_of(newest.begin(), newest.end(), is_same))
            list.emplace_back(given_up_json({kept.notice, kept.order, kept.channel, kept.attempt,
                                             kept.time, "", "", kept.result.status,
                                             "it was before the start; the books keep no reason"}));
    }
    return list;
}

}  // namespace

protocols::Answer list_requests(const AdminCall& call, const AdminParts& parts) {
    const auto count = count_of(call);
    if (!count) return wrong_count();
    const std::string refused = call.text("refused").value_or("no");
    if (refused != "yes" && refused != "no") return json_error(400, "refused", "is yes or no");
    const RequestLog& requests = parts.gateway.requests();
    json::array list;
    for (const Handled& one : requests.newest(*count, refused == "yes"))
        list.emplace_back(handled_json(one));
    return json_reply(200, json::object{{"total", requests.total()}, {"requests", list}});
}

protocols::Answer list_routes(const AdminCall&, const AdminParts& parts) {
    json::array list;
    for (const protocols::Adapter* const dialect : parts.translation.adapters)
        for (const protocols::OfferedCall& call : dialect->calls(parts.translation.directory))
            list.push_back(json::object{
                {"dialect", dialect->name()}, {"method", call.method}, {"path", call.path}});
    return json_reply(200, json::object{{"routes", list}});
}

protocols::Answer list_orders(const AdminCall& call, const AdminParts& parts) {
    const auto count = count_of(call);
    if (!count) return wrong_count();
    return asking(core::ListOrders{.newest = *count}, [parts](const core::Outcome& outcome) {
        json::array list;
        std::for_each(outcome.orders->rbegin(), outcome.orders->rend(), [&](const auto& order) {
            list.emplace_back(order_json(*order, parts.translation.adapters));
        });
        return json_reply(200, json::object{{"total", outcome.id}, {"orders", list}});
    });
}

protocols::Answer show_notices(const AdminCall& call, const AdminParts& parts) {
    const auto count = count_of(call, listed_max);
    if (!count) return wrong_count();
    std::optional<OrderId> order;
    if (const auto text = call.text("order")) {
        const auto id = read_number<std::uint64_t>(*text);
        if (!id) return json_error(400, "order", "must be an order's number");
        order = OrderId{*id};
    }
    const auto state = call.text("state");
    if (state && *state != "open" && *state != "given_up")
        return json_error(400, "state", "is open or given_up; without it attempts are shown");
    // Asked for in any case: the core knows how many there ever were.
    return asking(core::ListNotices{order.value_or(OrderId{}), *count},
                  [parts, order, state, most = *count](const core::Outcome& outcome) {
                      if (state == "open") return counted(open_list(outcome), outcome.id);
                      if (state) return counted(given_up_list(parts, order, most), outcome.id);
                      json::array list;
                      for (const Delivery& delivery : attempts(parts, order, most))
                          list.emplace_back(delivery_json(delivery));
                      return counted(list, outcome.id);
                  });
}

}  // namespace tuma::net
