#include "protocols/mpesa/apis/b2c.h"

#include "protocols/mpesa/orders/initiator.h"
#include "protocols/mpesa/profiles/numbers.h"
#include "protocols/mpesa/wire/result_codes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tuma::mpesa {
namespace {

using protocols::Answer;

// Cents. Source: mpesa reference, section 1.9.
constexpr std::int64_t least = 10 * 100;

constexpr std::string_view salary = "SalaryPayment";
constexpr std::string_view pochi = "BusinessPayToPochi";
constexpr std::array<std::string_view, 4> commands{salary, "BusinessPayment", "PromotionPayment",
                                                   pochi};

void check(InitiatorRequest& request) {
    const Content& content = request.content;
    if (std::find(commands.begin(), commands.end(), content.command) == commands.end())
        fail_early(request, result::invalid_command,
                   fmt::format("CommandID is none of {}", fmt::join(commands, ", ")));
    // The first wrong thing counts (see fail_early), so that the order of these lines is that of
    // the complaints.
    if (content.amount < least)
        fail_early(request, result::below_minimum,
                   "Amount is less than " + protocols::bound_text(least / 100));
    if (content.amount > transaction_max)
        fail_early(request, result::above_maximum,
                   "Amount is more than " + protocols::bound_text(transaction_max / 100));
    // The customer declines with 2040 by the script. Only what a salary may do is left to decide
    // here.
    if (!request.script.is_unregistered) return;
    request.content.is_unregistered = true;
    // The money goes to a wallet all the same; the result says that its owner is not registered.
    if (content.command == salary && request.call->options->salary_reaches_unregistered)
        request.script.action = ledger::CustomerAction::approve;
}

core::OrderRequest wish_for(const InitiatorRequest& request, const Accounts& accounts) {
    core::OrderRequest wish = wish_of(Kind::b2c, request.content);
    put_movement(wish, {.purpose = ledger::Purpose::disburse,
                        .debit = accounts[0],
                        .credit = accounts[3],
                        .amount = kes(request.content.amount)});
    // A wish without a movement has failed already and bears no charges.
    if (wish.terms.debit) wish.terms.charges = accounts[2];
    put_result(wish, request);
    // In the order in which b2c_parameters() reads them: utility, working, charges.
    watch(wish, {accounts[0], accounts[1], accounts[2]});
    return wish;
}

Answer pay_customer(const CallPtr& call, bool is_named) {
    FieldReader fields(*call);
    // Only to complain if it is missing: read_initiator() takes it where it is there, and v1
    // accepts it too.
    if (is_named) fields.text("OriginatorConversationID", 128);
    const InitiatorPtr request = read_initiator(fields, call, {Kind::b2c, "b2c"});
    Content& content = request->content;
    content.amount = fields.amount("Amount");
    content.party = fields.msisdn("PartyB");
    // The script goes by the customer's number, and test customers are known by it.
    content.msisdn = content.party;
    read_result_addresses(fields, *request);
    if (!fields.is_good()) return fields.refusal();
    take_script(*request);
    check(*request);
    // Before any account is opened for a payment that cannot happen.
    if (request->early_code != 0) return open_failure(request);
    const Shortcode& business = *request->business;
    return with_accounts(
        call,
        {business_account(*call->options, business), working_account(*call->options, business),
         charges_account(business), customer_account(*call->options, content.msisdn)},
        [request](const Accounts& accounts) {
            return open_result(request, wish_for(*request, accounts));
        });
}

}  // namespace

Answer pay_customer_v1(const CallPtr& call) {
    return pay_customer(call, false);
}

Answer pay_customer_v3(const CallPtr& call) {
    return pay_customer(call, true);
}

Answer pay_pochi(const CallPtr& call) {
    return pay_customer(call, false);
}

}  // namespace tuma::mpesa
