#include "switch/gateway/admin_api.h"

#include "ledger/words/text.h"
#include "ledger/words/words.h"
#include "protocols/kit/strict_json.h"
#include "switch/gateway/admin_call.h"
#include "switch/gateway/admin_json.h"
#include "switch/gateway/admin_lists.h"

#include <boost/json/array.hpp>
#include <boost/json/value_to.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tuma::net {

namespace json = boost::json;

namespace {

using Call = AdminCall;

constexpr std::size_t segments_max = 8;
constexpr std::chrono::seconds advance_patience{120};
constexpr Duration advance_max = std::chrono::days{366};

Result<Call> read_call(const http::HttpRequest& request) {
    const auto url = boost::urls::parse_origin_form(request.target);
    if (!url) return InputError{"target", "is not a path"};
    Call call;
    call.method = request.method;
    for (const auto& segment : url->segments()) {
        if (call.segments.size() >= segments_max) return InputError{"target", "is too deep"};
        call.segments.emplace_back(segment);
    }
    // The first segment is "admin": `owns` has seen it.
    call.segments.erase(call.segments.begin());
    // A slash at the end means nothing.
    while (!call.segments.empty() && call.segments.back().empty()) call.segments.pop_back();
    // /admin/ alone lists the calls.
    if (call.segments.empty()) call.segments.emplace_back("help");
    call.body = request.body;
    // The body of a PUT is a profile, which is stored byte for byte.
    if (request.method == "POST" && !request.body.empty()) {
        const auto body = protocols::parse_strictly(request.body);
        if (!body || !body->is_object())
            return InputError{"body", "must be a JSON object that has no member twice"};
        call.arguments = body->get_object();
    }
    for (const auto& argument : call.arguments)
        if (!argument.value().is_string() && !argument.value().is_int64())
            return InputError{std::string(argument.key()), "must be a text or a whole number"};
    // An argument may stand in the query or in the body. In both, nobody knows which one was meant.
    for (const auto& parameter : url->params())
        if (!call.arguments.emplace(std::string(parameter.key), std::string(parameter.value))
                 .second)
            return InputError{std::string(parameter.key), "is there twice"};
    return call;
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

// Answers with the order.
auto order_teller(const AdminParts& parts) {
    return [&translation = parts.translation](const core::Outcome& outcome) {
        return order_reply(outcome, translation.adapters);
    };
}

protocols::Answer act(core::OrderAction act, const AdminParts& parts) {
    return asking(core::MoveOrder{std::make_shared<const core::OrderAction>(std::move(act))},
                  order_teller(parts));
}

// Without a code the customer just says no, in the words of the order's dialect.
protocols::Answer act_in_its_words(core::OrderAction wanted, const AdminParts& parts) {
    if (wanted.step != core::OrderStep::decline || wanted.code != 0)
        return act(std::move(wanted), parts);
    const core::QueryOrder query{.order = wanted.order, .customer = wanted.customer};
    return asking(query, [wanted, parts](const core::Outcome& outcome) mutable {
        if (outcome.order == nullptr)
            return protocols::Answer{order_reply(outcome, parts.translation.adapters)};
        for (const protocols::Adapter* const dialect : parts.translation.adapters)
            if (dialect->owns(outcome.order->terms.kind)) wanted.code = dialect->usual_decline();
        return act(wanted, parts);
    });
}

// A code with which customers of some dialect decline.
Result<std::uint16_t> read_code(const std::string& text, const AdminParts& parts) {
    const auto number = read_number<std::uint64_t>(text);
    std::vector<std::string> known;
    // The order's dialect is not known here. A code that no dialect has is a slip in any case.
    for (const protocols::Adapter* const dialect : parts.translation.adapters)
        for (const std::uint16_t code : dialect->decline_codes()) {
            if (number == code) return code;
            known.push_back(std::to_string(code));
        }
    return InputError{"code", none_of(text, known)};
}

Result<core::OrderAction> read_act(const Call& call, const AdminParts& parts,
                                   core::OrderStep step) {
    core::OrderAction act;
    act.step = step;
    if (const auto given = call.text("code"); given && step == core::OrderStep::decline) {
        const Result<std::uint16_t> code = read_code(*given, parts);
        if (!code) return code.error();
        act.code = *code;
    }
    act.answer = call.text("answer").value_or(call.text("payer").value_or(""));
    return act;
}

protocols::Answer notify(const Call& call, const AdminParts& parts) {
    const auto id = order_number(call.segments[1]);
    if (!id) return json_error(400, "id", "must be an order's number");
    const auto channel = read_number<std::uint64_t>(call.text("channel").value_or("0"));
    if (!channel || *channel >= ledger::notice_channels)
        return json_error(400, "channel", "must be 0, 1 or 2");
    return asking(core::SendNotice{*id, static_cast<std::uint8_t>(*channel)},
                  [parts](const core::Outcome& outcome) -> protocols::Answer {
                      if (outcome.code != Refusal::none)
                          return order_reply(outcome, parts.translation.adapters);
                      return json_reply(202, json::object{{"order", outcome.id}});
                  });
}

template <core::OrderStep step>
protocols::Answer move_order(const Call& call, const AdminParts& parts) {
    const auto id = order_number(call.segments[1]);
    if (!id) return json_error(400, "id", "must be an order's number");
    Result<core::OrderAction> read = read_act(call, parts, step);
    if (!read) return json_error(400, read.error().field, read.error().reason);
    core::OrderAction wanted = std::move(read).value();
    wanted.order = *id;
    // Without one the order knows its payer, or the core refuses.
    const auto payer = call.text("payer");
    if (!payer) return act_in_its_words(std::move(wanted), parts);
    return with_account(*payer, [wanted, parts](AccountId account) mutable {
        wanted.payer = account;
        return act_in_its_words(wanted, parts);
    });
}

template <core::OrderStep step>
protocols::Answer move_handset(const Call& call, const AdminParts& parts) {
    Result<core::OrderAction> read = read_act(call, parts, step);
    if (!read) return json_error(400, read.error().field, read.error().reason);
    core::OrderAction wanted = std::move(read).value();
    return with_account(call.segments[1], [wanted, parts](AccountId account) mutable {
        // By customer and not by number: at most one prompt is open on a handset.
        wanted.customer = account;
        return act_in_its_words(wanted, parts);
    });
}

protocols::Answer show_order(const Call& call, const AdminParts& parts) {
    const auto id = order_number(call.segments[1]);
    if (!id) return json_error(400, "id", "must be an order's number");
    core::QueryOrder query;
    query.order = *id;
    return asking(std::move(query), order_teller(parts));
}

protocols::Answer find_order(const Call& call, const AdminParts& parts) {
    const auto key = call.text("key");
    if (!key) return list_orders(call, parts);
    core::QueryOrder query;
    query.key = *key;
    return asking(std::move(query), order_teller(parts));
}

protocols::Answer show_account(const Call& call, const AdminParts&) {
    const auto identity = ledger::make_identity(call.segments[1]);
    if (!identity) return json_error(400, "identity", "must be 1 to 31 printable characters");
    return asking(account_query(*identity),
                  [name = call.segments[1]](const core::Outcome& outcome) -> protocols::Answer {
                      if (!outcome.account)
                          return json_error(404, "identity", sentence(outcome.code));
                      const ledger::Account& account = outcome.account->account;
                      return json_reply(
                          200, json::object{{"account", outcome.account->id.value},
                                            {"identity", name},
                                            {"kind", ledger::row(account.kind).name},
                                            {"currency", alphabetic_code(account.currency)},
                                            {"balance", ledger::balance(account)},
                                            {"reserved", ledger::reserved(account)},
                                            {"state", ledger::name(account.state)}});
                  });
}

protocols::Answer show_clock(const Call&, const AdminParts& parts) {
    Clock& clock = parts.translation.clock;
    return json_reply(200, json::object{{"now", text(clock.now())},
                                        {"outside", text(clock.outside())},
                                        {"is_virtual", clock.is_by_hand()}});
}

// It waits for receivers of notices, who may ask the switch meanwhile.
protocols::Answer advance_clock(const Call& call, const AdminParts& parts) {
    if (parts.time == nullptr)
        return json_error(409, "clock", "is the wall's; start with --clock=virtual to move it");
    const auto by = parse_duration(call.text("by").value_or(""));
    if (!by || *by < Duration{} || *by > advance_max)
        return json_error(400, "by", "must be a duration like 90s, 2h or 1d, at most 366d");
    // The patience ends before the listener's `api_timeout` (admin_pages.cpp), so that the caller
    // hears how far time has come.
    const Result<Advanced> done = parts.time->advance(*by, advance_patience);
    if (!done) return json_error(503, done.error().field, done.error().reason);
    return json_reply(200, json::object{{"now", text(done->now)}, {"stops", done->stops}});
}

protocols::Answer add_fault(const Call& call, const AdminParts& parts) {
    FaultRule rule;
    rule.path = call.text("path").value_or("");
    rule.contains = call.text("contains").value_or("");
    rule.words = call.text("fault").value_or("");
    const auto count = read_number<std::uint64_t>(call.text("count").value_or("1"));
    if (!count) return json_error(400, "count", "must be a whole number");
    rule.left = *count;
    const Result<std::uint64_t> id = parts.faults.add(std::move(rule), parts.translation.adapters);
    if (!id) return json_error(400, id.error().field, id.error().reason);
    return json_reply(201, json::object{{"id", *id}});
}

protocols::Answer clear_faults(const Call&, const AdminParts& parts) {
    parts.faults.clear();
    return json_reply(200, json::array{});
}

protocols::Answer show_faults(const Call&, const AdminParts& parts) {
    json::array list;
    for (const FaultRule& rule : parts.faults.all()) list.emplace_back(fault_json(rule));
    return json_reply(200, list);
}

protocols::Answer show_profiles(const Call& call, const AdminParts& parts) {
    json::array list;
    for (const std::string& name :
         parts.translation.directory.names(call.text("prefix").value_or("")))
        list.emplace_back(name);
    return json_reply(200, list);
}

// Whose profile it is, or why the content cannot be it.
std::optional<InputError> violation_of_profile(std::string_view name, std::string_view content,
                                               const AdminParts& parts) {
    std::vector<std::string_view> known;
    for (const protocols::Adapter* const dialect : parts.translation.adapters)
        for (const protocols::ProfileKind& kind : dialect->profile_kinds()) {
            if (kind.has(name)) return kind.violation(name, content);
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
    // The core takes any bytes, so the dialect judges them before the journal has them.
    if (const auto violation = violation_of_profile(*name, call.body, parts))
        return json_error(400, violation->field, violation->reason);
    const auto profile =
        std::make_shared<const ledger::ProfileStored>(ledger::ProfileStored{{}, *name, call.body});
    return asking(core::StoreProfile{profile},
                  [name = *name](const core::Outcome&) -> protocols::Answer {
                      return json_reply(200, json::object{{"stored", name}});
                  });
}

protocols::Answer show_help(const Call& call, const AdminParts& parts);

constexpr std::string_view act_arguments = "payer,answer";
constexpr std::string_view decline_arguments = "code,answer";

using Step = core::OrderStep;

constexpr std::array<AdminRoute, 22> routes{{
    {"GET", "/admin/help", "", "This list.", show_help},
    {"GET", "/admin/orders/{id}", "", "An order by its number.", show_order},
    {"GET", "/admin/requests", "count,refused",
     "The newest requests of merchants with what was wrong; count, ?refused=yes: those only.",
     list_requests},
    {"GET", "/admin/routes", "",
     "The calls that merchants may make, as the log and /admin/requests name them.", list_routes},
    {"GET", "/admin/orders", "key,count",
     "The newest orders with how many there are; ?key=KEY: an order by one of its keys.",
     find_order},
    {"POST", "/admin/orders/{id}/approve", act_arguments,
     "The customer pays; payer (an identity) where unknown.", move_order<Step::approve>},
    {"POST", "/admin/orders/{id}/decline", decline_arguments,
     "The customer says no; code is the dialect's reason.", move_order<Step::decline>},
    {"POST", "/admin/orders/{id}/ignore", "", "The customer does nothing by itself any more.",
     move_order<Step::ignore>},
    {"POST", "/admin/orders/{id}/close", "", "The order ends unpaid.", move_order<Step::close>},
    {"POST", "/admin/orders/{id}/notify", "channel", "Sends a notice again; channel, default 0.",
     notify},
    {"POST", "/admin/handsets/{identity}/approve", act_arguments,
     "Pays the prompt that is open on a handset.", move_handset<Step::approve>},
    {"POST", "/admin/handsets/{identity}/decline", decline_arguments,
     "Declines it; code is the dialect's reason.", move_handset<Step::decline>},
    {"POST", "/admin/handsets/{identity}/ignore", "", "Lets it run out.",
     move_handset<Step::ignore>},
    {"GET", "/admin/accounts/{identity}", "", "Balances of an account.", show_account},
    {"GET", "/admin/notices", "order,state,count",
     "?order=ID, count: attempts to deliver notices, the newest first; ?state=open or given_up: "
     "notices.",
     show_notices, true},
    {"GET", "/admin/clock", "", "Switch time, and the time outside.", show_clock},
    {"POST", "/admin/clock/advance", "by", "by=DURATION (90s, 2h, 1d): lets virtual time pass.",
     advance_clock, true},
    {"GET", "/admin/faults", "", "Fault rules in force.", show_faults},
    {"POST", "/admin/faults", "fault,path,contains,count",
     "A rule: fault, path, contains, count (default 1).", add_fault},
    {"DELETE", "/admin/faults", "", "Removes all rules.", clear_faults},
    {"GET", "/admin/profiles", "prefix", "?prefix=TEXT: names of stored profiles.", show_profiles},
    {"PUT", "/admin/profiles", "name",
     "?name=NAME: stores the body as that profile, empty removes it.", store_profile},
}};

protocols::Answer show_help(const Call&, const AdminParts&) {
    json::array list;
    for (const AdminRoute& route : routes)
        list.push_back(
            json::object{{"method", route.method}, {"path", route.path}, {"what", route.sentence}});
    return json_reply(200, list);
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
        // What stands for an argument cannot be misspelt.
        if (parts.size() <= place + 1 || parts[place + 1].starts_with('{')) continue;
        if (place > 0 && parts[1] != call.segments.front()) continue;
        if (std::find(words.begin(), words.end(), parts[place + 1]) == words.end())
            words.push_back(parts[place + 1]);
    }
    return words;
}

http::HttpReply no_such_call(const Call& call) {
    // Routes have words at these two places ("orders", "approve"); an argument stands between them.
    for (const std::size_t place : {std::size_t{0}, std::size_t{2}}) {
        if (call.segments.size() <= place) continue;
        const std::vector<std::string_view> words = words_at(call, place);
        if (!words.empty() &&
            std::find(words.begin(), words.end(), call.segments[place]) == words.end())
            return json_error(place == 0 ? 404 : 400, "path", none_of(call.segments[place], words));
    }
    return json_error(404, {}, "there is no such call; GET /admin/help lists them");
}

const AdminRoute* route_of(const Call& call) {
    const auto* const route = std::find_if(
        routes.begin(), routes.end(),
        [&](const AdminRoute& one) { return one.method == call.method && fits(one, call); });
    return route == routes.end() ? nullptr : route;
}

// The reply to a call with an argument that its route does not know.
std::optional<http::HttpReply> refused_argument(const AdminRoute& route, const Call& call) {
    const std::vector<std::string_view> known = split_words(route.arguments, ',');
    for (const auto& argument : call.arguments) {
        const std::string_view name{argument.key().data(), argument.key().size()};
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        return json_error(
            400, name,
            route.arguments.empty() ? "this call takes no arguments" : none_of(name, known));
    }
    return std::nullopt;
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
    const AdminRoute* const route = route_of(*call);
    if (route == nullptr) return respond(no_such_call(*call));
    if (auto refused = refused_argument(*route, *call)) return respond(*std::move(refused));
    // An I/O thread must not wait: other sessions live on it.
    if (!route->waits)
        return parts_.gateway.carry_on(route->answer(*call, parts_), std::move(respond));
    parts_.gateway.post([route, call = *call, parts = parts_, respond] {
        parts.gateway.carry_on(route->answer(call, parts), respond);
    });
}

}  // namespace tuma::net
