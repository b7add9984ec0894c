// Any figures and rules: statements add up, and over months nothing is made or lost.
#include "switch/core/rules/settlement.h"
#include "tests/support/sample_scheme.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <random>
#include <utility>

using namespace tuma;
using namespace tuma::core;
using ledger::Maturing;
using ledger::SettlementClosed;
using std::chrono::minutes;
using testing::day;

namespace {

constexpr AccountId payable{1};
const Timestamp monday = Timestamp{day("2018-06-18")};

Scheme english() {
    Scheme scheme;
    scheme.currency = Currency::gbp;
    scheme.calendar = testing::england();
    return scheme;
}

__extension__ using Wide = __int128;

bool adds_up(const SettlementClosed& c) {
    return Wide{c.sales} - c.refunds - c.fees + c.adjustments + c.reserve_released + c.carried_in ==
           Wide{c.reserve_held} + c.payout_fee + c.paid_out + c.carried_out;
}

// One merchant's pending settlements as the ledger keeps them.
class Merchant {
public:
    Merchant() {
        ledger::SchemeLoaded loaded;
        loaded.head.id = SchemeId{1};
        loaded.head.name = *ledger::make_identity("rail");
        terms_.apply(loaded);
        ledger::AccountOpened opened;
        opened.id = payable;
        opened.scheme = SchemeId{1};
        opened.payout = AccountId{2};
        terms_.apply(opened);
    }

    void receive(std::int64_t amount, Timestamp due) {
        post(ledger::Purpose::pay_merchant, AccountId{9}, payable, amount, due);
    }
    void pay(ledger::Purpose purpose, std::int64_t amount, Timestamp due) {
        post(purpose, payable, AccountId{9}, amount, due);
    }
    const ledger::PendingSettlements& pending_settlements() const { return maturities_; }
    void apply(const SettlementClosed& closed) { maturities_.apply(closed); }

private:
    void post(ledger::Purpose purpose, AccountId debit, AccountId credit, std::int64_t amount,
              Timestamp due) {
        ledger::TransferRecord record;
        record.purpose = purpose;
        record.debit = debit;
        record.credit = credit;
        record.amount = amount;
        record.due_at = due.time_since_epoch().count();
        maturities_.apply(record, terms_);
    }

    ledger::Terms terms_;
    ledger::PendingSettlements maturities_;
};

SettlementRule any_rule() {
    SettlementRule rule;
    rule.to_bank = true;
    rule.lag_days = *rc::gen::inRange(0, 8);
    rule.lag_unit = *rc::gen::element(LagUnit::calendar, LagUnit::business);
    rule.roll = *rc::gen::arbitrary<bool>();
    rule.cut_off = minutes{*rc::gen::inRange(0, 1'441)};
    rule.payout_at = minutes{*rc::gen::inRange(0, 1'440)};
    if (*rc::gen::arbitrary<bool>()) rule.minimum_payout = *rc::gen::inRange(0, 20'000);
    if (*rc::gen::arbitrary<bool>()) rule.payout_fee = *rc::gen::inRange(0, 500);
    rule.refunds_netted = *rc::gen::arbitrary<bool>();
    rule.negative_net = *rc::gen::element(NegativeNet::carry, NegativeNet::collect);
    if (*rc::gen::arbitrary<bool>()) rule.reserve_basis_points = *rc::gen::inRange(0, 10'001);
    rule.reserve_days = *rc::gen::inRange(1, 100);
    return rule;
}

}  // namespace

TEST_CASE("settlement: any figures add up, and the parts keep to the rule") {
    CHECK(rc::check("figures", [] {
        const auto figure = [] { return *rc::gen::inRange<std::int64_t>(0, 100'000); };
        SettlementRule rule = any_rule();
        Maturing maturing;
        maturing.sales = figure();
        maturing.refunds = figure();
        maturing.fees = figure();
        if (*rc::gen::arbitrary<bool>()) maturing.carried = figure() - 50'000;
        if (*rc::gen::arbitrary<bool>()) maturing.adjustments = figure() - 50'000;
        if (*rc::gen::arbitrary<bool>()) maturing.reserve = figure();
        const SettlementClosed closed =
            close_settlement(english(), rule, payable, monday, maturing, monday);
        const std::int64_t net = maturing.net();
        RC_ASSERT(adds_up(closed));
        RC_ASSERT(closed.reserve_held >= 0);
        RC_ASSERT(closed.reserve_held <= std::max<std::int64_t>(net, 0));
        RC_ASSERT(Wide{closed.reserve_held} * 20'000 <=
                  Wide{maturing.sales} * rule.reserve_basis_points * 2 + 10'000);
        RC_ASSERT(closed.payout_fee == (closed.paid_out > 0 ? rule.payout_fee : 0));
        RC_ASSERT(closed.paid_out == 0 || closed.carried_out == 0);
        if (net < 0)
            RC_ASSERT(closed.paid_out == (rule.negative_net == NegativeNet::collect ? net : 0));
        if (net >= 0) RC_ASSERT(closed.paid_out >= 0 && closed.carried_out >= 0);
        const PayoutFlows flows = payout_flows(rule, closed);
        RC_ASSERT(flows.paid >= 0);
        RC_ASSERT(flows.collected >= 0);
        RC_ASSERT(flows.paid - flows.collected == closed.paid_out);
        if (closed.paid_out > 0) RC_ASSERT(flows.paid + closed.payout_fee >= rule.minimum_payout);
        if (rule.refunds_netted) RC_ASSERT(flows.paid == 0 || flows.collected == 0);
    }));
}

TEST_CASE("settlement: a sale's due day is never before it, and later sales are not due earlier") {
    CHECK(rc::check("due", [] {
        Scheme scheme = english();
        scheme.zone_offset_minutes = static_cast<std::int16_t>(*rc::gen::inRange(-840, 841));
        const SettlementRule rule = any_rule();
        const auto moment = [] {
            return monday + minutes{*rc::gen::inRange(-600'000, 600'000)} +
                   Duration{*rc::gen::inRange(-2, 3)};
        };
        Timestamp first = moment();
        Timestamp second = moment();
        if (second < first) std::swap(first, second);
        const Timestamp due = due_of_sale(scheme, rule, first);
        RC_ASSERT(due >= first);
        RC_ASSERT(due_of_sale(scheme, rule, second) >= due);
        RC_ASSERT(next_settlement(scheme, rule, due, second) > std::max(due, second));
    }));
}

TEST_CASE("settlement: over many days the bank gets all that was sold, and the ledger agrees") {
    CHECK(rc::check("months", [] {
        const Scheme scheme = english();
        const SettlementRule rule = any_rule();
        std::mt19937_64 random(*rc::gen::arbitrary<std::uint64_t>());
        const auto up_to = [&random](std::int64_t most) {
            return std::uniform_int_distribution<std::int64_t>{0, most}(random);
        };
        Merchant merchant;
        Wide earned = 0;
        Wide paid = 0;
        Timestamp now = monday;
        for (int i = 0; i < 200; ++i) {
            now += minutes{up_to(1'200)};
            while (const auto key = merchant.pending_settlements().next()) {
                if (key->first > now) break;
                const Maturing maturing = merchant.pending_settlements().find(*key);
                SettlementClosed closed =
                    up_to(9) == 0
                        ? carry_settlement(scheme, rule, payable, key->first, maturing, now)
                        : close_settlement(scheme, rule, payable, key->first, maturing, now);
                if (closed.paid_out != 0) closed.payout = TransferId{1};
                paid += Wide{closed.paid_out} + closed.payout_fee;
                const auto violation = merchant.pending_settlements().violation(
                    closed, static_cast<std::int64_t>(earned - paid));
                if (violation) RC_FAIL(std::string(*violation));
                merchant.apply(closed);
            }
            const Timestamp due = due_of_sale(scheme, rule, now);
            const std::int64_t sale = 1 + up_to(10'000);
            const std::int64_t fee = 1 + sale * 60 / 10'000;
            const std::int64_t refund = 1 + up_to(8'000);
            merchant.receive(sale, due);
            merchant.pay(ledger::Purpose::fee, fee, due);
            earned += sale - fee;
            if (up_to(3) == 0) {
                merchant.pay(ledger::Purpose::refund, refund, due);
                earned -= refund;
            }
            RC_ASSERT(earned - paid == merchant.pending_settlements().outstanding(payable));
        }
    }));
}
