// When receipts fall due, and what a settlement makes of them.
#include "switch/core/rules/settlement.h"

#include "tests/support/sample_scheme.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <initializer_list>

using namespace tuma;
using namespace tuma::core;
using ledger::Maturing;
using ledger::SettlementClosed;
using std::chrono::hours;
using std::chrono::minutes;
using testing::day;

namespace {

constexpr AccountId payable{1};

Timestamp at(std::string_view text) {
    const auto time = parse_timestamp(text);
    REQUIRE(time.has_value());
    return *time;
}

std::int64_t us(Timestamp time) {
    return time.time_since_epoch().count();
}

Scheme english() {
    Scheme scheme;
    scheme.currency = Currency::gbp;
    scheme.calendar = testing::england();
    return scheme;
}

SettlementRule lag(std::int32_t days, LagUnit unit, bool roll = false) {
    SettlementRule rule;
    rule.to_bank = true;
    rule.lag_days = days;
    rule.lag_unit = unit;
    rule.roll = roll;
    return rule;
}

SettlementRule daily() {
    return lag(1, LagUnit::calendar);
}

Maturing sold(std::int64_t sales, std::int64_t refunds = 0, std::int64_t fees = 0,
              std::int64_t carried = 0) {
    Maturing maturing;
    maturing.sales = sales;
    maturing.refunds = refunds;
    maturing.fees = fees;
    maturing.carried = carried;
    maturing.sales_count = 3;
    maturing.refunds_count = 2;
    return maturing;
}

const Timestamp monday = Timestamp{day("2018-06-18")};

SettlementClosed close(const SettlementRule& rule, const Maturing& maturing) {
    return close_settlement(english(), rule, payable, monday, maturing, monday);
}

__extension__ using Wide = __int128;

bool adds_up(const SettlementClosed& c) {
    return Wide{c.sales} - c.refunds - c.fees + c.adjustments + c.reserve_released + c.carried_in ==
           Wide{c.reserve_held} + c.payout_fee + c.paid_out + c.carried_out;
}

// What a settlement makes of its net.
struct Made {
    std::int64_t reserve = 0;
    std::int64_t fee = 0;
    std::int64_t paid_out = 0;
    std::int64_t carried = 0;
    std::int64_t collected_beside = 0;  // besides what `paid_out` says, and paid out as much more
};

struct MadeRow {
    const char* name;
    SettlementRule rule;
    Maturing maturing;
    Made made;
};

void check_made(std::initializer_list<MadeRow> rows) {
    for (const MadeRow& row : rows) {
        CAPTURE(row.name);
        const SettlementClosed closed = close(row.rule, row.maturing);
        CHECK(closed.reserve_held == row.made.reserve);
        CHECK(closed.payout_fee == row.made.fee);
        CHECK(closed.paid_out == row.made.paid_out);
        CHECK(closed.carried_out == row.made.carried);
        CHECK(adds_up(closed));
        const PayoutFlows flows = payout_flows(row.rule, closed);
        const std::int64_t beside = row.made.collected_beside;
        if (beside == 0) {
            CHECK(flows.paid == std::max<std::int64_t>(row.made.paid_out, 0));
            CHECK(flows.collected == std::max<std::int64_t>(-row.made.paid_out, 0));
        } else {
            CHECK(flows.paid == row.made.paid_out + beside);
            CHECK(flows.collected == beside);
        }
        CHECK((closed.next_due_at != 0) == (closed.carried_out != 0));
        CHECK((closed.reserve_due_at != 0) == (closed.reserve_held != 0));
    }
}

}  // namespace

TEST_CASE("settlement: a sale is due after its lag, and weekends and Easter are no business days") {
    struct Row {
        SettlementRule rule;
        const char* sale;
        const char* due;
    };
    const auto calendar = LagUnit::calendar;
    const auto business = LagUnit::business;
    const Row rows[] = {
        {lag(1, calendar), "2018-06-15T12:00:00Z", "2018-06-16T00:00:00Z"},
        {lag(2, calendar), "2018-03-29T12:00:00Z", "2018-03-31T00:00:00Z"},
        {lag(30, calendar), "2018-01-31T12:00:00Z", "2018-03-02T00:00:00Z"},
        {lag(1, business), "2018-06-14T12:00:00Z", "2018-06-15T00:00:00Z"},
        {lag(2, business), "2018-06-15T12:00:00Z", "2018-06-19T00:00:00Z"},  // Friday
        {lag(2, business), "2018-06-16T12:00:00Z", "2018-06-19T00:00:00Z"},  // Saturday
        {lag(2, business), "2018-06-17T12:00:00Z", "2018-06-19T00:00:00Z"},  // Sunday
        {lag(2, business, true), "2018-06-15T12:00:00Z", "2018-06-19T00:00:00Z"},
        {lag(2, business, true), "2018-06-16T12:00:00Z", "2018-06-20T00:00:00Z"},
        {lag(2, business, true), "2018-06-17T12:00:00Z", "2018-06-20T00:00:00Z"},
        {lag(1, business), "2018-03-29T12:00:00Z", "2018-04-03T00:00:00Z"},
        {lag(1, business), "2018-03-30T12:00:00Z", "2018-04-03T00:00:00Z"},
        {lag(1, business, true), "2018-03-30T12:00:00Z", "2018-04-04T00:00:00Z"},
        {lag(2, business), "2018-12-24T23:59:59.999999Z", "2018-12-28T00:00:00Z"},
        {lag(2, business), "2018-12-31T12:00:00Z", "2019-01-03T00:00:00Z"},
        {lag(1, business), "2016-02-28T12:00:00Z", "2016-02-29T00:00:00Z"},
        {lag(1, calendar), "2016-02-28T12:00:00Z", "2016-02-29T00:00:00Z"},
        {lag(1, calendar), "2017-02-28T12:00:00Z", "2017-03-01T00:00:00Z"},
        // A calendar lag rolls, too, where the scheme says so: Saturday is Monday's.
        {lag(1, calendar, true), "2018-06-16T12:00:00Z", "2018-06-19T00:00:00Z"},
        {lag(0, business, true), "2018-06-16T12:00:00Z", "2018-06-18T00:00:00Z"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.rule.lag_days);
        CAPTURE(static_cast<int>(row.rule.lag_unit));
        CAPTURE(row.rule.roll);
        CAPTURE(row.sale);
        CHECK(due_of_sale(english(), row.rule, at(row.sale)) == at(row.due));
    }
}

TEST_CASE("settlement: from the cut-off on a sale is the next day's") {
    SettlementRule rule = lag(1, LagUnit::business);
    rule.cut_off = hours{23};
    struct Row {
        const char* sale;
        const char* due;
    };
    const Row rows[] = {
        {"2018-06-14T22:59:59.999999Z", "2018-06-15T00:00:00Z"},
        {"2018-06-14T23:00:00Z", "2018-06-18T00:00:00Z"},  // Thursday evening is Friday's
        {"2018-06-15T22:59:59.999999Z", "2018-06-18T00:00:00Z"},
        {"2018-06-15T23:00:00Z", "2018-06-18T00:00:00Z"},
        {"2018-06-17T23:00:00Z", "2018-06-19T00:00:00Z"},  // Sunday evening is Monday's
    };
    for (const Row& row : rows) {
        CAPTURE(row.sale);
        CHECK(due_of_sale(english(), rule, at(row.sale)) == at(row.due));
    }
    rule.cut_off = hours{24};
    CHECK(due_of_sale(english(), rule, at("2018-06-14T23:59:59.999999Z")) ==
          at("2018-06-15T00:00:00Z"));
    rule.cut_off = hours{0};
    CHECK(due_of_sale(english(), rule, at("2018-06-14T00:00:00Z")) == at("2018-06-18T00:00:00Z"));
}

TEST_CASE("settlement: days and times of day are the zone's, the moment is UTC") {
    struct Row {
        int offset_minutes;
        const char* sale;
        const char* due;
    };
    const Row rows[] = {
        // The next day at 09:30 local.
        {180, "2018-06-14T20:59:59Z", "2018-06-15T06:30:00Z"},  // Nairobi, 23:59:59
        {180, "2018-06-14T21:00:00Z", "2018-06-16T06:30:00Z"},  // midnight
        {480, "2018-06-14T15:59:59Z", "2018-06-15T01:30:00Z"},  // Shanghai
        {480, "2018-06-14T16:00:00Z", "2018-06-16T01:30:00Z"},
        {-180, "2018-06-15T02:59:59Z", "2018-06-15T12:30:00Z"},  // São Paulo
        {-180, "2018-06-15T03:00:00Z", "2018-06-16T12:30:00Z"},
        {840, "2018-06-14T09:59:59Z", "2018-06-14T19:30:00Z"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.offset_minutes);
        CAPTURE(row.sale);
        Scheme scheme;
        scheme.zone_offset_minutes = static_cast<std::int16_t>(row.offset_minutes);
        SettlementRule rule = daily();
        rule.payout_at = hours{9} + minutes{30};
        CHECK(due_of_sale(scheme, rule, at(row.sale)) == at(row.due));
    }
}

TEST_CASE("settlement: a payout of the same day is later that day, or at once") {
    SettlementRule rule = lag(0, LagUnit::calendar);
    rule.payout_at = hours{18};
    CHECK(due_of_sale(english(), rule, at("2018-06-14T17:59:59.999999Z")) ==
          at("2018-06-14T18:00:00Z"));
    CHECK(due_of_sale(english(), rule, at("2018-06-14T18:00:00Z")) == at("2018-06-14T18:00:00Z"));
    CHECK(due_of_sale(english(), rule, at("2018-06-14T18:00:00.000001Z")) ==
          at("2018-06-14T18:00:00.000001Z"));
    rule.payout_at = minutes{0};
    CHECK(due_of_sale(english(), rule, at("2018-06-14T12:34:56Z")) == at("2018-06-14T12:34:56Z"));
}

TEST_CASE("settlement: the next one is the payout of a later day, and later than now") {
    SettlementRule calendar = daily();
    calendar.payout_at = hours{9};
    SettlementRule business = lag(1, LagUnit::business);
    business.payout_at = hours{9};
    struct Row {
        const SettlementRule* rule;
        const char* due;
        const char* now;
        const char* next;
    };
    const Row rows[] = {
        {&calendar, "2018-06-15T09:00:00Z", "2018-06-15T09:00:00Z", "2018-06-16T09:00:00Z"},
        {&calendar, "2018-06-15T12:00:00Z", "2018-06-15T12:00:00Z", "2018-06-16T09:00:00Z"},
        {&calendar, "2018-06-15T03:00:00Z", "2018-06-15T03:00:00Z", "2018-06-16T09:00:00Z"},
        {&business, "2018-06-15T09:00:00Z", "2018-06-15T09:00:00Z", "2018-06-18T09:00:00Z"},
        {&business, "2018-03-29T09:00:00Z", "2018-03-29T09:00:00Z", "2018-04-03T09:00:00Z"},
        // Settled late: not again at a moment that has passed.
        {&calendar, "2018-06-15T09:00:00Z", "2018-06-20T08:59:59.999999Z", "2018-06-20T09:00:00Z"},
        {&calendar, "2018-06-15T09:00:00Z", "2018-06-20T09:00:00Z", "2018-06-21T09:00:00Z"},
        {&calendar, "2018-06-15T09:00:00Z", "2018-06-20T23:00:00Z", "2018-06-21T09:00:00Z"},
        {&business, "2018-06-15T09:00:00Z", "2018-06-16T23:00:00Z", "2018-06-18T09:00:00Z"},
        {&business, "2018-06-14T09:00:00Z", "2018-06-15T09:00:00Z", "2018-06-18T09:00:00Z"},
    };
    for (const Row& row : rows) {
        CAPTURE(static_cast<int>(row.rule->lag_unit));
        CAPTURE(row.due);
        CAPTURE(row.now);
        CHECK(next_settlement(english(), *row.rule, at(row.due), at(row.now)) == at(row.next));
    }
}

TEST_CASE("settlement: the smallest payout is compared with what the scheme names") {
    SettlementRule net = daily();
    net.minimum_payout = 500'00;
    SettlementRule gross = net;
    gross.minimum_basis = MinimumBasis::before_fees;
    SettlementRule beside = gross;
    beside.refunds_netted = false;
    SettlementRule held = gross;
    held.reserve_basis_points = 1'000;
    held.reserve_days = 30;
    const auto carried_before_fees = [](std::int64_t sales, std::int64_t fees, std::int64_t carried,
                                        std::int64_t carried_fees) {
        Maturing maturing = sold(sales, 0, fees, carried);
        maturing.carried_fees = carried_fees;
        return maturing;
    };
    check_made({
        // WeChat Pay's notice of 2016: net sales of 500 are paid out, 497.00 of them after 0.6 %.
        {"500.00, net", net, sold(500'00, 0, 3'00), {.carried = 497'00}},
        {"500.00, before fees", gross, sold(500'00, 0, 3'00), {.paid_out = 497'00}},
        {"499.99, before fees", gross, sold(499'99, 0, 3'00), {.carried = 496'99}},
        {"503.02, net", net, sold(503'02, 0, 3'02), {.paid_out = 500'00}},
        {"503.01, net", net, sold(503'01, 0, 3'02), {.carried = 499'99}},
        {"refunds are off", gross, sold(500'01, 2, 3'00), {.carried = 496'99}},
        {"refunds beside",
         beside,
         sold(500'00, 2, 3'00),
         {.paid_out = 496'98, .collected_beside = 2}},
        {"reserve is off", held, sold(500'00, 0, 3'00), {.reserve = 50'00, .carried = 447'00}},
        {"fees carried with what they came off",
         gross,
         carried_before_fees(200'00, 1'20, 298'20, 1'80),
         {.paid_out = 497'00}},
        {"a fen less", gross, carried_before_fees(199'99, 1'20, 298'20, 1'80), {.carried = 496'99}},
        {"carried, but the net counts",
         net,
         carried_before_fees(200'00, 1'20, 298'20, 1'80),
         {.carried = 497'00}},
    });
}

TEST_CASE("settlement: what fell due less its fees is paid out, and the statement says all of it") {
    Maturing maturing = sold(100'000, 10'000, 600, -50);
    maturing.adjustments = 7;
    maturing.reserve = 40;
    const SettlementClosed closed = close(daily(), maturing);
    CHECK(closed.account == payable);
    CHECK(closed.due_at == us(monday));
    CHECK(closed.sales == 100'000);
    CHECK(closed.refunds == 10'000);
    CHECK(closed.fees == 600);
    CHECK(closed.adjustments == 7);
    CHECK(closed.reserve_released == 40);
    CHECK(closed.carried_in == -50);
    CHECK(closed.sales_count == 3);
    CHECK(closed.refunds_count == 2);
    CHECK(closed.paid_out == 89'397);
    CHECK(closed.reserve_held == 0);
    CHECK(closed.payout_fee == 0);
    CHECK(closed.carried_out == 0);
    CHECK(closed.reserve_due_at == 0);
    CHECK(closed.next_due_at == 0);
    CHECK_FALSE(bool{closed.payout});
    CHECK(adds_up(closed));
}

TEST_CASE("settlement: a payout has a least amount and a fee; what is less, or below zero, waits") {
    SettlementRule least = daily();
    least.minimum_payout = 50'000;  // WeChat Pay until August 2016: CNY 500
    SettlementRule priced = daily();
    priced.payout_fee = 25;
    SettlementRule both = least;
    both.payout_fee = 25;
    SettlementRule collecting = priced;
    collecting.negative_net = NegativeNet::collect;
    check_made({
        {"below the least", least, sold(49'999), {.carried = 49'999}},
        {"the least", least, sold(50'000), {.paid_out = 50'000}},
        {"with what was carried", least, sold(1, 0, 0, 49'999), {.paid_out = 50'000}},
        {"its fee is taken from it", both, sold(50'000), {.fee = 25, .paid_out = 49'975}},
        {"all of it the fee", priced, sold(25), {.carried = 25}},
        {"one above the fee", priced, sold(26), {.fee = 25, .paid_out = 1}},
        {"nothing", priced, sold(0), {}},
        {"refunds eat the sales up", priced, sold(500, 500), {}},
        {"below zero, carried", priced, sold(100, 500), {.carried = -400}},
        {"below zero, collected", collecting, sold(100, 500), {.paid_out = -400}},
        {"a debt is paid first", priced, sold(1'000, 0, 0, -400), {.fee = 25, .paid_out = 575}},
    });
}

TEST_CASE("settlement: a reserve is a part of the sales, as far as the net goes") {
    SettlementRule rule = daily();
    rule.reserve_basis_points = 1'000;
    rule.reserve_days = 30;
    check_made({
        {"half up", rule, sold(10'005), {.reserve = 1'001, .paid_out = 9'004}},
        {"not of the net", rule, sold(10'000, 5'000), {.reserve = 1'000, .paid_out = 4'000}},
        {"as far as the net goes", rule, sold(10'000, 9'700), {.reserve = 300}},
        {"none below zero", rule, sold(10'000, 10'001), {.carried = -1}},
    });
}

TEST_CASE("settlement: refunds that are not netted are collected beside the payout of the sales") {
    SettlementRule gross = daily();
    gross.payout_fee = 25;
    gross.refunds_netted = false;
    gross.minimum_payout = 1'000;
    SettlementRule collecting = gross;
    collecting.negative_net = NegativeNet::collect;
    check_made({
        {"beside",
         gross,
         sold(10'000, 4'000, 60),
         {.fee = 25, .paid_out = 5'915, .collected_beside = 4'000}},
        {"no refunds", gross, sold(10'000), {.fee = 25, .paid_out = 9'975}},
        {"the least looks at what is paid",
         gross,
         sold(1'000, 900),
         {.fee = 25, .paid_out = 75, .collected_beside = 900}},
        {"below the least", gross, sold(999, 100), {.carried = 899}},
        {"as much refunded as sold", gross, sold(5'000, 5'000), {}},
        {"a debt carried in is netted",
         gross,
         sold(10'000, 4'000, 0, -100),
         {.fee = 25, .paid_out = 5'875}},
        {"more refunds than sales", gross, sold(1'000, 4'000), {.carried = -3'000}},
        {"the same, collected",
         collecting,
         sold(1'000, 4'000),
         {.paid_out = -3'000, .collected_beside = 4'000}},
        {"fees above the sales", collecting, sold(10, 4'000, 60), {.paid_out = -4'050}},
    });
}

TEST_CASE("settlement: a reserve is released at the payout of the day its days are over") {
    SettlementRule rule = daily();
    rule.payout_at = hours{9};
    rule.reserve_basis_points = 500;
    rule.reserve_days = 5;
    const auto released = [&rule](std::string_view due) {
        const Timestamp time = at(due);
        return close_settlement(english(), rule, payable, time, sold(10'000), time).reserve_due_at;
    };
    CHECK(released("2018-06-18T09:00:00Z") == us(at("2018-06-23T09:00:00Z")));
    rule.lag_unit = LagUnit::business;
    CHECK(released("2018-06-18T09:00:00Z") == us(at("2018-06-25T09:00:00Z")));
    rule.reserve_days = 1;
    CHECK(released("2018-06-18T23:59:59Z") == us(at("2018-06-19T09:00:00Z")));
}

TEST_CASE("settlement: what cannot be paid out is carried as it is, whatever the rule") {
    SettlementRule rule = daily();
    rule.reserve_basis_points = 1'000;
    rule.reserve_days = 30;
    rule.payout_fee = 25;
    rule.negative_net = NegativeNet::collect;
    struct Row {
        Maturing maturing;
        std::int64_t carried_out;
    };
    const Row rows[] = {
        {sold(10'000, 300, 60), 9'640}, {sold(100, 500), -400}, {sold(500, 500), 0}};
    for (const Row& row : rows) {
        CAPTURE(row.carried_out);
        const SettlementClosed closed =
            carry_settlement(english(), rule, payable, monday, row.maturing, monday);
        CHECK(closed.carried_out == row.carried_out);
        CHECK(closed.paid_out == 0);
        CHECK(closed.payout_fee == 0);
        CHECK(closed.reserve_held == 0);
        CHECK(adds_up(closed));
        CHECK(closed.next_due_at ==
              (row.carried_out == 0 ? 0 : us(next_settlement(english(), rule, monday, monday))));
        CHECK(payout_flows(rule, closed) == PayoutFlows{});
    }
}
