#include "protocols/mpesa/apis/lookups.h"

#include "protocols/crypto/digest.h"
#include "protocols/crypto/encoding.h"
#include "protocols/kit/json_text.h"
#include "protocols/kit/local_time.h"
#include "protocols/mpesa/profiles/numbers.h"
#include "protocols/mpesa/wire/field_reader.h"

#include <fmt/format.h>

#include <optional>
#include <string>

namespace tuma::mpesa {
namespace {

using protocols::Answer;

// What is told of a card that was exchanged longer ago than three months.
// Source: mpesa reference, section 1.17.
constexpr std::string_view no_swap = "01-01-1900";
constexpr std::chrono::days swap_told_for{90};
constexpr std::chrono::days new_number_for{365};

// The numbers of tariffs: of who bears the charges. Source: mpesa reference, section 1.17.
std::string_view charge_profile(const Shortcode& business) {
    if (business.account_class == "paybill-mgao") return "20143";
    if (business.account_class == "paybill-customer-pays") return "20142";
    if (business.account_class == "paybill-business-pays") return "20144";
    return "20013";
}

// "2026-09-01".
std::string dashed_date(Timestamp time) {
    const protocols::LocalTime t = protocols::local_time(time, protocols::east_africa);
    return fmt::format("{:04}-{:02}-{:02}", t.year, t.month, t.day);
}

// The same as "01-09-2026".
std::string turned(std::string_view date) {
    return fmt::format("{}-{}-{}", date.substr(8, 2), date.substr(5, 2), date.substr(0, 4));
}

std::optional<std::string> told_within(std::string_view date, std::chrono::days age,
                                       Timestamp now) {
    if (date.empty()) return std::nullopt;
    const std::string since = dashed_date(now - age);
    // Dates of this form are in order as texts.
    if (date < since) return std::nullopt;
    return turned(date);
}

Answer answer(const CallPtr& call, bool tells_identity) {
    FieldReader fields(*call);
    const std::string msisdn = fields.msisdn("customerNumber");
    if (!fields.is_good()) return fields.refusal();
    const CustomerProfile customer = customer_of(call->context.directory, msisdn);
    const Timestamp now = call->context.now;
    const std::string swapped =
        told_within(customer.swapped_on, swap_told_for, now).value_or(std::string(no_swap));
    protocols::JsonText json;
    json.begin_object()
        .text("requestRefID", new_request_id(*call))
        .text("responseCode", "200")
        .text("responseDesc", "Success");
    if (!tells_identity)
        return json_reply(json.text("lastSwapDate", swapped + " 00:00").end_object().take());
    // Sixteen digits that stay the same for a number.
    const crypto::Sha256 hash = crypto::sha256("imsi/" + msisdn);
    std::uint64_t digits = 0;
    for (std::size_t i = 0; i < 8; ++i)
        digits = digits * 256 + std::to_integer<unsigned>(hash.at(i));
    json.text("imsi", fmt::format("{:016}", digits % 10'000'000'000'000'000))
        .text("lastSwapDate", swapped)
        .text("msisdnRegistrationDate", told_within(customer.registered_on, new_number_for, now)
                                            .value_or("The MSISDN registration is more than one "
                                                      "year old."))
        .text("customerNumber", msisdn);
    return json_reply(json.end_object().take());
}

}  // namespace

Answer query_organisation(const CallPtr& call) {
    FieldReader fields(*call);
    const std::string type = fields.word("IdentifierType", {"2", "4"});
    const std::string number = fields.shortcode("Identifier");
    if (!fields.is_good()) return fields.refusal();
    const auto business = find_shortcode(call->context.directory, number);
    const bool is_found = business && business->is_till() == (type == "2");
    protocols::JsonText json;
    json.begin_object().text("ConversationID", new_request_id(*call));
    // The name and the tariff are told of success only; what a refusal says is assumed.
    json.text("ResponseCode", is_found ? "4000" : "4001")
        .text("ResponseMessage", is_found ? "Success" : "Failed")
        .text("DetailedMessage",
              is_found ? "Request received successfully" : "Organization not found");
    if (is_found)
        json.text("OrganizationShortCode", number)
            .text("OrganizationName", business->name)
            .text("ChargeProfileID", charge_profile(*business));
    http::HttpReply reply = json_reply(json.end_object().take());
    if (is_found) return reply;
    reply.note.code = "4001";
    reply.note.why = !business             ? no_business("Identifier")
                     : business->is_till() ? "Identifier is a till, and IdentifierType is 4"
                                           : "Identifier is a paybill, and IdentifierType is 2";
    return reply;
}

Answer query_swap(const CallPtr& call) {
    return answer(call, false);
}

Answer query_identity(const CallPtr& call) {
    return answer(call, true);
}

}  // namespace tuma::mpesa
