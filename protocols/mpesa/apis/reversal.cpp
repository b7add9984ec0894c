#include "protocols/mpesa/apis/reversal.h"

#include "protocols/mpesa/orders/initiator.h"
#include "protocols/mpesa/wire/ids.h"
#include "protocols/mpesa/wire/result_codes.h"

#include <utility>

namespace tuma::mpesa {
namespace {

using ledger::Order;
using protocols::Answer;

// Why an order cannot be given back to its customer.
struct Violation {
    std::uint16_t code = result::success;
    std::string_view why{};
};

Violation violation(const InitiatorRequest& request, const Order* order) {
    constexpr Violation no_payment{result::original_invalid,
                                   "TransactionID is no receipt of a payment"};
    if (order == nullptr || order->terms.kind < kind_first || order->terms.kind > kind_last)
        return no_payment;
    const Content original = read_content(order->content);
    // The receipt's number fits many dates. Only the receipt that the customer has seen is good.
    if (receipt_of(*order, original) != request.content.reference) return no_payment;
    // What a business has paid is not taken back by API. Source: mpesa reference, section 1.13.
    if (!is_customers(*order))
        return {result::product_assignment, "TransactionID is that of no customer's payment"};
    // Only who was paid may give it back, and only what has really been paid.
    if (original.party != request.content.shortcode)
        return {result::original_invalid, "the payment was made to another business"};
    if (order->state != ledger::OrderState::succeeded)
        return {result::original_invalid, "the payment was not made"};
    // What an earlier reversal has left is known to the books alone, which refuse the rest.
    const bool is_whole = request.content.amount == order->terms.amount;
    if (request.content.amount > order->terms.amount)
        return {result::account_rule, "Amount is more than was paid"};
    if (!is_whole && !request.call->options->partial_reversal)
        return {result::account_rule, "Amount is less than was paid (partial_reversal)"};
    return {};
}

Answer give_back(const InitiatorPtr& request, const OrderPtr& order) {
    // An earlier code stays, so that a missing order is no second reason.
    const Violation found = violation(*request, order.get());
    if (found.code != result::success) fail_early(*request, found.code, std::string(found.why));
    if (request->early_code != 0) return open_failure(request);
    const Content original = read_content(order->content);
    request->content.msisdn = original.msisdn;
    // The money goes back to the customer, who is the other side of this order.
    request->content.party = original.msisdn;
    request->content.is_till = original.is_till;
    core::OrderRequest wish = wish_of(Kind::reversal, request->content);
    put_return(wish, *order, request->content.amount);
    put_result(wish, *request);
    // The account that was paid, from which the money comes back.
    watch(wish, {order->terms.credit});
    return open_result(request, std::move(wish));
}

}  // namespace

Answer reverse_payment(const CallPtr& call) {
    FieldReader fields(*call);
    const InitiatorPtr request =
        read_initiator(fields, call, {Kind::reversal, "reversal", "ReceiverParty"});
    Content& content = request->content;
    content.reference = fields.text("TransactionID", 64);
    content.amount = fields.amount("Amount");
    // mpesa-api sends 4 unless told otherwise.
    const std::string type = fields.text("RecieverIdentifierType");
    if (type != "11" && !(type == "4" && call->options->reversal_receiver_4))
        fields.fail(invalid("RecieverIdentifierType", "RecieverIdentifierType is not 11"));
    read_result_addresses(fields, *request);
    if (!fields.is_good()) return fields.refusal();
    take_script(*request);
    if (content.command != "TransactionReversal")
        fail_early(*request, result::invalid_command, "CommandID is not TransactionReversal");
    // A receipt carries the number of its order, so that no index of receipts is needed.
    const auto id = order_of(content.reference);
    if (request->early_code != 0 || !id) return give_back(request, nullptr);
    return find_order(call, {.order = *id},
                      [request](const OrderPtr& order) { return give_back(request, order); });
}

}  // namespace tuma::mpesa
