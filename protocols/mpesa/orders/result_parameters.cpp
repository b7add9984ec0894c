#include "protocols/json_text.h"
#include "protocols/mpesa/codes.h"
#include "protocols/mpesa/ids.h"
#include "protocols/mpesa/kinds.h"
#include "protocols/mpesa/numbers.h"
#include "protocols/mpesa/orders.h"
#include "protocols/mpesa/results.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace tuma::mpesa {
namespace {

using ledger::Order;
using ledger::WatchedBalance;

WatchedBalance watched(const Order& order, std::size_t place) {
    const WatchedBalance* found = balance_at(order, place);
    return found == nullptr ? WatchedBalance{} : *found;
}

// name|currency|current|available|reserved|uncleared
std::string account_line(std::string_view name, const WatchedBalance& account) {
    return fmt::format("{}|KES|{}|{}|{}|0.00", name, decimal_text(account.balance),
                       decimal_text(account.balance - account.reserved),
                       decimal_text(account.reserved));
}

// Looks like JSON and is none.
std::string amount_map(std::int64_t cents) {
    return fmt::format("{{Amount={{CurrencyCode=KES, MinimumAmount={}, BasicAmount={}}}}}", cents,
                       decimal_text(cents));
}

Parameters in_order(Parameters parameters, std::span<const std::string_view> keys) {
    const auto rank = [&](const Parameter& parameter) {
        return std::find(keys.begin(), keys.end(), parameter.key) - keys.begin();
    };
    std::stable_sort(parameters.begin(), parameters.end(),
                     [&](const Parameter& a, const Parameter& b) { return rank(a) < rank(b); });
    return parameters;
}

// Read by index by Safaricom's own PHP SDK. Source: mpesa reference, sections 1.9 and 1.10.
constexpr std::string_view b2c_2017[] = {"TransactionReceipt",
                                         "TransactionAmount",
                                         "B2CWorkingAccountAvailableFunds",
                                         "B2CUtilityAccountAvailableFunds",
                                         "TransactionCompletedDateTime",
                                         "ReceiverPartyPublicName",
                                         "B2CChargesPaidAccountAvailableFunds",
                                         "B2CRecipientIsRegisteredCustomer"};
constexpr std::string_view b2b_2017[] = {"InitiatorAccountCurrentBalance",
                                         "DebitAccountCurrentBalance",
                                         "Amount",
                                         "DebitPartyAffectedAccountBalance",
                                         "TransCompletedTime",
                                         "DebitPartyCharges",
                                         "ReceiverPartyPublicName",
                                         "Currency"};

Parameters b2c_parameters(const Order& order, const Content& content,
                          const protocols::Directory& directory, const Options& options) {
    Parameters all{
        {"TransactionAmount", plain_text(content.amount)},
        {"TransactionReceipt", protocols::quoted(receipt_of(order, content))},
        {"ReceiverPartyPublicName", protocols::quoted(public_name(directory, content.party))},
        {"TransactionCompletedDateTime", protocols::quoted(dotted_time(order.moved_at))},
        {"B2CUtilityAccountAvailableFunds", short_decimal_text(watched(order, 0).balance)},
        {"B2CWorkingAccountAvailableFunds", short_decimal_text(watched(order, 1).balance)},
        {"B2CRecipientIsRegisteredCustomer", content.is_unregistered ? "\"N\"" : "\"Y\""},
        {"B2CChargesPaidAccountAvailableFunds", short_decimal_text(watched(order, 2).balance)}};
    return options.result_order == 2017 ? in_order(std::move(all), b2c_2017) : all;
}

Parameters b2b_parameters(const Order& order, const Content& content,
                          const protocols::Directory& directory, const Options& options) {
    const bool is_old = options.result_order == 2017;
    const WatchedBalance debited = watched(order, 0);
    const std::string balance = protocols::quoted(amount_map(debited.balance));
    Parameters all{
        {is_old ? "DebitAccountCurrentBalance" : "DebitAccountBalance", balance},
        {"Amount", protocols::quoted(decimal_text(content.amount))},
        {"DebitPartyAffectedAccountBalance",
         protocols::quoted(account_line(
             content.facts.contains("debit") ? content.facts.at("debit") : "Working Account",
             debited))},
        {"TransCompletedTime", protocols::quoted(compact_time(order.moved_at))},
        {"DebitPartyCharges", protocols::quoted("")},
        {"ReceiverPartyPublicName", protocols::quoted(public_name(directory, content.party))},
        {"Currency", protocols::quoted("KES")},
        {"InitiatorAccountCurrentBalance", balance}};
    return is_old ? in_order(std::move(all), b2b_2017) : all;
}

Parameters balance_parameters(const Order& order, const Content& content, const Options& options) {
    const std::string text =
        account_line("Working Account", watched(order, 1)) + "&" +
        account_line("Float Account", {}) + "&" +
        account_line(content.is_till ? "Merchant Account" : "Utility Account", watched(order, 0)) +
        "&" + account_line("Charges Paid Account", watched(order, 2)) + "&" +
        account_line("Organization Settlement Account", {});
    const std::string time = compact_time(order.moved_at);
    return {{"AccountBalance", protocols::quoted(text)},
            {"BOCompletedTime", options.result_order == 2017 ? time : protocols::quoted(time)}};
}

Parameters status_parameters(const Content& content) {
    // The keys with blanks are real. Source: mpesa reference, section 1.12.
    constexpr std::string_view keys[] = {
        "DebitPartyName",    "CreditPartyName",  "Originator Conversation ID",
        "InitiatedTime",     "DebitAccountType", "DebitPartyCharges",
        "TransactionReason", "ReasonType",       "TransactionStatus",
        "FinalizedTime",     "Amount",           "Conversation ID",
        "ReceiptNo"};
    Parameters all;
    for (const std::string_view key : keys) {
        const auto fact = content.facts.find(key);
        if (fact == content.facts.end() || fact->second.empty()) {
            all.push_back({std::string(key), std::nullopt});
            continue;
        }
        const bool is_number = key == "InitiatedTime" || key == "FinalizedTime" || key == "Amount";
        all.push_back(
            {std::string(key), is_number ? fact->second : protocols::quoted(fact->second)});
    }
    std::reverse(all.begin(), all.end());
    return all;
}

Parameters reversal_parameters(const Order& order, const Content& content,
                               const protocols::Directory& directory) {
    const std::string_view account = content.is_till ? "Merchant Account" : "Utility Account";
    return {{"DebitAccountBalance", protocols::quoted(account_line(account, watched(order, 0)))},
            {"Amount", plain_text(content.amount)},
            {"TransCompletedTime", compact_time(order.moved_at)},
            {"OriginalTransactionID", protocols::quoted(content.reference)},
            {"Charge", "0"},
            {"CreditPartyPublicName", protocols::quoted(public_name(directory, content.msisdn))},
            {"DebitPartyPublicName", protocols::quoted(public_name(directory, content.shortcode))}};
}

}  // namespace

Parameters parameters_of(const Order& order, const Content& content,
                         const protocols::Directory& directory, const Options& options) {
    switch (static_cast<Kind>(order.terms.kind)) {
        case Kind::b2c:
            return b2c_parameters(order, content, directory, options);
        case Kind::b2b:
            return b2b_parameters(order, content, directory, options);
        case Kind::balance:
            return balance_parameters(order, content, options);
        case Kind::status:
            return status_parameters(content);
        case Kind::reversal:
            return reversal_parameters(order, content, directory);
        case Kind::stk_push:
        case Kind::c2b:
            break;
    }
    return {};
}

}  // namespace tuma::mpesa
