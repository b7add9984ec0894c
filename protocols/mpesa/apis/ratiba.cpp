#include "protocols/mpesa/apis/ratiba.h"

#include "protocols/kit/json_text.h"
#include "protocols/kit/local_time.h"
#include "protocols/mpesa/orders/orders.h"
#include "protocols/mpesa/profiles/numbers.h"
#include "protocols/mpesa/wire/field_reader.h"
#include "protocols/mpesa/wire/ids.h"
#include "protocols/mpesa/wire/result_codes.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace tuma::mpesa {
namespace {

using core::Outcome;
using ledger::RepeatPeriod;
using protocols::Answer;
using protocols::east_africa;
using std::chrono::days;
using std::chrono::hours;

// The API has two editions, told apart by this word: that of partners has an id of the caller's
// own, other frequencies and another callback. Source: mpesa reference, section 1.18.
struct Type {
    std::string_view word;
    bool is_till = false;
    bool is_partners = false;
};
constexpr std::array<Type, 7> types{
    {{"Standing Order Customer Pay Bill"},
     {"Standing Order Customer Pay Merchant", true},
     // Spelled so in the documents.
     {"Standing Order Customer Pay Marchant", true},
     {"Standing Order Pay Bill External Third Party", false, true},
     {"Standing Order Pay Merchant External Third Party", true, true},
     {"Standing Order Pay Bill Ext-Third Party", false, true},
     {"Standing Order Merchant Payment Ext-Third Party", true, true}}};

std::optional<Type> find_type(std::string_view word) {
    const auto found = std::find_if(types.begin(), types.end(),
                                    [&](const Type& type) { return type.word == word; });
    if (found == types.end()) return std::nullopt;
    return *found;
}

// How often it is charged; nothing: once.
struct Frequency {
    std::optional<RepeatPeriod> period;
};

std::optional<Frequency> find_frequency(std::string_view word, bool is_partners) {
    using enum RepeatPeriod;
    constexpr std::array<RepeatPeriod, 7> customers{day,     week,      month, two_months,
                                                    quarter, half_year, year};
    constexpr std::array<RepeatPeriod, 8> partners{day,        week,    two_weeks, month,
                                                   two_months, quarter, half_year, year};
    if (word.size() != 1 || word[0] < '1') return std::nullopt;
    // 1 is once in both.
    const auto place = static_cast<std::size_t>(word[0] - '1');
    if (place == 0) return Frequency{};
    if (place > (is_partners ? partners.size() : customers.size())) return std::nullopt;
    return Frequency{is_partners ? partners[place - 1] : customers[place - 1]};
}

struct Standing {
    CallPtr call;
    Content content;
    Script script;
    Frequency frequency{};
    Timestamp start{};  ///< the first day's beginning in Nairobi
    Timestamp end{};    ///< the end of the last day
    std::optional<Shortcode> business;
    Accounts accounts{};
};
using StandingPtr = std::shared_ptr<Standing>;

// The beginning of a day like "20240905".
Timestamp order_day(FieldReader& fields, std::string_view key) {
    const auto read = [](std::string_view text) {
        return text.size() == 8
                   ? protocols::read_compact_time(std::string(text) + "000000", east_africa)
                   : std::nullopt;
    };
    return fields.read(key, read, {.form = "a day of the form YYYYMMDD"}).value_or(Timestamp{});
}

void read_parties(FieldReader& fields, Standing& standing, const Type& type) {
    Content& content = standing.content;
    content.is_till = type.is_till;
    const std::string receiver = fields.word("ReceiverPartyIdentifierType", {"2", "4"});
    if ((receiver == "2") != type.is_till)
        fields.fail(invalid("ReceiverPartyIdentifierType",
                            fmt::format("ReceiverPartyIdentifierType is not {}, as TransactionType "
                                        "wants",
                                        type.is_till ? "2 (a till)" : "4 (a paybill)")));
    content.amount = fields.amount("Amount");
    content.msisdn = fields.msisdn("PartyA");
    content.url = fields.url("CallBackURL");
    const bool is_strict = standing.call->options->strict_lengths;
    content.reference = fields.optional_text({"AccountReference"}, is_strict ? 12 : 256);
    if (!type.is_till && content.reference.empty())
        fields.fail(invalid("AccountReference", "AccountReference is missing"));
    content.remarks = fields.text("TransactionDesc", is_strict ? 13 : 256);
}

void read_standing(FieldReader& fields, Standing& standing) {
    Content& content = standing.content;
    content.occasion = fields.text("StandingOrderName", 100);
    standing.start = order_day(fields, "StartDate");
    standing.end = order_day(fields, "EndDate") + days{1} - Duration{1};
    if (standing.end < standing.start)
        fields.fail(invalid("EndDate", "EndDate is before StartDate"));
    content.shortcode = fields.own_shortcode("BusinessShortCode");
    const Type type =
        fields.read("TransactionType", find_type, {.form = "one of the standing orders' types"})
            .value_or(Type{});
    content.command = type.word;
    read_parties(fields, standing, type);
    const auto read = [&](std::string_view word) { return find_frequency(word, type.is_partners); };
    standing.frequency =
        fields.read("Frequency", read, {.form = type.is_partners ? "1 to 9" : "1 to 8"})
            .value_or(Frequency{});
    content.conversation = uuid(standing.call->context.entropy);
    content.originator = content.conversation;
    if (!type.is_partners) return;
    // The documents have two spellings of it.
    content.originator = fields.optional_text({"CustomStoId", "CustomstdoId"}, 128);
    if (content.originator.empty()) fields.fail(invalid("CustomStoId", "CustomStoId is missing"));
    content.facts = {{"from", std::string(compact_time(standing.start).substr(0, 8))},
                     {"until", std::string(compact_time(standing.end).substr(0, 8))}};
}

std::uint16_t repeat_flags(const Standing& standing) {
    if (!standing.frequency.period) return 0;
    const RepeatPeriod period = *standing.frequency.period;
    const bool counts_months = period >= RepeatPeriod::month;
    const unsigned day = protocols::local_time(standing.start, east_africa).day;
    return ledger::repeat_flags(period, counts_months ? day : 0);
}

// The last second of the day in Nairobi. From 3 o'clock on that is also the day of UTC, by which
// moments are counted.
Timestamp last_second(Timestamp due) {
    return std::chrono::floor<days>(due) + hours{24} - east_africa - std::chrono::seconds{1};
}

// When it is charged first: on the first of its days that is not past. Nothing if all are.
std::optional<Timestamp> first_charge(const Standing& standing) {
    const Call& call = *standing.call;
    const Timestamp now = call.context.now;
    const std::uint16_t flags = repeat_flags(standing);
    Timestamp due = standing.start + hours{call.options->standing_order_hour};
    while (flags != 0 && last_second(due) <= now) due = ledger::next_moment(due, flags);
    if (last_second(due) <= now || due > standing.end) return std::nullopt;
    // Where the hour is past, as soon as the customer's word has been told, but still on this day.
    const Duration delay =
        std::chrono::seconds{1} +
        standing.script.delay.value_or(std::chrono::milliseconds{call.options->customer_delay_ms});
    return std::max(due, std::min<Timestamp>(now + delay, last_second(due)));
}

std::string name_key(const Content& content) {
    return "m/standing/" + content.shortcode + "/" + content.msisdn + "/" + content.occasion;
}

std::string payments_key(const Content& content) {
    return name_key(content) + "/payments";
}

// Why the customer's word is no, for the log where its code does not say it.
struct Failure {
    std::uint16_t code = result::success;
    std::string_view why{};
};

constexpr Failure name_taken{
    result::standing_name_taken,
    "StandingOrderName is that of another one of the same customer and business"};

// What is known before the customer is asked.
Failure early_failure(const Standing& standing) {
    const bool is_till = standing.business->is_till();
    if (is_till != standing.content.is_till)
        return {result::product_assignment,
                is_till ? "BusinessShortCode is a till, and TransactionType is for paybills"
                        : "BusinessShortCode is a paybill, and TransactionType is for tills"};
    if (!standing.accounts[0] || !standing.accounts[1])
        return {result::unknown_operator,
                "the customer in PartyA, or the business, has no account"};
    if (standing.script.action == ledger::CustomerAction::none)
        return {result::no_response, "the customer's number or Tuma-Scenario says so"};
    return {};
}

// The customer's word. Nothing is moved by it, so that the script decides at once, and only the
// telling takes time.
core::OrderRequest consent_for(const Standing& standing, const Failure& failure) {
    const Options& options = *standing.call->options;
    const Content& content = standing.content;
    core::OrderRequest wish = wish_of(Kind::standing_order, content);
    const bool is_silent = standing.script.action == ledger::CustomerAction::none;
    if (failure.code != result::success) put_failure(wish, failure.code);
    wish.decides_now = true;
    put_script(
        wish, standing.script,
        std::chrono::milliseconds{is_silent ? options.stk_timeout_ms : options.customer_delay_ms});
    put_channel(wish, channel_result, ledger::NoticeWhen::ended, standing.script, options);
    // A customer has no two standing orders of one name with a business. What is not agreed to is
    // none, and takes no name.
    if (failure_of(wish) == result::success) wish.keys = {name_key(content)};
    return wish;
}

core::OrderRequest charges_for(const Standing& standing, Timestamp first) {
    const Call& call = *standing.call;
    const Content& content = standing.content;
    core::OrderRequest wish = wish_of(Kind::standing_payment, content);
    put_movement(wish, {.debit = standing.accounts[0],
                        .credit = standing.accounts[1],
                        .amount = kes(content.amount)});
    wish.terms.action = ledger::CustomerAction::approve;
    wish.terms.flags = repeat_flags(standing);
    wish.acts_after = first - call.context.now;
    wish.expires_after = standing.end - call.context.now;
    put_channel(wish, channel_result, ledger::NoticeWhen::ended, standing.script, *call.options);
    if (!content.urls.confirmation.empty())
        put_channel(wish, channel_second, ledger::NoticeWhen::succeeded, standing.script,
                    *call.options);
    watch(wish, {standing.accounts[1]});
    // Only where the name was free as well.
    wish.keys = {payments_key(content)};
    return wish;
}

http::HttpReply agreed(const Content& content) {
    constexpr std::string_view message = "Request accepted for processing";
    return json_reply(protocols::JsonText()
                          .begin_object()
                          .begin_object("ResponseHeader")
                          .text("responseRefID", content.conversation)
                          .text("responseCode", "200")
                          .text("responseDescription", message)
                          .text("ResultDesc", "The service request is processed successfully.")
                          .end_object()
                          .begin_object("ResponseBody")
                          .text("responseDescription", message)
                          .text("responseCode", "200")
                          .end_object()
                          .end_object()
                          .take());
}

// Opens nothing but a word that is told to be no.
Answer refuse(const StandingPtr& standing, const Failure& failure) {
    return open_order(standing->call, consent_for(*standing, failure),
                      [standing, failure](const Outcome& outcome) -> Answer {
                          if (outcome.code != Refusal::none)
                              return error_reply(*standing->call, unreachable_service());
                          http::HttpReply reply = agreed(standing->content);
                          note_failure(reply.note, failure.code, failure.why);
                          return reply;
                      });
}

// The word and the payments in one step: neither is there without the other.
Answer agree(const StandingPtr& standing) {
    core::OrderRequest consent = consent_for(*standing, {});
    // Of what the customer itself refuses.
    const std::uint16_t code = failure_of(consent);
    const auto first = first_charge(*standing);
    const bool is_charged = first && code == result::success;
    const bool is_never_charged = !first && code == result::success;
    protocols::Asking asking;
    // What is never charged takes that name too, or the next one could be charged without a word.
    if (is_never_charged) consent.keys.push_back(payments_key(standing->content));
    put_question(asking, std::move(consent));
    if (is_charged) put_question(asking, charges_for(*standing, *first));
    asking.then = [standing, code,
                   is_never_charged](const std::vector<Outcome>& outcomes) -> Answer {
        if (outcomes.front().code == Refusal::order_exists) return refuse(standing, name_taken);
        // An earlier try that was cut short may have left the payments; they are the same.
        const bool is_open = outcomes.front().code == Refusal::none &&
                             (outcomes.back().code == Refusal::none ||
                              outcomes.back().code == Refusal::order_exists);
        if (!is_open) return error_reply(*standing->call, unreachable_service());
        http::HttpReply reply = agreed(standing->content);
        note_failure(reply.note, code, "the customer's number or Tuma-Scenario says so");
        if (is_never_charged)
            reply.note.why =
                "it was accepted, and nothing will be charged: no day on which it falls due is "
                "left before EndDate ends";
        return reply;
    };
    asking.overloaded = error_reply(*standing->call, unreachable_service());
    return asking;
}

// How the members of a callback are spelled: successes and failures differ.
struct Spelling {
    std::string_view header;
    std::string_view body;
    std::string_view data;
    std::string_view name;
    std::string_view value;
};
constexpr Spelling of_success{"responseHeader", "responseBody", "responseData", "name", "value"};
constexpr Spelling of_failure{"ResponseHeader", "ResponseBody", "ResponseData", "Name", "Value"};

using Items = std::vector<std::pair<std::string_view, std::string>>;

// What is told beside the code.
Items items_of(const ledger::Order& order, const Content& content, const ResultRow& row) {
    const bool has_succeeded = row.number == result::success;
    const bool is_partners = !content.facts.empty();
    const std::string tail = content.msisdn.substr(9);
    Items items;
    std::string number = has_succeeded ? receipt_of(order, content) : "0000000000";
    if (is_partners && has_succeeded && is_kind(order, Kind::standing_order)) {
        number = std::to_string(order.terms.id.value);
        items = {{"standingOrderName", content.occasion},
                 {"amount", decimal_text(content.amount)},
                 {"issuePaymentReminderUntil", content.facts.at("until")},
                 {"reminderScheduleId", number},
                 {"firstPaymentReminderDate", content.facts.at("from")},
                 {"status", "ACTIVE"}};
    }
    items.emplace_back("TransactionID", number);
    items.emplace_back(is_partners && has_succeeded ? "ResponseCode" : "responseCode", row.wire);
    items.emplace_back("Status", has_succeeded ? "OKAY" : "ERROR");
    items.emplace_back("Msisdn", has_succeeded && !is_partners
                                     ? content.msisdn.substr(0, 3) + "******" + tail
                                     : "*********" + tail);
    return items;
}

std::string_view description_of(const ledger::Order& order, const Content& content) {
    if (order.state != ledger::OrderState::succeeded) return "Error";
    const bool is_partners = !content.facts.empty();
    return is_partners && is_kind(order, Kind::standing_order)
               ? "Standing order created successfully"
               : "The service request is processed successfully";
}

}  // namespace

Answer create_standing_order(const CallPtr& call) {
    auto standing = std::make_shared<Standing>();
    standing->call = call;
    FieldReader fields(*call);
    read_standing(fields, *standing);
    if (!fields.is_good()) return fields.refusal();
    Content& content = standing->content;
    content.party = content.shortcode;
    standing->script = script_of(call->request, content.msisdn, *call->options);
    standing->business = find_shortcode(call->context.directory, content.shortcode);
    // The real sandbox refuses numbers that are not the app's, too (a client's note of 2026).
    if (!standing->business)
        return error_reply(*call, invalid("BusinessShortCode", no_business("BusinessShortCode")));
    // Kept, so that a later registration does not redirect what was agreed on before.
    content.urls = find_urls(call->context.directory, content.shortcode).value_or(C2bUrls{});
    return with_accounts(call,
                         {customer_account(*call->options, content.msisdn),
                          business_account(*call->options, *standing->business)},
                         [standing](const Accounts& accounts) {
                             standing->accounts = accounts;
                             const Failure failure = early_failure(*standing);
                             return failure.code == result::success ? agree(standing)
                                                                    : refuse(standing, failure);
                         });
}

protocols::Callback standing_callback(const ledger::Order& order, const Content& content) {
    const ResultRow& row = result_row(code_of(order));
    const Spelling& spelling = row.number == result::success ? of_success : of_failure;
    protocols::JsonText json;
    json.begin_object()
        .begin_object(spelling.header)
        .text("responseRefID", content.originator)
        .text("requestRefID", content.originator)
        .text("responseCode", row.wire)
        .text("responseDescription", description_of(order, content))
        .end_object()
        .begin_object(spelling.body)
        .begin_array(spelling.data);
    for (const auto& [name, value] : items_of(order, content, row))
        json.begin_object().text(spelling.name, name).text(spelling.value, value).end_object();
    return {.url = content.url,
            .headers = {{"Content-Type", "application/json;charset=UTF-8"}},
            .body = json.end_array().end_object().end_object().take()};
}

}  // namespace tuma::mpesa
