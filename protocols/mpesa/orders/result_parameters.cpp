#include "protocols/kit/json_text.h"
#include "protocols/mpesa/orders/orders.h"
#include "protocols/mpesa/orders/results.h"
#include "protocols/mpesa/profiles/numbers.h"
#include "protocols/mpesa/wire/ids.h"
#include "protocols/mpesa/wire/kinds.h"
#include "protocols/mpesa/wire/result_codes.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

namespace tuma::mpesa {
namespace {

using ledger::Order;
using ledger::WatchedBalance;

WatchedBalance watched(const Order& order, std::size_t place) {
    const WatchedBalance* found = balance_at(order, place);
    // Zero where the order has watched none, so that the parameter is there all the same.
    return found == nullptr ? WatchedBalance{} : *found;
}

// name|currency|current|available|reserved|uncleared
std::string account_line(std::string_view name, const WatchedBalance& account) {
    // Available is what is not set aside. Uncleared is always 0 here.
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
    // What is in no list stands at the end, in its own order.
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

bool is_documented(const Options& options) {
    return options.result_shape == "documented";
}

Parameters b2b_parameters(const Order& order, const Content& content,
                          const protocols::Directory& directory, const Options& options) {
    const bool is_sample = is_documented(options);
    const bool is_old = options.result_order == 2017;
    const WatchedBalance debited = watched(order, 0);
    // Told twice under two names, because the initiator's account is the debited one.
    const std::string balance = protocols::quoted(amount_map(debited.balance));
    const std::string time = compact_time(order.moved_at);
    // What businesses pay each other costs nothing here.
    const std::optional<std::string> charges =
        is_sample ? std::optional(protocols::quoted("")) : std::nullopt;
    Parameters all{
        {is_sample && !is_old ? "DebitAccountBalance" : "DebitAccountCurrentBalance", balance},
        {"Amount",
         is_sample ? protocols::quoted(decimal_text(content.amount)) : plain_text(content.amount)},
        {"DebitPartyAffectedAccountBalance",
         protocols::quoted(account_line(
             content.facts.contains("debit") ? content.facts.at("debit") : "Working Account",
             debited))},
        {"TransCompletedTime", is_sample ? protocols::quoted(time) : time},
        {"DebitPartyCharges", charges},
        {"ReceiverPartyPublicName", protocols::quoted(public_name(directory, content.party))},
        {"Currency", protocols::quoted("KES")},
        {"InitiatorAccountCurrentBalance", balance}};
    // The captured order is that of 2017 backwards.
    if (is_old || !is_sample) all = in_order(std::move(all), b2b_2017);
    if (!is_old && !is_sample) std::reverse(all.begin(), all.end());
    return all;
}

Parameters balance_parameters(const Order& order, const Content& content, const Options& options) {
    // The accounts stand in Daraja's order. Two of them are always empty here and are told all the
    // same.
    const std::string text =
        account_line("Working Account", watched(order, 1)) + "&" +
        account_line("Float Account", {}) + "&" +
        account_line(content.is_till ? "Merchant Account" : "Utility Account", watched(order, 0)) +
        "&" + account_line("Charges Paid Account", watched(order, 2)) + "&" +
        account_line("Organization Settlement Account", {});
    const std::string time = compact_time(order.moved_at);
    const bool is_text = is_documented(options) && options.result_order != 2017;
    return {{"AccountBalance", protocols::quoted(text)},
            {"BOCompletedTime", is_text ? protocols::quoted(time) : time}};
}

// A fact of a transaction as orders remember it, and how results call it.
struct Fact {
    std::string_view name;
    std::string_view captured;
    bool is_number = false;
};
// In the captured order. The remembered names, some with blanks, are those of the older sample.
// Source: mpesa reference, section 1.12.
constexpr Fact status_facts[] = {{"DebitPartyName", "DebitPartyName"},
                                 {"CreditPartyName", "CreditPartyName"},
                                 {"Originator Conversation ID", "OriginatorConversationID"},
                                 {"InitiatedTime", "InitiatedTime", true},
                                 {"DebitPartyCharges", "DebitPartyCharges"},
                                 {"DebitAccountType", "DebitAccountType"},
                                 {"TransactionReason", "TransactionReason"},
                                 {"ReasonType", "ReasonType"},
                                 {"TransactionStatus", "TransactionStatus"},
                                 {"FinalizedTime", "FinalisedTime", true},
                                 {"Amount", "Amount", true},
                                 {"Conversation ID", "ConversationID"},
                                 {"ReceiptNo", "ReceiptNo"}};

Parameters captured_status(const Content& content) {
    constexpr std::string_view of_credit = "CreditPartyCharges";
    Parameters all;
    for (const Fact& fact : status_facts) {
        // Only one side's charges are told: of a customer's payment the business's.
        const bool is_credit =
            fact.name == "DebitPartyCharges" && content.facts.contains(of_credit);
        const auto found = content.facts.find(is_credit ? of_credit : fact.name);
        Parameter one{std::string(is_credit ? of_credit : fact.captured), std::nullopt};
        // Without a value only the key stands there, as Daraja does it.
        if (found != content.facts.end() && !found->second.empty())
            one.json = fact.is_number ? found->second : protocols::quoted(found->second);
        all.push_back(std::move(one));
    }
    return all;
}

Parameters status_parameters(const Content& content, const Options& options) {
    Parameters all = captured_status(content);
    if (!is_documented(options)) return all;
    for (std::size_t i = 0; i < all.size(); ++i) all[i].key = status_facts[i].name;
    // The older sample is told backwards, and has the account's type before the charges.
    std::reverse(all.begin(), all.end());
    std::swap(all[7], all[8]);
    return all;
}

Parameters reversal_parameters(const Order& order, const Content& content,
                               const protocols::Directory& directory, const Options& options) {
    const std::string_view account = content.is_till ? "Merchant Account" : "Utility Account";
    const bool is_sample = is_documented(options);
    return {{"DebitAccountBalance", protocols::quoted(account_line(account, watched(order, 0)))},
            {"Amount", is_sample ? plain_text(content.amount) : decimal_text(content.amount)},
            {"TransCompletedTime", compact_time(order.moved_at)},
            {"OriginalTransactionID", protocols::quoted(content.reference)},
            {"Charge", is_sample ? "0" : "0.00"},
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
            return status_parameters(content, options);
        case Kind::reversal:
            return reversal_parameters(order, content, directory, options);
        case Kind::stk_push:
        case Kind::c2b:
        case Kind::express:
        case Kind::standing_order:
        case Kind::standing_payment:
        case Kind::invoice:
        case Kind::reminder:
            break;
    }
    return {};
}

}  // namespace tuma::mpesa
