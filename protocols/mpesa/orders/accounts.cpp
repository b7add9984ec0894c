#include "protocols/mpesa/orders/accounts.h"

#include "protocols/mpesa/wire/replies.h"

#include <utility>

namespace tuma::mpesa {
namespace {

constexpr std::int64_t cents_per_shilling = 100;

AccountSpec funded(const Options& options, std::string identity, std::int64_t shillings) {
    // The scheme's trust account issues the opening balance, so that the trust covers what is owed.
    return {.identity = std::move(identity),
            .kind = ledger::AccountKind::till,
            .opening = kes(shillings * cents_per_shilling),
            .funded_by = options.scheme + ".trust"};
}

}  // namespace

AccountSpec customer_account(const Options& options, const std::string& msisdn) {
    AccountSpec account = funded(options, msisdn, options.opening_balance);
    account.kind = ledger::AccountKind::wallet;
    account.may_be_opened = options.opens_customers;
    account.scheme = options.scheme;
    account.account_class = "customer";
    return account;
}

AccountSpec business_account(const Options& options, const Shortcode& shortcode) {
    AccountSpec account = funded(options, shortcode.number, shortcode.utility_balance);
    // Its takings are paid out to a bank by settlement, which needs an account of this kind.
    if (shortcode.account_class == "till-to-bank")
        account.kind = ledger::AccountKind::settlement_payable;
    account.scheme = options.scheme;
    account.account_class = shortcode.account_class;
    return account;
}

AccountSpec working_account(const Options& options, const Shortcode& shortcode) {
    // Without a scheme nothing is charged: such accounts move money between and within businesses.
    return funded(options, shortcode.number + ".working", shortcode.working_balance);
}

AccountSpec charges_account(const Shortcode& shortcode) {
    // Charges make it negative: mpesa reference, section 1.9.
    return {.identity = shortcode.number + ".charges",
            .kind = ledger::AccountKind::till,
            .has_floor = false,
            .opening = kes(0)};
}

protocols::Answer with_accounts(const CallPtr& call, std::vector<AccountSpec> accounts,
                                std::function<protocols::Answer(const Accounts&)> then) {
    return protocols::with_accounts(call->context.directory,
                                    error_reply(*call, unreachable_service()), std::move(accounts),
                                    std::move(then));
}

}  // namespace tuma::mpesa
