#include "protocols/mpesa/accounts.h"

#include "protocols/mpesa/replies.h"

#include <utility>

namespace tuma::mpesa {
namespace {

constexpr std::int64_t cents_per_shilling = 100;

Money shillings(std::int64_t amount) {
    return {amount * cents_per_shilling, Currency::kes};
}

}  // namespace

Party customer_party(const Call& call, const std::string& msisdn) {
    Party party{.identity = msisdn, .may_be_opened = call.options->opens_customers};
    party.opening = shillings(call.options->opening_balance);
    party.join(call.context.directory, call.options->scheme, "customer");
    return party;
}

Party business_party(const Call& call, const Shortcode& shortcode) {
    Party party{.identity = shortcode.number};
    party.kind = shortcode.account_class == "till-to-bank" ? ledger::AccountKind::settlement_payable
                                                           : ledger::AccountKind::till;
    party.opening = shillings(shortcode.utility_balance);
    party.join(call.context.directory, call.options->scheme, shortcode.account_class);
    return party;
}

Party working_party(const Shortcode& shortcode) {
    Party party{.identity = shortcode.number + ".working", .kind = ledger::AccountKind::till};
    party.opening = shillings(shortcode.working_balance);
    return party;
}

Party charges_party(const Shortcode& shortcode) {
    return {.identity = shortcode.number + ".charges",
            .kind = ledger::AccountKind::till,
            .floor = ledger::no_floor,
            .opening = shillings(0)};
}

protocols::Answer with_accounts(const CallPtr& call, std::vector<Party> parties,
                                std::function<protocols::Answer(const Accounts&)> then) {
    protocols::PartyTerms terms{call->context.directory, call->options->scheme + ".trust",
                                error_reply(*call, unreachable_service())};
    return protocols::with_accounts(std::move(terms), std::move(parties), std::move(then));
}

}  // namespace tuma::mpesa
