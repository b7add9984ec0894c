#include "protocols/mtn/operations.h"

#include "ledger/words/words.h"
#include "protocols/kit/ids.h"
#include "protocols/kit/request_fields.h"
#include "protocols/kit/strict_json.h"
#include "protocols/mtn/apis.h"
#include "protocols/mtn/errors.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tuma::mtn {
namespace {

using protocols::Issue;
using protocols::Need;
constexpr std::int64_t seconds_max = 31'536'000;
constexpr std::int64_t amount_max = 1'000'000'000'000'000;

// Source: mtn reference, requests.
constexpr MemberRow amount_row{"amount", Shape::amount, true};
constexpr MemberRow currency_row{"currency", Shape::currency, true};
constexpr MemberRow note_rows{"payerMessage|payeeNote", Shape::note};
constexpr std::array<MemberRow, 5> asking_rows{
    {{"externalId"}, amount_row, currency_row, {"payer", Shape::party, true}, note_rows}};
constexpr std::array<MemberRow, 5> paying_rows{
    {{"externalId"}, amount_row, currency_row, {"payee", Shape::party, true}, note_rows}};
constexpr std::array<MemberRow, 7> invoice_rows{{{"externalId", Shape::text, true},
                                                 amount_row,
                                                 currency_row,
                                                 {"validityDuration", Shape::seconds_text},
                                                 {"intendedPayer", Shape::party, true},
                                                 {"payee", Shape::party},
                                                 {"description", Shape::note}}};
constexpr std::array<MemberRow, 4> preapproval_rows{{{"payer", Shape::party, true},
                                                     {"payerCurrency", Shape::currency, true},
                                                     {"payerMessage", Shape::note},
                                                     {"validityTime", Shape::seconds, true}}};
constexpr std::array<MemberRow, 5> refund_rows{{{"externalId"},
                                                amount_row,
                                                currency_row,
                                                note_rows,
                                                {"referenceIdToRefund", Shape::refunded, true}}};
constexpr std::array<MemberRow, 5> remittance_rows{
    {amount_row,
     currency_row,
     {"payee", Shape::party, true},
     // The second is spelled so.
     {"externalId|orginatingCountry|originalAmount|originalCurrency|payerIdentificationType|"
      "payerIdentificationNumber|payerIdentity|payerFirstName|payerSurName|payerLanguageCode|"
      "payerEmail|payerMsisdn|payerGender"},
     note_rows}};

// Source: mtn reference, test numbers.
constexpr TestNumbers asked_numbers{
    test_msisdn, 450,
    "INTERNAL_PROCESSING_ERROR|APPROVAL_REJECTED|EXPIRED|ongoing|delayed|PAYER_NOT_FOUND|"
    "PAYEE_NOT_ALLOWED_TO_RECEIVE|NOT_ALLOWED|NOT_ALLOWED_TARGET_ENVIRONMENT|"
    "INVALID_CALLBACK_URL_HOST|INVALID_CURRENCY|INTERNAL_PROCESSING_ERROR|SERVICE_UNAVAILABLE|"
    "COULD_NOT_PERFORM_TRANSACTION|COULD_NOT_PERFORM_TRANSACTION"};
constexpr TestNumbers paid_numbers{
    test_msisdn, 450,
    "INTERNAL_PROCESSING_ERROR|APPROVAL_REJECTED|EXPIRED|ongoing|delayed|NOT_ENOUGH_FUNDS|"
    "PAYER_LIMIT_REACHED|PAYEE_NOT_FOUND|NOT_ALLOWED|NOT_ALLOWED_TARGET_ENVIRONMENT|"
    "INVALID_CALLBACK_URL_HOST|INVALID_CURRENCY|INTERNAL_PROCESSING_ERROR|SERVICE_UNAVAILABLE"};
constexpr TestNumbers preapproved_numbers{
    test_msisdn, 450,
    "INTERNAL_PROCESSING_ERROR|APPROVAL_REJECTED|EXPIRED|ongoing|delayed|PAYER_NOT_FOUND|"
    "NOT_ALLOWED|NOT_ALLOWED_TARGET_ENVIRONMENT|INVALID_CALLBACK_URL_HOST|INVALID_CURRENCY|"
    "INTERNAL_PROCESSING_ERROR|SERVICE_UNAVAILABLE"};
constexpr TestNumbers refunded_numbers{
    "", 1,
    "TRANSACTION_NOT_FOUND|INTERNAL_PROCESSING_ERROR|APPROVAL_REJECTED|EXPIRED|ongoing|delayed|"
    "NOT_ALLOWED|NOT_ALLOWED_TARGET_ENVIRONMENT|INVALID_CALLBACK_URL_HOST|INVALID_CURRENCY|"
    "INTERNAL_PROCESSING_ERROR|SERVICE_UNAVAILABLE|COULD_NOT_PERFORM_TRANSACTION"};
constexpr TestNumbers remitted_numbers{
    "", 1,
    "TRANSACTION_NOT_FOUND|INTERNAL_PROCESSING_ERROR|APPROVAL_REJECTED|EXPIRED|PAYEE_NOT_FOUND|"
    "PAYEE_NOT_ALLOWED_TO_RECEIVE|NOT_ALLOWED|NOT_ALLOWED_TARGET_ENVIRONMENT|"
    "INVALID_CALLBACK_URL_HOST|INVALID_CURRENCY|INTERNAL_PROCESSING_ERROR|SERVICE_UNAVAILABLE|"
    "COULD_NOT_PERFORM_TRANSACTION"};

constexpr std::array<Operation, 8> operations{
    {{Kind::request_to_pay, Direction::in, asking_rows, asked_numbers},
     {Kind::withdrawal, Direction::in, asking_rows, asked_numbers},
     {Kind::invoice, Direction::in, invoice_rows, asked_numbers},
     {Kind::preapproval, Direction::nowhere, preapproval_rows, preapproved_numbers},
     {Kind::transfer, Direction::out, paying_rows, paid_numbers},
     {Kind::deposit, Direction::out, paying_rows, asked_numbers},
     {Kind::refund, Direction::back, refund_rows, refunded_numbers},
     {Kind::cash_transfer, Direction::out, remittance_rows, remitted_numbers}}};

using ScriptRow = protocols::ScenarioRow<Script>;
Script delayed_script() {
    Script script = protocols::slow<Script>(std::chrono::seconds{45});
    script.is_delayed = true;
    return script;
}
const std::array scenario_rows{
    ScriptRow{{}, "approve", {}, "approves"},
    ScriptRow{{}, "ongoing", protocols::ignoring<Script>(), "does nothing until it expires"},
    ScriptRow{{},
              "delayed",
              delayed_script(),
              "approves after 45 s; a request to pay is CREATED until then"}};

protocols::WordCheck take_code(std::string_view whole, std::string_view code,
                               const std::function<void(const ErrorRow&)>& take) {
    if (const ErrorRow* const row = find_error(code)) {
        take(*row);
        return {};
    }
    std::vector<std::string_view> codes;
    for (const ErrorRow& one : error_table()) codes.push_back(one.code);
    return protocols::bad_code(whole, code, codes);
}

// What the kit's reader needs to know of this dialect: JSON with strict types.
struct Members {
    using Error = http::HttpReply;
    static constexpr bool texts_are_numbers = false;
    static constexpr bool numbers_are_texts = false;
    static constexpr bool counts_characters = true;
    static constexpr bool takes_control = false;

    const boost::json::object& object;

    protocols::FieldValue find(std::string_view key) const {
        return protocols::find_member(object, key);
    }
    static Error complaint(const protocols::Complaint& about) {
        if (about.issue == Issue::missing)
            return bad_request(fmt::format("{} is missing", about.key));
        // Complaints about a type or a form have no bounds to name.
        if (about.most == 0)
            return bad_request(fmt::format("{} has another type or form", about.key));
        return bad_request(fmt::format("{} has to be {} to {}, of texts in characters", about.key,
                                       protocols::bound_text(about.least),
                                       protocols::bound_text(about.most)));
    }
};
using Fields = protocols::RequestFields<Members>;

class BodyReader {
public:
    BodyReader(const Options& options, const boost::json::object& object, Body& body)
        : options_(options), object_(object), body_(body), fields_(Members{object}) {}

    std::optional<http::HttpReply> read(std::span<const MemberRow> rows) {
        for (const MemberRow& row : rows)
            for (const std::string_view key : split_words(row.keys, '|'))
                // What is optional and null is as good as missing, and the status does not repeat
                // it. Members that no row knows are ignored.
                if (row.is_required || fields_.has(key)) take(key, row.shape);
        // All rows are walked even after an error: only the first complaint is kept.
        return fields_.is_good() ? std::nullopt : std::optional{fields_.error()};
    }

private:
    void take(std::string_view key, Shape shape) {
        switch (shape) {
            case Shape::amount:
                return take_amount(key);
            case Shape::currency:
                echo(key, fields_.text(key, {3, 3}));
                // A complaint about the text itself comes before this one and counts.
                if (body_.echo[key] != boost::json::value(options_.currency))
                    fields_.fail(error_reply("INVALID_CURRENCY"));
                return;
            case Shape::party:
                return take_party(key);
            case Shape::note:
                return echo(key, fields_.shaped(key, is_note, {0, 160}, Need::optional));
            case Shape::text:
                return echo(key, fields_.text(key));
            case Shape::refunded:
                body_.refunded = fields_.text(key, {.most = 36});
                return;
            case Shape::seconds:
                body_.seconds = fields_.number(key, {1, seconds_max});
                return;
            case Shape::seconds_text:
                body_.seconds = fields_.read(key, read_seconds).value_or(0);
                return;
        }
    }

    void echo(std::string_view key, const std::string& value) { body_.echo[key] = value; }
    static bool is_note(std::string_view text) { return text.find('\'') == std::string_view::npos; }
    static std::optional<std::int64_t> read_seconds(std::string_view text) {
        const auto seconds = protocols::whole_number(text, false);
        return seconds && *seconds > 0 && *seconds <= seconds_max ? seconds : std::nullopt;
    }
    void take_amount(std::string_view key) {
        const std::string text = fields_.text(key, {.most = 32});
        const Result<Money> read = Money::parse(text, options_.money());
        // The bound leaves room for sums: thousands of such amounts fit 64 bits.
        if (!read || read->minor == 0 || read->minor > amount_max)
            return fields_.complain({Issue::misshapen, key, key});
        body_.amount = *read;
        // Repeated as it was sent: "5" stays "5", though it is 500 cents.
        echo(key, text);
    }
    void take_party(std::string_view key) {
        const auto* const value = object_.if_contains(key);
        if (value == nullptr || !value->is_object())
            return fields_.complain({Issue::misshapen, key, key});
        // It shares the complaint with the object around it.
        Fields inner(Members{value->get_object()}, fields_);
        const std::string type = inner.word("partyIdType", {"MSISDN", "EMAIL", "PARTY_CODE"});
        const std::string id =
            inner.shaped("partyId", [&](std::string_view text) { return is_party(type, text); });
        if (!fields_.is_good()) return;
        body_.echo[key] = boost::json::object{{"partyIdType", type}, {"partyId", id}};
        // An invoice names a second one, whom the status repeats; only the first takes part.
        if (!body_.party.empty()) return;
        body_.party_id = id;
        body_.party = holder_identity(options_, type, id).value();
    }

    const Options& options_;
    const boost::json::object& object_;
    Body& body_;
    Fields fields_;
};

}  // namespace

std::optional<std::string_view> TestNumbers::word_of(std::string_view value) const {
    if (!value.starts_with(prefix)) return std::nullopt;
    // A minus would lead out of the list.
    const auto place = protocols::whole_number(value.substr(prefix.size()), false);
    const std::vector<std::string_view> list = split_words(words, '|');
    if (!place || *place < first || *place - first >= static_cast<std::int64_t>(list.size()))
        return std::nullopt;
    return list[static_cast<std::size_t>(*place - first)];
}

const Operation& operation_of(Kind kind) {
    const auto* const found = std::find_if(operations.begin(), operations.end(),
                                           [&](const Operation& one) { return one.kind == kind; });
    ensure(found != operations.end(), "a kind that is no request");
    return *found;
}

const protocols::ScenarioTable<Script>& scenarios() {
    const auto fail = [](Script& script, std::string_view whole, std::string_view code) {
        return take_code(whole, code, [&](const ErrorRow& row) {
            script.action = ledger::CustomerAction::decline;
            script.code = row.number;
        });
    };
    const auto answer = [](Script& script, std::string_view whole, std::string_view code) {
        return take_code(whole, code, [&](const ErrorRow& row) { script.error = row.code; });
    };
    static const protocols::ScenarioTable<Script> table{.rows = scenario_rows,
                                                        .scenario = {{"reason:CODE", fail}},
                                                        .fault = {{"error:CODE", answer}}};
    return table;
}

Script script_of(const http::HttpRequest& request, const TestNumbers& numbers,
                 std::string_view value) {
    Script script;
    if (const auto word = numbers.word_of(value)) {
        // A table of test numbers has reasons of failure and words of a scenario; only the first
        // need "reason:" in front.
        const bool is_code = find_error(*word) != nullptr;
        scenarios().take_scenario(script, (is_code ? "reason:" : "") + std::string(*word));
    }
    // Headers come behind the number and win over it.
    return scenarios().played(request, script);
}

std::optional<http::HttpReply> read_body(const Call& call, const Operation& operation, Body& body) {
    const auto json = protocols::parse_strictly(call.request.body);
    // Strictly: a member that is there twice would be read by one program and echoed by another.
    if (!json || !json->is_object()) return bad_request("the body has to be one JSON object");
    return BodyReader(*call.options, json->get_object(), body).read(operation.members);
}

bool is_party(std::string_view type, std::string_view id) {
    if (type == "PARTY_CODE") return protocols::is_uuid(id);
    // Enough to tell it from a number. The address is a name of an account here and gets no mail.
    if (type == "EMAIL") return id.find('@') != std::string_view::npos && id.size() <= 254;
    // 15 digits is the most that an international number has.
    return !id.empty() && id.size() <= 15 &&
           std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace tuma::mtn
