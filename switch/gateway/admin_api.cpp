#include "switch/net/admin_api.h"

#include "ledger/words.h"
#include "protocols/strict_json.h"
#include "switch/net/admin_json.h"

#include <boost/json/array.hpp>
#include <boost/json/value_to.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tuma::net {
namespace {

namespace json = boost::json;

constexpr std::string_view act_arguments = "payer,answer";
constexpr std::string_view decline_arguments = "code,answer";

constexpr std::array<AdminRoute, 20> routes{{
    {"GET", "/admin/help", "", "This list."},
    {"GET", "/admin/orders/{id}", "", "An order by its number."},
    {"GET", "/admin/orders", "key", "?key=KEY: an order by one of its keys."},
    {"POST", "/admin/orders/{id}/approve", act_arguments,
     "The customer pays; payer (an identity) where unknown."},
    {"POST", "/admin/orders/{id}/decline", decline_arguments,
     "The customer says no; code is the dialect's reason."},
    {"POST", "/admin/orders/{id}/ignore", "", "The customer does nothing by itself any more."},
    {"POST", "/admin/orders/{id}/close", "", "The order ends unpaid."},
    {"POST", "/admin/orders/{id}/notify", "channel", "Sends a notice again; channel, default 0."},
    {"POST", "/admin/handsets/{identity}/approve", act_arguments,
     "Pays the prompt that is open on a handset."},
    {"POST", "/admin/handsets/{identity}/decline", decline_arguments,
     "Declines it; code is the dialect's reason."},
    {"POST", "/admin/handsets/{identity}/ignore", "", "Lets it run out."},
    {"GET", "/admin/accounts/{identity}", "", "Balances of an account."},
    {"GET", "/admin/notices", "order,state",
     "?order=ID: attempts to deliver notices, the newest first; ?state=open or given_up: notices."},
    {"GET", "/admin/clock", "", "Switch time, and the time outside."},
    {"POST", "/admin/clock/advance", "by", "by=DURATION (90s, 2h, 1d): lets virtual time pass."},
    {"GET", "/admin/faults", "", "Fault rules in force."},
    {"POST", "/admin/faults", "fault,path,contains,count",
     "A rule: fault, path, contains, count (default 1)."},
    {"DELETE", "/admin/faults", "", "Removes all rules."},
    {"GET", "/admin/profiles", "prefix", "?prefix=TEXT: names of stored profiles."},
    {"PUT", "/admin/profiles", "name",
     "?name=NAME: stores the body as that profile, empty removes it."},
}};

constexpr std::size_t segments_max = 8;
constexpr std::uint32_t notices_max = 200;
constexpr std::chrono::seconds advance_patience{120};
constexpr Duration advance_max = std::chrono::days{366};

// A request taken apart: decoded segments behind /admin, and arguments of query and JSON body.
struct Call {
    std::string method;
    std::vector<std::string> segments;
    json::object arguments;
    std::string body;

    bool is(std::string_view verb, std::size_t count, std::string_view first) const {
        return method == verb && segments.size() == count && segments.front() == first;
    }
    std::optional<std::string> text(std::string_view name) const {
        const json::value* const value = arguments.if_contains(name);
        if (value == nullptr) return std::nullopt;
        if (value->is_string()) return std::string(value->as_string());
        return std::to_string(value->as_int64());
    }
};

std::optional<std::uint64_t> whole(std::string_view text) {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [rest, failure] = std::from_chars(text.data(), end, number);
    if (failure != std::errc{} || rest != end) return std::nullopt;
    return number;
}

Result<Call> read_call(const http::HttpRequest& request) {
    const auto url = boost::urls::parse_origin_form(request.target);
    if (!url) return InputError{"target", "is not a path"};
    Call call;
    call.method = request.method;
    for (const auto& segment : url->segments()) {
        if (call.segments.size() >= segments_max) return InputError{"target", "is too deep"};
        call.segments.emplace_back(segment);
    }
    call.segments.erase(call.segments.begin());
    while (!call.segments.empty() && call.segments.back().empty()) call.segments.pop_back();
    if (call.segments.empty()) call.segments.emplace_back("help");
    call.body = request.body;
    if (request.method == "POST" && !request.body.empty()) {
        const auto body = protocols::parse_strictly(request.body);
        if (!body || !body->is_object())
            return InputError{"body", "must be a JSON object that has no member twice"};
        call.arguments = body->get_object();
    }
    for (const auto& argument : call.arguments)
        if (!argument.value().is_string() && !argument.value().is_int64())
            return InputError{std::string(argument.key()), "must be a text or a whole number"};
    for (const auto& parameter : url->params())
        if (!call.arguments.emplace(std::string(parameter.key), std::string(parameter.value))
                 .second)
            return InputError{std::string(parameter.key), "is there twice"};
    return call;
}

// Whether the segments are those of the route behind /admin; a part in braces is anything.
bool fits(const AdminRoute& route, const Call& call) {
    std::vector<std::string_view> parts = split_words(route.path.substr(1), '/');
    parts.erase(parts.begin());
    return std::equal(parts.begin(), parts.end(), call.segments.begin(), call.segments.end(),
                      [](std::string_view part, const std::string& segment) {
                          return part.starts_with('{') || part == segment;
                      });
}

// The words at this place of the paths that begin like the call's.
std::vector<std::string_view> words_at(const Call& call, std::size_t place) {
    std::vector<std::string_view> words;
    for (const AdminRoute& route : routes) {
        const std::vector<std::string_view> parts = split_words(route.path.substr(1), '/');
        if (parts.size() <= place + 1 || parts[place + 1].starts_with('{')) continue;
        if (place > 0 && parts[1] != call.segments.front()) continue;
        if (std::find(words.begin(), words.end(), parts[place + 1]) == words.end())
            words.push_back(parts[place + 1]);
    }
    return words;
}

http::HttpReply no_such_call(const Call& call) {
    for (const std::size_t place : {std::size_t{0}, std::size_t{2}}) {
        if (call.segments.size() <= place) continue;
        const std::vector<std::string_view> words = words_at(call, place);
        if (!words.empty() &&
            std::find(words.begin(), words.end(), call.segments[place]) == words.end())
            return json_error(place == 0 ? 404 : 400, "path", none_of(call.segments[place], words));
    }
    return json_error(404, {}, "there is no such call; GET /admin/help lists them");
}

// Nothing, or the reply to a call that is none, or that has arguments that it does not know.
std::optional<http::HttpReply> misfit(const Call& call) {
    const auto route = std::find_if(routes.begin(), routes.end(), [&](const AdminRoute& one) {
        return one.method == call.method && fits(one, call);
    });
    if (route == routes.end()) return no_such_call(call);
    const std::vector<std::string_view> known = split_words(route->arguments, ',');
    for (const auto& argument : call.arguments) {
        const std::string_view name{argument.key().data(), argument.key().size()};
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        return json_error(
            400, name,
            route->arguments.empty() ? "this call takes no arguments" : none_of(name, known));
    }
    return std::nullopt;
}

core::Request request_of(core::Command command) {
    core::Request request;
    request.command = std::move(command);
    return request;
}

protocols::Asking asking(core::Command command,
                         std::function<protocols::Answer(const core::Outcome&)> then) {
    protocols::Asking asking;
    asking.requests.push_back(request_of(std::move(command)));
    asking.then = [then = std::move(then)](const std::vector<core::Outcome>& outcomes) {
        return then(outcomes.front());
    };
    asking.overloaded = json_error(503, {}, "the switch takes nothing more at the moment");
    return asking;
}

core::QueryAccount account_query(const ledger::Identity& identity) {
    core::QueryAccount query;
    query.identity = identity;
    return query;
}

// Finds the account first, then goes on with it.
protocols::Answer with_account(std::string_view name,
                               std::function<protocols::Answer(AccountId)> then) {
    const auto identity = ledger::make_identity(name);
    if (!identity) return json_error(400, "identity", "must be 1 to 31 printable characters");
    return asking(account_query(*identity),
                  [then = std::move(then)](const core::Outcome& outcome) -> protocols::Answer {
                      if (outcome.code != Refusal::none)
                          return json_error(404, "identity", sentence(outcome.code));
                      return then(AccountId{static_cast<std::uint32_t>(outcome.id)});
                  });
}

protocols::Answer act(core::OrderAct act) {
    return asking(core::MoveOrder{std::make_shared<const core::OrderAct>(std::move(act))},
                  [](const core::Outcome& outcome) { return order_reply(outcome); });
}

// Requires: the word is one of the routes'.
core::OrderStep step_of(std::string_view word) {
    if (word == "approve") return core::OrderStep::approve;
    if (word == "decline") return core::OrderStep::decline;
    return word == "ignore" ? core::OrderStep::ignore : core::OrderStep::close;
}

// A code with which customers of some dialect decline.
Result<std::uint16_t> read_code(const std::string& text, const AdminParts& parts) {
    const auto number = whole(text);
    std::vector<std::string> known;
    for (const protocols::Adapter* const dialect : parts.translation.adapters)
        for (const std::uint16_t code : dialect->decline_codes()) {
            if (number == code) return code;
            known.push_back(std::to_string(code));
        }
    return InputError{"code", none_of(text, known)};
}

Result<core::OrderAct> read_act(const Call& call, const AdminParts& parts) {
    core::OrderAct act;
    act.step = step_of(call.segments[2]);
    if (act.step == core::OrderStep::decline) {
        const Result<std::uint16_t> code = read_code(call.text("code").value_or("1"), parts);
        if (!code) return code.error();
        act.code = *code;
    }
    act.answer = call.text("answer").value_or(call.text("payer").value_or(""));
    return act;
}

protocols::Answer move_order(const Call& call, const AdminParts& parts) {
    const auto id = whole(call.segments[1]);
    if (!id || *id == 0) return json_error(400, "id", "must be an order's number");
    if (call.segments[2] == "notify") {
        const auto channel = whole(call.text("channel").value_or("0"));
        if (!channel || *channel >= ledger::notice_channels)
            return json_error(400, "channel", "must be 0, 1 or 2");
        return asking(core::SendNotice{OrderId{*id}, static_cast<std::uint8_t>(*channel)},
                      [](const core::Outcome& outcome) -> protocols::Answer {
                          if (outcome.code != Refusal::none) return order_reply(outcome);
                          return json_reply(202, json::object{{"order", outcome.id}});
                      });
    }
    Result<core::OrderAct> read = read_act(call, parts);
    if (!read) return json_error(400, read.error().field, read.error().reason);
    core::OrderAct wanted = std::move(read).value();
    wanted.order = OrderId{*id};
    const auto payer = call.text("payer");
    if (!payer) return act(std::move(wanted));
    return with_account(*payer, [wanted](AccountId account) mutable {
        wanted.payer = account;
        return act(wanted);
    });
}

protocols::Answer move_handset(const Call& call, const AdminParts& parts) {
    Result<core::OrderAct> read = read_act(call, parts);
    if (!read) return json_error(400, read.error().field, read.error().reason);
    return with_account(call.segments[1], [wanted = std::move(read).value()](AccountId account) {
        core::OrderAct one = wanted;
        one.customer = account;
        return act(one);
    });
}

protocols::Answer show_order(const Call& call) {
    core::QueryOrder query;
    if (call.segments.size() == 2) {
        const auto id = whole(call.segments[1]);
        if (!id || *id == 0) return json_error(400, "id", "must be an order's number");
        query.order = OrderId{*id};
    } else {
        const auto key = call.text("key");
        if (!key) return json_error(400, "key", "is missing; give ?key=KEY");
        query.key = *key;
    }
    return asking(query, [](const core::Outcome& outcome) { return order_reply(outcome); });
}

protocols::Answer show_account(const Call& call) {
    const auto identity = ledger::make_identity(call.segments[1]);
    if (!identity) return json_error(400, "identity", "must be 1 to 31 printable characters");
    return asking(account_query(*identity),
                  [name = call.segments[1]](const core::Outcome& outcome) -> protocols::Answer {
                      if (!outcome.account)
                          return json_error(404, "identity", sentence(outcome.code));
                      const ledger::Account& account = outcome.account->account;
                      return json_reply(200, json::object{{"account", outcome.account->id.value},
                                                          {"identity", name},
                                                          {"kind", ledger::row(account.kind).name},
                                                          {"currency", letters(account.currency)},
                                                          {"balance", ledger::balance(account)},
                                                          {"reserved", ledger::reserved(account)},
                                                          {"state", ledger::name(account.state)}});
                  });
}

protocols::Answer open_notices(OrderId order) {
    return asking(core::ListNotices{order, notices_max}, [](const core::Outcome& outcome) {
        json::array list;
        for (const ledger::Notice& notice : *outcome.notices)
            list.emplace_back(notice_json(notice));
        return json_reply(200, list);
    });
}

protocols::Answer show_notices(const Call& call, const Notifier& notifier) {
    std::optional<OrderId> order;
    if (const auto text = call.text("order")) {
        const auto id = whole(*text);
        if (!id) return json_error(400, "order", "must be an order's number");
        order = OrderId{*id};
    }
    const auto state = call.text("state");
    if (state == "open") return open_notices(order.value_or(OrderId{}));
    json::array list;
    if (state == "given_up") {
        for (const GivenUp& notice : notifier.given_up(order, notices_max))
            list.emplace_back(given_up_json(notice));
        return json_reply(200, list);
    }
    if (state)
        return json_error(400, "state", "is open or given_up; without it attempts are shown");
    for (const Delivery& delivery : notifier.deliveries(order, notices_max))
        list.emplace_back(delivery_json(delivery));
    return json_reply(200, list);
}

http::HttpReply show_clock(Clock& clock) {
    return json_reply(200, json::object{{"now", text(clock.now())},
                                        {"outside", text(clock.outside())},
                                        {"is_virtual", clock.is_by_hand()}});
}

http::HttpReply advance_clock(const Call& call, VirtualTime* time) {
    if (time == nullptr)
        return json_error(409, "clock", "is the wall's; start with --clock=virtual to move it");
    const auto by = parse_duration(call.text("by").value_or(""));
    if (!by || *by < Duration{} || *by > advance_max)
        return json_error(400, "by", "must be a duration like 90s, 2h or 1d, at most 366d");
    const Result<Advanced> done = time->advance(*by, advance_patience);
    if (!done) return json_error(503, done.error().field, done.error().reason);
    return json_reply(200, json::object{{"now", text(done->now)}, {"stops", done->stops}});
}

protocols::Answer add_fault(const Call& call, const AdminParts& parts) {
    FaultRule rule;
    rule.path = call.text("path").value_or("");
    rule.contains = call.text("contains").value_or("");
    rule.words = call.text("fault").value_or("");
    const auto count = whole(call.text("count").value_or("1"));
    if (!count) return json_error(400, "count", "must be a whole number");
    rule.left = *count;
    const Result<std::uint64_t> id = parts.faults.add(std::move(rule), parts.translation.adapters);
    if (!id) return json_error(400, id.error().field, id.error().reason);
    return json_reply(201, json::object{{"id", *id}});
}

protocols::Answer show_faults(const FaultRules& faults) {
    json::array list;
    for (const FaultRule& rule : faults.all()) list.emplace_back(fault_json(rule));
    return json_reply(200, list);
}

protocols::Answer show_profiles(const Call& call, const protocols::Directory& directory) {
    json::array list;
    for (const std::string& name : directory.names(call.text("prefix").value_or("")))
        list.emplace_back(name);
    return json_reply(200, list);
}

// Whose profile it is, or why the content cannot be it.
std::optional<InputError> misfit_of_profile(std::string_view name, std::string_view content,
                                            const AdminParts& parts) {
    std::vector<std::string_view> known;
    for (const protocols::Adapter* const dialect : parts.translation.adapters)
        for (const protocols::ProfileKind& kind : dialect->profile_kinds()) {
            if (kind.has(name)) return content.empty() ? std::nullopt : kind.misfit(content);
            known.push_back(kind.name);
        }
    return InputError{"name", none_of(name, known)};
}

protocols::Answer store_profile(const Call& call, const AdminParts& parts) {
    const auto name = call.text("name");
    if (!name || name->empty() || name->size() > ledger::profile_name_max)
        return json_error(400, "name", "must have 1 to 160 characters; give ?name=NAME");
    if (call.body.size() > ledger::profile_content_max)
        return json_error(400, "body", "must have at most 32000 bytes");
    if (const auto misfit = misfit_of_profile(*name, call.body, parts))
        return json_error(400, misfit->field, misfit->reason);
    const auto profile =
        std::make_shared<const ledger::ProfileStored>(ledger::ProfileStored{{}, *name, call.body});
    return asking(core::StoreProfile{profile},
                  [name = *name](const core::Outcome&) -> protocols::Answer {
                      return json_reply(200, json::object{{"stored", name}});
                  });
}

protocols::Answer show_help() {
    json::array list;
    for (const AdminRoute& route : routes)
        list.push_back(
            json::object{{"method", route.method}, {"path", route.path}, {"what", route.sentence}});
    return json_reply(200, list);
}

protocols::Answer answer(const Call& call, const AdminParts& parts) {
    if (auto refused = misfit(call)) return *std::move(refused);
    if (call.is("GET", 1, "help")) return show_help();
    if (call.is("GET", 2, "orders") || call.is("GET", 1, "orders")) return show_order(call);
    if (call.is("POST", 3, "orders")) return move_order(call, parts);
    if (call.is("POST", 3, "handsets")) return move_handset(call, parts);
    if (call.is("GET", 2, "accounts")) return show_account(call);
    if (call.is("GET", 1, "notices")) return show_notices(call, parts.notifier);
    if (call.is("GET", 1, "clock")) return show_clock(parts.translation.clock);
    if (call.is("GET", 1, "faults")) return show_faults(parts.faults);
    if (call.is("POST", 1, "faults")) return add_fault(call, parts);
    if (call.is("DELETE", 1, "faults")) {
        parts.faults.clear();
        return json_reply(200, json::array{});
    }
    if (call.is("GET", 1, "profiles")) return show_profiles(call, parts.translation.directory);
    if (call.is("PUT", 1, "profiles")) return store_profile(call, parts);
    return no_such_call(call);
}

}  // namespace

std::span<const AdminRoute> admin_routes() {
    return routes;
}

Behind AdminApi::behind(const http::HttpRequest& request) {
    if (!owns(request.path())) return Behind::page;
    const Result<Call> call = read_call(request);
    // What cannot be read is refused with what is wrong with it.
    return call && call->segments.front() == "profiles" ? Behind::secret : Behind::call;
}

void AdminApi::handle(const http::HttpRequest& request, Respond respond) const {
    const Result<Call> call = read_call(request);
    if (!call) return respond(json_error(400, call.error().field, call.error().reason));
    // It waits for receivers of notices, who may ask the switch meanwhile.
    if (call->is("POST", 2, "clock") && !misfit(*call))
        return parts_.gateway.post(
            [call = *call, time = parts_.time, respond] { respond(advance_clock(call, time)); });
    parts_.gateway.carry_on(answer(*call, parts_), std::move(respond));
}

}  // namespace tuma::net
