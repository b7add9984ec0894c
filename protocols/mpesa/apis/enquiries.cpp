#include "protocols/mpesa/apis/enquiries.h"

#include "protocols/mpesa/orders/initiator.h"
#include "protocols/mpesa/orders/results.h"
#include "protocols/mpesa/profiles/numbers.h"
#include "protocols/mpesa/wire/ids.h"
#include "protocols/mpesa/wire/result_codes.h"

#include <algorithm>
#include <utility>

namespace tuma::mpesa {
namespace {

using ledger::Order;
using protocols::Answer;

constexpr const char* no_transaction =
    "the business has no transaction with this receipt or conversation";

std::string status_of(const Order& order, const Options& options) {
    switch (order.state) {
        case ledger::OrderState::succeeded:
            return "Completed";
        case ledger::OrderState::expired:
            return "Expired";
        case ledger::OrderState::closed:
            return "Cancelled";
        case ledger::OrderState::failed:
            // A customer who says no has cancelled; everything else has failed.
            return code_of(order) == result::cancelled ? "Cancelled" : "Failed";
        case ledger::OrderState::awaiting_customer:
        case ledger::OrderState::awaiting_merchant:
        case ledger::OrderState::processing:
            break;
    }
    return options.in_flight_status;
}

std::string reason_of(const Order& order, const Content& content) {
    if (is_kind(order, Kind::b2c)) {
        if (content.command == "SalaryPayment") return "Salary Payment via API";
        if (content.command == "PromotionPayment") return "Promotion Payment via API";
        return "Business Payment to Customer via API";
    }
    if (is_kind(order, Kind::b2b)) return content.command;
    if (is_kind(order, Kind::reversal)) return "Transaction Reversal";
    return content.is_till ? "Merchant Payment Online" : "Pay Bill Online";
}

// A customer's payment has an id inside that neither the prompt nor the callback tells.
std::string conversation_of(const Order& order, const Content& content) {
    return is_customers(order) ? payment_conversation_id(order.terms.id, order.opened_at)
                               : content.conversation;
}

// What is told of a transaction, as it is now. Source: mpesa reference, section 1.12.
void put_facts(InitiatorRequest& request, const Order& order, const Content& original) {
    const protocols::Directory& directory = request.call->context.directory;
    auto& facts = request.content.facts;
    // Who paid whom depends on the kind: in these two the customer pays, in a reversal it is paid
    // back.
    const bool customer_pays = is_customers(order);
    const bool is_reversal = is_kind(order, Kind::reversal);
    // Of a merchant's payment the asker is who was paid.
    const bool merchant_pays = is_kind(order, Kind::express);
    const std::string& debit = customer_pays   ? original.msisdn
                               : merchant_pays ? original.party
                                               : original.shortcode;
    const std::string& credit = is_reversal     ? original.msisdn
                                : merchant_pays ? original.shortcode
                                                : original.party;
    facts["ReceiptNo"] = receipt_of(order, original);
    facts["Conversation ID"] = conversation_of(order, original);
    facts["Originator Conversation ID"] = original.originator;
    facts["InitiatedTime"] = compact_time(order.opened_at);
    // Left out, the result has the key without a value.
    if (ledger::is_final(order.state)) facts["FinalizedTime"] = compact_time(order.moved_at);
    facts["Amount"] = request.call->options->result_shape == "documented"
                          ? plain_text(original.amount)
                          : short_decimal_text(original.amount);
    // Which side's charges are told; the other one's key is not there.
    if (customer_pays) facts["CreditPartyCharges"];
    facts["TransactionStatus"] = status_of(order, *request.call->options);
    facts["ReasonType"] = reason_of(order, original);
    // A B2B order has noted its account where it is not the usual one.
    facts["DebitAccountType"] = customer_pays
                                    ? "MMF Account For Customer"
                                    : (original.facts.contains("debit") ? original.facts.at("debit")
                                       : is_kind(order, Kind::b2b)      ? "Working Account"
                                       : original.is_till               ? "Merchant Account"
                                                                        : "Utility Account");
    facts["DebitPartyName"] = public_name(directory, debit);
    facts["CreditPartyName"] = public_name(directory, credit);
}

// True if the business has a part in the transaction.
bool concerns(const Content& original, const std::string& shortcode) {
    return original.shortcode == shortcode || original.party == shortcode;
}

std::string upper(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](char c) {
        return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return text;
}

Answer tell_status(const InitiatorPtr& request) {
    core::OrderRequest wish = wish_of(Kind::status, request->content);
    put_result(wish, *request);
    return open_result(request, std::move(wish));
}

std::int64_t watched_balance(const Order& order, AccountId account) {
    for (const ledger::WatchedBalance& one : order.balances)
        if (one.account == account) return one.balance;
    return 0;
}

// The balance of an account after the newest record of a page that has one.
std::int64_t balance_after(const native::StatementPage& page, AccountId account) {
    if (page.entries.empty()) return 0;
    const ledger::TransferRecord& record = page.entries.front().record;
    return record.debit == account ? record.debit_balance_after : record.credit_balance_after;
}

// A payment's charges are what has become less on the account that bears them.
Answer read_charges(const InitiatorPtr& request, const OrderPtr& order) {
    const AccountId charges = order->terms.charges;
    // Its charges follow the payment, and the page begins before them.
    const native::StatementQuery before{charges, TransferId{order->transfer.value + 1}, 1};
    return protocols::Reading{before,
                              [request, order, charges](const native::StatementPage& page) {
                                  const bool is_read = page.code == Refusal::none &&
                                                       (!page.entries.empty() || !page.next);
                                  const std::int64_t paid = balance_after(page, charges) -
                                                            watched_balance(*order, charges);
                                  // Of an account with too long a history only the key is told.
                                  if (is_read && paid > 0)
                                      request->content.facts["DebitPartyCharges"] =
                                          "Fee For B2C Payment|KES|" + decimal_text(paid);
                                  return tell_status(request);
                              },
                              error_reply(*request->call, unreachable_service())};
}

Answer answer_status(const InitiatorPtr& request, const std::string& receipt,
                     const OrderPtr& order) {
    // Numbers of orders run through all dialects, so that a receipt may stand for somebody else's
    // order, whose content this dialect cannot read.
    const bool is_ours =
        order != nullptr && order->terms.kind >= kind_first && order->terms.kind <= kind_last;
    if (!is_ours) {
        fail_early(*request, result::original_invalid, no_transaction);
        return open_failure(request);
    }
    const Content original = read_content(order->content);
    // The number in a receipt fits many dates and only one receipt is the order's. Empty: the order
    // was found by its conversation.
    const bool is_right = receipt.empty() || receipt_of(*order, original) == upper(receipt);
    // Another business's transaction is answered like one that does not exist, so that nobody can
    // probe for them.
    if (!is_right || !concerns(original, request->content.shortcode)) {
        fail_early(*request, result::original_invalid, no_transaction);
        return open_failure(request);
    }
    // What is told is how it stands now. The result goes out later and must not look again.
    put_facts(*request, *order, original);
    if (is_kind(*order, Kind::b2c) && order->transfer) return read_charges(request, order);
    return tell_status(request);
}

// By the id inside, which carries the number of its order.
Answer find_payment(const InitiatorPtr& request, const std::string& id) {
    const auto number = order_of_conversation(id);
    if (!number) return answer_status(request, {}, nullptr);
    return find_order(
        request->call, {.order = *number}, [request, id](const OrderPtr& order) -> Answer {
            // Any number stands for some order; only a payment's own id is good.
            const bool is_it = order != nullptr && is_customers(*order) &&
                               payment_conversation_id(order->terms.id, order->opened_at) == id;
            return answer_status(request, {}, is_it ? order : nullptr);
        });
}

Answer find_by_conversation(const InitiatorPtr& request, const std::string& id) {
    const CallPtr& call = request->call;
    // Merchants know two ids of a request. The one that they chose may be anybody's, so that its
    // key has the business in it.
    return find_order(call, {.key = originator_key(request->content.shortcode, id)},
                      [request, id](const OrderPtr& order) -> Answer {
                          if (order != nullptr) return answer_status(request, {}, order);
                          return find_order(request->call, {.key = conversation_key(id)},
                                            [request, id](const OrderPtr& other) {
                                                return other == nullptr
                                                           ? find_payment(request, id)
                                                           : answer_status(request, {}, other);
                                            });
                      });
}

}  // namespace

Answer query_balance(const CallPtr& call) {
    FieldReader fields(*call);
    const InitiatorPtr request = read_initiator(fields, call, {Kind::balance, "balance"});
    // Only its form: the number itself says what it is.
    fields.word("IdentifierType", {"1", "2", "4"});
    read_result_addresses(fields, *request);
    if (!fields.is_good()) return fields.refusal();
    take_script(*request);
    if (request->content.command != "AccountBalance")
        fail_early(*request, result::invalid_command, "CommandID is not AccountBalance");
    if (request->early_code != 0) return open_failure(request);
    const Shortcode& business = *request->business;
    // The result calls the account by another name then.
    request->content.is_till = business.is_till();
    return with_accounts(call,
                         {business_account(*call->options, business),
                          working_account(*call->options, business), charges_account(business)},
                         [request](const Accounts& accounts) {
                             core::OrderRequest wish = wish_of(Kind::balance, request->content);
                             put_result(wish, *request);
                             // The order moves no money and still ends with these balances: that is
                             // what was asked.
                             watch(wish, {accounts[0], accounts[1], accounts[2]});
                             return open_result(request, std::move(wish));
                         });
}

Answer query_status(const CallPtr& call) {
    FieldReader fields(*call);
    const InitiatorPtr request = read_initiator(fields, call, {Kind::status, "status"});
    const std::string receipt = fields.optional_text({"TransactionID"}, 64);
    const std::string conversation =
        fields.optional_text({"OriginalConversationID", "OriginatorConversationID"}, 128);
    if (receipt.empty() && conversation.empty())
        fields.fail(invalid("TransactionID",
                            "TransactionID and OriginalConversationID are missing; one is needed"));
    fields.word("IdentifierType", {"1", "2", "4"});
    read_result_addresses(fields, *request);
    if (!fields.is_good()) return fields.refusal();
    take_script(*request);
    if (request->content.command != "TransactionStatusQuery")
        fail_early(*request, result::invalid_command, "CommandID is not TransactionStatusQuery");
    if (request->early_code != 0) return open_failure(request);
    // The receipt comes first where both are given: it names one transaction and no more.
    if (receipt.empty()) return find_by_conversation(request, conversation);
    const auto id = order_of(receipt);
    if (!id) return answer_status(request, receipt, nullptr);
    return find_order(call, {.order = *id}, [request, receipt](const OrderPtr& order) {
        return answer_status(request, receipt, order);
    });
}

}  // namespace tuma::mpesa
