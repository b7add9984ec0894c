// An explanation is what the switch does: the same payment through the real core has the same legs
// or the same refusal, and every sentence that is printed comes true.
#include "switch/core/rules/scheme_bytes.h"
#include "switch/files/explanation.h"
#include "switch/files/scheme_file.h"
#include "tests/support/world.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace tuma;
using namespace std::chrono;
using ledger::AccountKind;
using ledger::Purpose;

namespace {

/// A name that has this shape.
ledger::Identity named(const core::AccountClass& account_class, char digit) {
    std::string name = account_class.identifiers.empty() ? std::string("any-") + digit
                                                         : account_class.identifiers[0];
    std::replace(name.begin(), name.end(), '#', digit);
    std::replace(name.begin(), name.end(), '*', digit);
    return ledger::make_identity(name).value();
}

/// The switch with one scheme in force, and accounts that may owe whatever they like.
class Town {
public:
    Town(const core::Scheme& scheme, Timestamp now) : scheme_(scheme) {
        world_.now = now;
        core::LoadScheme load;
        load.name = ledger::make_identity(scheme.name).value();
        load.scheme_version = ledger::make_identity(scheme.version).value();
        load.content = std::make_shared<const std::vector<std::byte>>(core::scheme_bytes(scheme));
        id_ = SchemeId{static_cast<std::uint16_t>(ask(load).id)};
    }

    AccountId open(const core::AccountClass& account_class, char digit) {
        core::OpenAccount open;
        open.kind = account_class.kind;
        open.currency = scheme_.currency;
        open.floor = -ledger::amount_max;
        open.identity = named(account_class, digit);
        open.scheme = id_;
        open.account_class = scheme_.find_class(account_class.name).value();
        const core::Outcome outcome = ask(open);
        if (outcome.code != Refusal::none)
            RC_LOG() << account_class.name << " is opened: " << name(outcome.code) << "\n";
        RC_ASSERT(outcome.code == Refusal::none);
        return AccountId{static_cast<std::uint32_t>(outcome.id)};
    }
    /// An account of the same kind under no scheme.
    AccountId open(AccountKind kind, const std::string& name) {
        core::OpenAccount open;
        open.kind = kind;
        open.currency = scheme_.currency;
        open.floor = -ledger::amount_max;
        open.identity = ledger::make_identity(name).value();
        return AccountId{static_cast<std::uint32_t>(ask(open).id)};
    }
    AccountId operators(AccountKind kind) const {
        return world_.core.state().books.find(core::operator_account(scheme_.name, kind));
    }

    core::Outcome pay(Purpose purpose, AccountId debit, AccountId credit, std::int64_t amount) {
        core::MoveMoney move;
        move.purpose = purpose;
        move.debit = debit;
        move.credit = credit;
        move.amount = {amount, scheme_.currency};
        return ask(move);
    }

    const testing::World& world() const { return world_; }
    void pass_until(Timestamp time) { world_.pass(time - world_.now); }

    /// Credits less debits, posted; 0 of an account that is not there.
    std::int64_t position(AccountId id) const {
        const ledger::Account* account = world_.core.state().books.find(id);
        return account == nullptr ? 0 : account->credits_posted - account->debits_posted;
    }
    /// What `account` is paid out to.
    AccountId bank_of(AccountId account) const {
        const ledger::AccountTerms* terms = world_.core.state().terms.find(account);
        return terms == nullptr ? AccountId{} : terms->payout;
    }

private:
    core::Outcome ask(core::Command command) {
        core::Request request;
        request.key.participant = ParticipantId{1};
        request.key.reference[0] = std::byte{++requests_};
        request.command = std::move(command);
        return world_.handle(request);
    }

    core::Scheme scheme_;
    testing::World world_;
    SchemeId id_;
    std::uint8_t requests_ = 0;
};

const core::AccountClass* first_of(const core::Scheme& scheme, AccountKind kind) {
    const auto found = std::find_if(scheme.classes.begin(), scheme.classes.end(),
                                    [kind](const auto& of) { return of.kind == kind; });
    return found == scheme.classes.end() ? nullptr : &*found;
}

struct Sides {
    AccountId debit;
    AccountId credit;
};

/// Opens the two sides that the explanation is about.
Sides open_sides(Town& town, const core::Scheme& scheme, const Explanation& explanation) {
    const Purpose purpose = explanation.type.purpose;
    const core::AccountClass& chosen = *explanation.account_class;
    const core::AccountClass* agent = first_of(scheme, AccountKind::agent_float);
    switch (purpose) {
        case Purpose::deposit:
            return {town.open(*agent, '1'), town.open(chosen, '2')};
        case Purpose::withdraw:
            return {town.open(chosen, '1'), town.open(*agent, '2')};
        case Purpose::transfer:
            return {town.open(chosen, '1'), town.open(chosen, '2')};
        case Purpose::redeem:
            return {town.open(chosen, '1'), town.operators(AccountKind::trust)};
        case Purpose::disburse:
            return {town.open(*first_of(scheme, AccountKind::till), '1'), town.open(chosen, '2')};
        default:
            break;
    }
    // A customer without a class has no limits.
    const AccountId customer = explanation.limits
                                   ? town.open(*first_of(scheme, AccountKind::wallet), '1')
                                   : town.open(AccountKind::wallet, "somebody");
    return {customer, town.open(chosen, '2')};
}

AccountId account_of(const Town& town, const std::string& name, const Sides& sides,
                     const ExplainedLeg& principal) {
    if (name == principal.debit) return sides.debit;
    if (name == principal.credit) return sides.credit;
    return town.world().core.state().books.find(ledger::make_identity(name).value());
}

bool says(const std::string& text, const std::string& part) {
    const bool is_there = text.find(part) != std::string::npos;
    if (!is_there) RC_LOG() << "not said: " << part << " in:\n" << text << "\n";
    return is_there;
}

/// What a line of sums says behind its name, or 0 where there is no such line.
std::int64_t said_amount(const std::string& text, const std::string& name, Currency currency) {
    const std::size_t line = text.find("  " + name);
    if (line == std::string::npos) return 0;
    const std::size_t begin = text.find_first_of("-0123456789", line + name.size());
    const std::string amount = text.substr(begin, text.find(' ', begin) - begin);
    const bool is_negative = amount.starts_with('-');
    const std::int64_t minor = Money::parse(amount.substr(is_negative ? 1 : 0), currency)->minor;
    return is_negative ? -minor : minor;
}

/// Every sum that is printed is what the accounts show.
void check_sums(const Town& town, const core::Scheme& scheme, const Sides& sides,
                const std::string& text) {
    const auto said = [&](const char* name) { return said_amount(text, name, scheme.currency); };
    RC_ASSERT(said("payer pays") == -town.position(sides.debit));
    RC_ASSERT(said("payee gets") == town.position(sides.credit));
    RC_ASSERT(said("operator earns") == town.position(town.operators(AccountKind::fee_income)));
    RC_ASSERT(said("state gets") == town.position(town.operators(AccountKind::tax_payable)));
    RC_ASSERT(said("agent gets") == town.position(town.operators(AccountKind::commission)));
}

/// What is said of the bank comes true when nothing else is sold, and what is waited for helps.
void check_settlement(Town& town, const core::Scheme& scheme, const Explanation& explanation,
                      const Sides& sides, const std::string& text) {
    const core::SettlementRule& rule = explanation.account_class->settlement;
    const auto amount = [&](std::int64_t minor) { return Money{minor, scheme.currency}.text(); };
    const AccountId bank = town.bank_of(sides.credit);
    town.pass_until(explanation.usable_at - Duration{1});
    RC_ASSERT(town.position(bank) == 0);
    town.pass_until(explanation.usable_at);
    const std::int64_t in_bank = town.position(bank);
    RC_ASSERT(in_bank == explanation.settlement->paid_out);
    if (in_bank < 0) return;
    const std::int64_t held = explanation.settlement->reserve_held;
    RC_ASSERT((held != 0) == (text.find("are held back until ") != std::string::npos));
    if (!waits_for_more(explanation)) {
        if (in_bank == explanation.payee_gets)
            RC_ASSERT(says(text, "\nThe merchant's bank has the money on "));
        else
            RC_ASSERT(says(text, "\nThe merchant's bank has " + amount(in_bank) + " of it on "));
        return;
    }
    RC_ASSERT(text.find("bank has ") == std::string::npos);
    RC_ASSERT(says(text, "\nThe merchant's bank does not have it before "));
    RC_ASSERT(says(text, "alone it is " + amount(explanation.gathered) + "."));
    town.pass_until(explanation.usable_at + days{20});
    RC_ASSERT(town.position(bank) == 0);
    // As much again as must gather is more than enough, fees and all.
    const std::int64_t more = 2 * std::max(rule.minimum_payout, rule.payout_fee) + 100;
    const core::Outcome sold = town.pay(Purpose::pay_merchant, sides.debit, sides.credit, more);
    if (sold.code != Refusal::none) return;
    town.pass_until(explanation.usable_at + days{60});
    RC_ASSERT(town.position(bank) > 0);
}

/// The bound that is named with a refusal is the bound.
void check_bound(const core::Scheme& scheme, const Explanation& explanation,
                 const std::string& text) {
    const auto refusal_of = [&](std::int64_t amount) {
        Occasion other = explanation.occasion;
        other.amount = amount;
        return explain(scheme, other).value().refusal;
    };
    const auto bound_after = [&](const std::string& words) -> std::int64_t {
        const std::size_t at = text.find(words);
        if (at == std::string::npos) return 0;
        const std::string rest = text.substr(at + words.size());
        return Money::parse(rest.substr(0, rest.rfind('.')), scheme.currency)->minor;
    };
    RC_ASSERT(says(text, "The switch refuses it, " + std::string(name(*explanation.refusal))));
    if (const std::int64_t least = bound_after("The least is "))
        RC_ASSERT(refusal_of(least) != Refusal::below_minimum &&
                  (least == 1 || refusal_of(least - 1) == Refusal::below_minimum));
    if (const std::int64_t end = bound_after("The tariff ends at "))
        RC_ASSERT(refusal_of(end) != Refusal::not_offered &&
                  refusal_of(end + 1) == Refusal::not_offered);
    if (const std::int64_t most = bound_after("The most is "))
        RC_ASSERT(refusal_of(most) != Refusal::transaction_limit_exceeded &&
                  refusal_of(most + 1) == Refusal::transaction_limit_exceeded);
}

void check_same(const core::Scheme& scheme, const Occasion& occasion) {
    const Result<Explanation> explanation = explain(scheme, occasion);
    RC_ASSERT(explanation.has_value());
    RC_ASSERT(explanation->account_class.has_value());
    const Timestamp now =
        occasion.day + occasion.at - std::chrono::minutes{scheme.zone_offset_minutes};
    Town town(scheme, now);
    const Sides sides = open_sides(town, scheme, *explanation);
    const core::Outcome outcome =
        town.pay(explanation->type.purpose, sides.debit, sides.credit, occasion.amount);
    if (outcome.code != explanation->refusal.value_or(Refusal::none))
        RC_LOG() << scheme.name << " " << occasion.type << " " << occasion.amount << ": "
                 << name(outcome.code) << "\n";
    RC_ASSERT(outcome.code == explanation->refusal.value_or(Refusal::none));
    const std::string text = explanation_text(scheme, *explanation);
    if (explanation->refusal) {
        check_bound(scheme, *explanation, text);
        return;
    }

    const auto records = town.world().set_of(TransferId{outcome.id});
    RC_ASSERT(records.size() == explanation->legs.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
        const ExplainedLeg& leg = explanation->legs[i];
        RC_ASSERT(records[i].purpose == leg.purpose);
        RC_ASSERT(records[i].amount == leg.amount);
        RC_ASSERT(records[i].debit == account_of(town, leg.debit, sides, explanation->legs[0]));
        RC_ASSERT(records[i].credit == account_of(town, leg.credit, sides, explanation->legs[0]));
    }
    RC_ASSERT(records[0].due() == explanation->usable_at);
    check_sums(town, scheme, sides, text);
    if (explanation->settlement) check_settlement(town, scheme, *explanation, sides, text);
}

/// The schemes that come with the program, and one whose payouts have everything that can be said
/// of them.
std::vector<core::Scheme> explained_schemes() {
    std::vector<core::Scheme> schemes;
    for (const BuiltInScheme& row : built_in_schemes())
        schemes.push_back(find_scheme(std::string(row.name), {}).value().scheme);
    core::Scheme demanding = find_scheme("wechat-china", {}).value().scheme;
    for (core::AccountClass& account_class : demanding.classes) {
        core::SettlementRule& rule = account_class.settlement;
        if (!rule.to_bank) continue;
        // WeChat Pay's notice of 2016, and two of our own.
        rule.minimum_payout = 500'00;
        rule.minimum_basis = core::MinimumBasis::before_fees;
        if (account_class.name == "small-merchant") rule.payout_fee = 2'00;
        if (account_class.name != "virtual-goods") continue;
        rule.minimum_payout = 0;
        rule.payout_fee = 1'00;
        rule.reserve_basis_points = 500;
        rule.reserve_days = 30;
    }
    schemes.push_back(demanding);
    return schemes;
}

/// Amounts at which something changes, and those beside them.
std::set<std::int64_t> edges_of(const core::Scheme& scheme, const core::PaymentType& type) {
    std::set<std::int64_t> edges{1, 2, 1'00, type.minimum, type.maximum};
    for (const core::FeeRule& fee : type.fees) {
        edges.insert({fee.free_up_to, fee.free_lifetime});
        for (const core::FeeBand& band : fee.bands) edges.insert(band.up_to);
        if (fee.basis_points == 0) continue;
        edges.insert(fee.minimum * 10'000 / fee.basis_points);
        if (fee.cap != core::no_limit) edges.insert(fee.cap * 10'000 / fee.basis_points);
    }
    for (const core::AccountClass& account_class : scheme.classes) {
        for (const core::Limits& limits : account_class.limits)
            edges.insert({limits.per_transaction, limits.daily, limits.yearly, limits.lifetime,
                          limits.ceiling});
        const core::SettlementRule& rule = account_class.settlement;
        edges.insert({rule.minimum_payout, rule.payout_fee});
        for (const core::FeeRule& fee : type.fees)
            edges.insert(rule.minimum_payout * 10'000 / (10'000 - fee.basis_points));
    }
    std::set<std::int64_t> amounts;
    for (const std::int64_t edge : edges)
        for (std::int64_t amount = edge - 1; edge != core::no_limit && amount <= edge + 1; ++amount)
            if (amount > 0 && amount <= ledger::amount_max) amounts.insert(amount);
    return amounts;
}

/// The classes that such a payment can be asked about.
std::vector<std::string> classes_for(const core::Scheme& scheme, const core::PaymentType& type) {
    std::vector<std::string> names;
    for (const core::AccountClass& account_class : scheme.classes)
        if (type.purpose == Purpose::pay_merchant ? account_class.receives == type.name
                                                  : account_class.kind == AccountKind::wallet)
            names.push_back(account_class.name);
    return names;
}

}  // namespace

TEST_CASE("explanation: the switch does what it says, with the legs, refusals and dates it says") {
    const std::vector<core::Scheme> schemes = explained_schemes();
    CHECK(rc::check("any payment", [&schemes] {
        const core::Scheme scheme = *rc::gen::elementOf(schemes);
        const core::PaymentType type = *rc::gen::elementOf(scheme.types);
        Occasion occasion;
        occasion.type = type.name;
        occasion.amount = *rc::gen::inRange<std::int64_t>(
            1, *rc::gen::element<std::int64_t>(1'00, 300'00, 5'000'00, 600'000'00));
        const core::LocalDay begin = std::max(type.period.from, core::LocalDay{2010y / 1 / 1});
        const core::LocalDay end = std::min(type.period.to, core::LocalDay{2030y / 1 / 1});
        occasion.day = begin + days{*rc::gen::inRange<std::int64_t>(0, (end - begin).count() + 1)};
        occasion.at = minutes{*rc::gen::inRange(0, 24 * 60)};
        std::vector<std::string> classes{""};
        for (const core::AccountClass& account_class : scheme.classes)
            if (account_class.receives == type.name) classes.push_back(account_class.name);
        occasion.account_class = *rc::gen::elementOf(classes);
        check_same(scheme, occasion);
    }));
}

TEST_CASE("explanation: at every edge of every tariff that comes along, what is said comes true") {
    int asked = 0;
    for (const core::Scheme& scheme : explained_schemes()) {
        for (const core::PaymentType& type : scheme.types) {
            Occasion occasion;
            occasion.type = type.name;
            occasion.day = std::min(std::max(type.period.from, core::LocalDay{2024y / March / 1}),
                                    type.period.to);
            for (const std::string& account_class : classes_for(scheme, type)) {
                occasion.account_class = account_class;
                for (const std::int64_t amount : edges_of(scheme, type)) {
                    occasion.amount = amount;
                    ++asked;
                    CAPTURE(scheme.name);
                    CAPTURE(type.name);
                    CAPTURE(account_class);
                    CAPTURE(amount);
                    CHECK_NOTHROW(check_same(scheme, occasion));
                }
            }
        }
    }
    CHECK(asked > 1'000);
}
