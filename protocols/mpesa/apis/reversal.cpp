#include "protocols/mpesa/reversal.h"

#include "protocols/mpesa/codes.h"
#include "protocols/mpesa/ids.h"
#include "protocols/mpesa/initiator.h"

#include <utility>

namespace tuma::mpesa {
namespace {

using ledger::Order;
using protocols::Answer;

// Why this order cannot be given back to its customer, or 0.
std::uint16_t misfit(const InitiatorRequest& request, const Order* order) {
    if (order == nullptr || order->terms.kind < kind_first || order->terms.kind > kind_last)
        return result::original_invalid;
    const Content original = read_content(order->content);
    if (receipt_of(*order, original) != request.content.reference) return result::original_invalid;
    // What a business has paid is not taken back by API. Source: mpesa reference, section 1.13.
    if (!is_kind(*order, Kind::stk_push) && !is_kind(*order, Kind::c2b))
        return result::product_assignment;
    if (original.party != request.content.shortcode ||
        order->state != ledger::OrderState::succeeded)
        return result::original_invalid;
    const bool is_whole = request.content.amount == order->terms.amount;
    if (request.content.amount > order->terms.amount ||
        (!is_whole && !request.call->options->partial_reversal))
        return result::account_rule;
    return result::success;
}

Answer give_back(const InitiatorPtr& request, const std::shared_ptr<const Order>& order) {
    fail_early(*request, misfit(*request, order.get()));
    if (request->early_code != 0) return open_failure(request);
    const Content original = read_content(order->content);
    request->content.msisdn = original.msisdn;
    request->content.party = original.msisdn;
    request->content.is_till = original.is_till;
    core::OrderWish wish = wish_of(Kind::reversal, request->content);
    put_movement(wish, {.purpose = ledger::Purpose::refund,
                        .debit = order->terms.credit,
                        .credit = order->debit,
                        .amount = request->content.amount});
    wish.terms.parent = order->terms.id;
    wish.original = order->transfer;
    put_result(wish, *request);
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
        fields.fail(invalid("RecieverIdentifierType"));
    read_result_addresses(fields, *request);
    if (!fields.is_good()) return fields.refusal();
    take_script(*request);
    if (content.command != "TransactionReversal") fail_early(*request, result::invalid_command);
    const auto id = order_of(content.reference);
    if (request->early_code != 0 || !id) return give_back(request, nullptr);
    return find_order(call, {.order = *id}, [request](const std::shared_ptr<const Order>& order) {
        return give_back(request, order);
    });
}

}  // namespace tuma::mpesa
