#include "protocols/crypto/digest.h"
#include "protocols/crypto/encoding.h"
#include "protocols/kit/json_text.h"
#include "protocols/mpesa/apis/c2b.h"
#include "protocols/mpesa/orders/orders.h"
#include "protocols/mpesa/profiles/numbers.h"
#include "protocols/mpesa/wire/body.h"
#include "protocols/mpesa/wire/ids.h"
#include "protocols/mpesa/wire/kinds.h"
#include "protocols/mpesa/wire/result_codes.h"

namespace tuma::mpesa {
namespace {

constexpr std::size_t third_party_bytes_max = 100;

// What is shown of the customer's number depends on the version that registered the addresses.
std::string shown_msisdn(const Content& content) {
    // The version of the registration decides, not that of the payment's path.
    if (content.urls.version == 1)
        return crypto::hex_lower(std::span<const std::byte>(crypto::sha256(content.msisdn)));
    return masked_msisdn(content.msisdn);
}

// As much of it as fits, in whole UTF-8 characters.
std::string cut(std::string text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    std::size_t end = bytes_max;
    // A character cut in half would make the confirmation, which repeats the text, bad JSON.
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text.resize(end);
    return text;
}

}  // namespace

protocols::Callback c2b_callback(const ledger::Order& order, const Content& content,
                                 const protocols::Directory& directory, const Options& options,
                                 bool is_confirmation) {
    const CustomerProfile customer = customer_of(directory, content.msisdn);
    const ledger::WatchedBalance* account = balance_at(order, 0);
    // Nothing has moved yet when a merchant is asked.
    const bool has_balance = is_confirmation && account != nullptr;
    // The order of the members is that of the wire, and all values are texts.
    protocols::JsonText json;
    json.begin_object()
        .text("TransactionType",
              content.is_till ? options.till_transaction_type : options.paybill_transaction_type)
        .text("TransID", receipt_of(order, content))
        .text("TransTime", compact_time(is_confirmation ? order.moved_at : order.opened_at))
        .text("TransAmount", options.c2b_amount_decimals ? decimal_text(content.amount)
                                                         : plain_text(content.amount))
        .text("BusinessShortCode", content.party)
        .text("BillRefNumber", content.is_till ? std::string{} : content.reference)
        .text("InvoiceNumber", "")
        .text("OrgAccountBalance", has_balance ? decimal_text(account->balance) : std::string{})
        .text("ThirdPartyTransID", is_kind(order, Kind::c2b) ? order.answer : std::string{})
        .text("MSISDN", shown_msisdn(content))
        .text("FirstName", customer.first_name);
    // The other word leaves only the first name.
    if (options.c2b_names == "full")
        json.text("MiddleName", customer.middle_name).text("LastName", customer.last_name);
    protocols::Callback callback{
        .url = is_confirmation ? content.urls.confirmation : content.urls.validation,
        .headers = {{"Content-Type", "application/json;charset=UTF-8"}},
        .body = json.end_object().take()};
    // Waiting longer than the order's own deadline is of no use.
    if (!is_confirmation) callback.timeout = std::chrono::milliseconds{options.validation_ms};
    return callback;
}

std::optional<core::OrderAction> validation_act(const ledger::Order& order, std::string_view body) {
    const Result<Body> said = Body::read(body);
    // Neither yes nor no. The merchant's silence decides by its deadline.
    if (!said) return std::nullopt;
    const auto code = said->find("ResultCode");
    if (!code) return std::nullopt;
    core::OrderAction act{.order = order.terms.id};
    // Body makes no difference between 0 and "0", so that either says yes.
    if (*code == "0") {
        act.step = core::OrderStep::accept;
        act.answer =
            cut(said->find("ThirdPartyTransID").value_or(std::string{}), third_party_bytes_max);
        return act;
    }
    const ResultRow* row = find_result(*code);
    const bool is_rejection = row != nullptr && row->number >= result::rejected_first &&
                              row->number <= result::rejected_other;
    act.step = core::OrderStep::decline;
    // Any other code is a no as well: the merchant does not want the money.
    act.code = is_rejection ? row->number : result::rejected_other;
    return act;
}

}  // namespace tuma::mpesa
