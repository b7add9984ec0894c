#include "switch/gateway/admin_json.h"

#include "switch/ops/masked_text.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace tuma::net {
namespace {

namespace json = boost::json;

// Null for the zero time.
json::value time_json(Timestamp time) {
    if (time == Timestamp{}) return nullptr;
    return json::value(text(time));
}

json::value number_or_null(std::uint64_t number) {
    // No account, order or transfer has the number zero.
    if (number == 0) return nullptr;
    return number;
}

}  // namespace

http::HttpReply json_reply(int status, const json::value& value) {
    return {.status = status,
            .headers = {{"Content-Type", "application/json"}},
            .body = json::serialize(value) + "\n"};
}

http::HttpReply json_error(int status, std::string_view field, std::string_view sentence) {
    json::object error{{"error", sentence}};
    if (!field.empty()) error["field"] = field;
    return json_reply(status, error);
}

http::HttpReply order_reply(const core::Outcome& outcome, Dialects dialects) {
    if (outcome.code == Refusal::none && outcome.order)
        return json_reply(200, order_json(*outcome.order, dialects));
    // The order is there but in a state that does not allow the step.
    const int status = outcome.code == Refusal::order_not_found ? 404 : 409;
    json::object error{{"error", sentence(outcome.code)}, {"refusal", name(outcome.code)}};
    // The state that stands in the way is told along.
    if (outcome.order) error["order"] = order_json(*outcome.order, dialects);
    return json_reply(status, error);
}

json::object order_json(const ledger::Order& order, Dialects dialects) {
    const ledger::OrderTerms& terms = order.terms;
    const auto dialect =
        std::find_if(dialects.begin(), dialects.end(),
                     [&](const protocols::Adapter* one) { return one->owns(terms.kind); });
    // Of a dialect that is not served now only the number is known.
    const bool is_known = dialect != dialects.end();
    json::array keys;
    for (const std::string& key : order.keys) keys.emplace_back(key);
    return {
        {"id", terms.id.value},
        {"dialect", is_known ? json::value((*dialect)->name()) : json::value(nullptr)},
        {"kind", is_known ? json::value((*dialect)->kind_name(terms.kind)) : json::value(nullptr)},
        {"kind_number", terms.kind},
        {"purpose", ledger::name(terms.purpose)},
        {"state", ledger::name(order.state)},
        {"code", order.code},
        {"refusal", order.refusal == Refusal::none ? json::value(nullptr)
                                                   : json::value(tuma::name(order.refusal))},
        {"amount", terms.amount},
        {"currency", alphabetic_code(terms.currency)},
        {"debit", number_or_null(order.debit.value)},
        {"credit", number_or_null(terms.credit.value)},
        {"transfer", number_or_null(order.transfer.value)},
        {"parent", number_or_null(terms.parent.value)},
        {"returned", order.returned},
        {"opened_at", time_json(order.opened_at)},
        {"moved_at", time_json(order.moved_at)},
        {"acts_at", time_json(order.acts_at)},
        {"expires_at", time_json(Timestamp{Duration{terms.expires_at}})},
        {"keys", std::move(keys)}};
}

json::object delivery_json(const Delivery& delivery) {
    json::object headers;
    for (const auto& [name, value] : delivery.callback.headers) headers[name] = value;
    return {{"notice", delivery.notice.value},      {"order", delivery.order.value},
            {"channel", delivery.channel},          {"attempt", delivery.attempt},
            {"time", time_json(delivery.time)},     {"dialect", delivery.dialect},
            {"method", delivery.callback.method},   {"url", delivery.callback.url},
            {"headers", std::move(headers)},        {"body", delivery.callback.body},
            {"status", delivery.result.status},     {"answer", delivery.result.body},
            {"failure", delivery.result.failure},   {"delivered", delivery.is_delivered},
            {"duration_us", delivery.took.count()}, {"from_books", delivery.is_from_books}};
}

json::object notice_json(const ledger::Notice& notice) {
    return {{"notice", notice.id.value},           {"order", notice.order.value},
            {"channel", notice.channel},           {"state", ledger::name(notice.state)},
            {"attempts", notice.attempts},         {"status", notice.status},
            {"next_at", time_json(notice.next_at)}};
}

json::object given_up_json(const GivenUp& notice) {
    return {{"notice", notice.notice.value}, {"order", notice.order.value},
            {"channel", notice.channel},     {"state", ledger::name(ledger::NoticeState::given_up)},
            {"attempts", notice.attempts},   {"time", time_json(notice.time)},
            {"dialect", notice.dialect},     {"host", notice.host},
            {"status", notice.status},       {"why", notice.why}};
}

json::object handled_json(const Handled& request) {
    const http::ReplyNote& note = request.note;
    return {{"number", request.number},
            {"time", time_json(request.time)},
            {"duration_us", request.took.count()},
            {"trace", note.trace},
            {"method", request.method},
            {"target", masked_message(request.target)},
            {"route", note.route},
            {"dialect", request.dialect},
            {"merchant", note.merchant},
            {"peer", request.peer},
            {"fault", masked_numbers(request.fault)},
            {"status", request.status},
            {"code", note.code},
            {"why", masked_numbers(note.why)},
            {"body", masked_message(request.body)},
            {"answer", masked_message(request.answer)}};
}

json::object fault_json(const FaultRule& rule) {
    return {{"id", rule.id},
            {"path", rule.path},
            {"contains", rule.contains},
            {"fault", rule.words},
            {"left", rule.left}};
}

}  // namespace tuma::net
