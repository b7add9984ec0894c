#include "protocols/mpesa/enquiries.h"

#include "protocols/mpesa/codes.h"
#include "protocols/mpesa/ids.h"
#include "protocols/mpesa/initiator.h"
#include "protocols/mpesa/numbers.h"
#include "protocols/mpesa/results.h"

#include <algorithm>
#include <utility>

namespace tuma::mpesa {
namespace {

using ledger::Order;
using protocols::Answer;

std::string status_of(const Order& order, const Options& options) {
    switch (order.state) {
        case ledger::OrderState::succeeded:
            return "Completed";
        case ledger::OrderState::expired:
            return "Expired";
        case ledger::OrderState::closed:
            return "Cancelled";
        case ledger::OrderState::failed:
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

// What is told of a transaction, as it is now. Source: mpesa reference, section 1.12.
void put_facts(InitiatorRequest& request, const Order& order, const Content& original) {
    const protocols::Directory& directory = request.call->context.directory;
    auto& facts = request.content.facts;
    const bool is_customers = is_kind(order, Kind::stk_push) || is_kind(order, Kind::c2b);
    const bool is_reversal = is_kind(order, Kind::reversal);
    const std::string& debit = is_customers ? original.msisdn : original.shortcode;
    const std::string& credit = is_reversal ? original.msisdn : original.party;
    facts["ReceiptNo"] = receipt_of(order, original);
    facts["Conversation ID"] = original.conversation;
    facts["Originator Conversation ID"] = original.originator;
    facts["InitiatedTime"] = compact_time(order.opened_at);
    if (ledger::is_final(order.state)) facts["FinalizedTime"] = compact_time(order.moved_at);
    facts["Amount"] = plain_text(original.amount);
    facts["TransactionStatus"] = status_of(order, *request.call->options);
    facts["ReasonType"] = reason_of(order, original);
    facts["DebitAccountType"] = is_customers
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

Answer answer_status(const InitiatorPtr& request, const std::string& receipt,
                     const std::shared_ptr<const Order>& order) {
    const bool is_ours =
        order != nullptr && order->terms.kind >= kind_first && order->terms.kind <= kind_last;
    if (!is_ours) {
        fail_early(*request, result::original_invalid);
        return open_failure(request);
    }
    const Content original = read_content(order->content);
    const bool is_right = receipt.empty() || receipt_of(*order, original) == upper(receipt);
    if (!is_right || !concerns(original, request->content.shortcode)) {
        fail_early(*request, result::original_invalid);
        return open_failure(request);
    }
    put_facts(*request, *order, original);
    core::OrderWish wish = wish_of(Kind::status, request->content);
    put_result(wish, *request);
    return open_result(request, std::move(wish));
}

Answer find_by_conversation(const InitiatorPtr& request, const std::string& id) {
    const CallPtr& call = request->call;
    return find_order(call, {.key = originator_key(request->content.shortcode, id)},
                      [request, id](const std::shared_ptr<const Order>& order) -> Answer {
                          if (order != nullptr) return answer_status(request, {}, order);
                          return find_order(request->call, {.key = conversation_key(id)},
                                            [request](const std::shared_ptr<const Order>& other) {
                                                return answer_status(request, {}, other);
                                            });
                      });
}

}  // namespace

Answer query_balance(const CallPtr& call) {
    FieldReader fields(*call);
    const InitiatorPtr request = read_initiator(fields, call, {Kind::balance, "balance"});
    fields.word("IdentifierType", {"1", "2", "4"});
    read_result_addresses(fields, *request);
    if (!fields.is_good()) return fields.refusal();
    take_script(*request);
    if (request->content.command != "AccountBalance") fail_early(*request, result::invalid_command);
    if (request->early_code != 0) return open_failure(request);
    const Shortcode& business = *request->business;
    request->content.is_till = business.is_till();
    return with_accounts(
        call, {business_party(*call, business), working_party(business), charges_party(business)},
        [request](const Accounts& accounts) {
            core::OrderWish wish = wish_of(Kind::balance, request->content);
            put_result(wish, *request);
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
    if (receipt.empty() && conversation.empty()) fields.fail(invalid("TransactionID"));
    fields.word("IdentifierType", {"1", "2", "4"});
    read_result_addresses(fields, *request);
    if (!fields.is_good()) return fields.refusal();
    take_script(*request);
    if (request->content.command != "TransactionStatusQuery")
        fail_early(*request, result::invalid_command);
    if (request->early_code != 0) return open_failure(request);
    if (receipt.empty()) return find_by_conversation(request, conversation);
    const auto id = order_of(receipt);
    if (!id) return answer_status(request, receipt, nullptr);
    return find_order(call, {.order = *id},
                      [request, receipt](const std::shared_ptr<const Order>& order) {
                          return answer_status(request, receipt, order);
                      });
}

}  // namespace tuma::mpesa
