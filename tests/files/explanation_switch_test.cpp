// An explanation is what the switch does: the same payment through the real core has the same legs
// or the same refusal.
#include "switch/core/scheme_bytes.h"
#include "switch/files/explanation.h"
#include "switch/files/scheme_file.h"
#include "tests/support/world.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <memory>
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
    RC_LOG() << scheme.name << " " << occasion.type << " " << occasion.amount << ": "
             << name(outcome.code) << "\n";
    RC_ASSERT(outcome.code == explanation->refusal.value_or(Refusal::none));
    if (explanation->refusal) return;

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
}

}  // namespace

TEST_CASE("explanation: the switch does what it says, with the legs, refusals and dates it says") {
    std::vector<core::Scheme> schemes;
    for (const BuiltInScheme& row : built_in_schemes())
        schemes.push_back(find_scheme(std::string(row.name), {}).value().scheme);
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
