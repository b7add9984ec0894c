// What was paid today, this month, this year and ever; reservations; and days of other zones.
#include "ledger/state/limit_counters.h"

#include "tests/support/words.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

using namespace tuma;
using namespace tuma::ledger;
using namespace tuma::testing;

namespace {

using std::chrono::sys_days;
using namespace std::chrono_literals;

constexpr AccountId payer{7};
constexpr AccountId stranger{8};
constexpr AccountId merchant{9};

Timestamp at(const char* text) {
    return *parse_timestamp(text);
}

SchemeLoaded scheme(std::int16_t offset_minutes) {
    SchemeLoaded loaded;
    loaded.head.id = SchemeId{1};
    loaded.head.name = identity("mpesa-kenya");
    loaded.head.scheme_version = identity("1");
    loaded.head.zone_offset_minutes = static_cast<std::uint16_t>(offset_minutes);
    return loaded;
}

// LimitCounters of a payer under a scheme; the stranger is under none.
struct Payments {
    explicit Payments(std::int16_t offset_minutes = 180) {
        terms.apply(scheme(offset_minutes));
        AccountOpened opened;
        opened.id = payer;
        opened.scheme = SchemeId{1};
        opened.identity = identity("payer");
        terms.apply(opened);
    }

    TransferId add(TransferKind kind, std::int64_t amount, Timestamp time,
                   Purpose purpose = Purpose::transfer, TransferId subject = {},
                   AccountId debit = payer) {
        TransferRecord record;
        record.id = TransferId{++count};
        record.kind = kind;
        record.purpose = purpose;
        record.amount = amount;
        record.subject = subject;
        record.debit = debit;
        record.credit = merchant;
        limit_counters.apply(record, terms, time);
        return record.id;
    }
    TransferId pay(std::int64_t amount, const char* time, Purpose purpose = Purpose::transfer) {
        return add(TransferKind::posted, amount, at(time), purpose);
    }
    LimitCounter on(const char* time) const {
        return limit_counters.find(payer).on(local_day(at(time), 180));
    }

    Terms terms;
    LimitCounters limit_counters;
    std::uint64_t count = 0;
};

std::vector<std::int64_t> sums(const LimitCounter& counter) {
    return {counter.of_day, counter.of_month, counter.of_year, counter.of_life, counter.withdrawn};
}

using Sums = std::vector<std::int64_t>;

}  // namespace

TEST_CASE("counter: a day ends at midnight of the scheme's zone") {
    struct Row {
        const char* time;
        std::int16_t offset_minutes;
        const char* day;
    };
    const Row rows[] = {
        {"2024-02-28T20:59:59.999999Z", 180, "2024-02-28T00:00:00Z"},
        {"2024-02-28T21:00:00Z", 180, "2024-02-29T00:00:00Z"},
        {"2024-02-28T23:59:59Z", 0, "2024-02-28T00:00:00Z"},
        {"2024-12-31T16:00:00Z", 480, "2025-01-01T00:00:00Z"},
        {"2024-01-01T02:59:59Z", -180, "2023-12-31T00:00:00Z"},
        {"2024-01-01T03:00:00Z", -180, "2024-01-01T00:00:00Z"},
        {"1969-12-31T23:00:00Z", 30, "1969-12-31T00:00:00Z"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.time);
        CAPTURE(row.offset_minutes);
        CHECK(Timestamp{local_day(at(row.time), row.offset_minutes)} == at(row.day));
    }
}

TEST_CASE("counter: day, month and year begin anew by the local calendar, a life never does") {
    Payments payments;
    payments.pay(100, "2023-12-31T20:00:00Z");
    CHECK(sums(payments.on("2023-12-31T20:00:00Z")) == Sums{100, 100, 100, 100, 0});
    // Half past midnight in Nairobi, still the old year in UTC.
    payments.pay(20, "2023-12-31T21:30:00Z");
    CHECK(sums(payments.on("2023-12-31T21:30:00Z")) == Sums{20, 20, 20, 120, 0});
    payments.pay(3, "2024-01-31T10:00:00Z");
    CHECK(sums(payments.on("2024-01-31T10:00:00Z")) == Sums{3, 23, 23, 123, 0});
    CHECK(sums(payments.on("2024-02-01T10:00:00Z")) == Sums{0, 0, 23, 123, 0});
    CHECK(sums(payments.on("2025-01-31T10:00:00Z")) == Sums{0, 0, 0, 123, 0});
    payments.pay(4, "2025-01-31T10:00:00Z");
    CHECK(sums(payments.on("2025-01-31T10:00:00Z")) == Sums{4, 4, 4, 127, 0});
}

TEST_CASE("counter: the same month of another year is another month") {
    Payments payments;
    payments.pay(100, "2023-05-10T10:00:00Z");
    CHECK(sums(payments.on("2024-05-10T10:00:00Z")) == Sums{0, 0, 0, 100, 0});
}

TEST_CASE("counter: what counts, and what of it is withdrawn, depends on the purpose") {
    struct Row {
        Purpose purpose;
        bool counts;
        bool withdraws;
    };
    const Row rows[] = {
        {Purpose::issue, false, false},   {Purpose::redeem, true, true},
        {Purpose::deposit, false, false}, {Purpose::withdraw, true, true},
        {Purpose::transfer, true, false}, {Purpose::pay_merchant, true, false},
        {Purpose::adjust, false, false},  {Purpose::fee, false, false},
        {Purpose::tax, false, false},     {Purpose::commission, false, false},
        {Purpose::refund, false, false},  {Purpose::disburse, true, false},
        {Purpose::payout, false, false},  {Purpose::bank_transfer, false, false},
    };
    CHECK(std::size(rows) == static_cast<std::size_t>(Purpose::bank_transfer));
    for (const Row& row : rows) {
        CAPTURE(name(row.purpose));
        CHECK(counts_as_paid(row.purpose) == row.counts);
        Payments payments;
        payments.pay(50, "2024-03-01T10:00:00Z", row.purpose);
        const LimitCounter counter = payments.on("2024-03-01T10:00:00Z");
        CHECK(counter.of_day == (row.counts ? 50 : 0));
        CHECK(counter.withdrawn == (row.withdraws ? 50 : 0));
    }
}

TEST_CASE(
    "counter: only who pays under a scheme is counted, and nothing is given back by a "
    "reversal") {
    Payments payments;
    const TransferId paid = payments.pay(50, "2024-03-01T10:00:00Z");
    payments.add(TransferKind::reversed, 50, at("2024-03-01T11:00:00Z"), Purpose::transfer, paid,
                 merchant);
    payments.add(TransferKind::reversed, 50, at("2024-03-01T11:00:00Z"), Purpose::transfer, paid,
                 payer);
    payments.add(TransferKind::posted, 9, at("2024-03-01T11:00:00Z"), Purpose::transfer, {},
                 stranger);
    CHECK(payments.on("2024-03-01T12:00:00Z").of_day == 50);
    CHECK(payments.limit_counters.find(stranger) == LimitCounter{});
    CHECK(payments.limit_counters.find(merchant) == LimitCounter{});
}

TEST_CASE(
    "counter: a reservation counts when it is made, and what is given back leaves the sums "
    "that it is in") {
    struct Row {
        const char* what;
        TransferKind end;
        std::int64_t amount;
        const char* ended;
        Sums after;  ///< on the day of the end
    };
    // 100 reserved on 30 December, 1 paid on the same day, 2 paid just before the end.
    const Row rows[] = {
        {"settled in full",
         TransferKind::settled,
         100,
         "2023-12-30T20:00:00Z",
         {103, 103, 103, 103, 100}},
        {"settled in part the same day",
         TransferKind::settled,
         60,
         "2023-12-30T20:00:00Z",
         {63, 63, 63, 63, 60}},
        {"released the same day",
         TransferKind::released,
         100,
         "2023-12-30T20:00:00Z",
         {3, 3, 3, 3, 0}},
        {"expired the next day",
         TransferKind::expired,
         100,
         "2023-12-31T20:00:00Z",
         {2, 3, 3, 3, 0}},
        {"settled in part the next day",
         TransferKind::settled,
         60,
         "2023-12-31T20:00:00Z",
         {2, 63, 63, 63, 60}},
        {"expired the next year",
         TransferKind::expired,
         100,
         "2024-01-01T10:00:00Z",
         {2, 2, 2, 3, 0}},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        Payments payments;
        const TransferId held = payments.add(TransferKind::reserved, 100,
                                             at("2023-12-30T10:00:00Z"), Purpose::withdraw);
        payments.pay(1, "2023-12-30T11:00:00Z");
        CHECK(sums(payments.on("2023-12-30T11:00:00Z")) == Sums{101, 101, 101, 101, 100});
        payments.pay(2, row.ended);
        payments.add(row.end, row.amount, at(row.ended), Purpose::withdraw, held);
        CHECK(sums(payments.on(row.ended)) == row.after);
    }
}

TEST_CASE("counter: given back when nobody has paid since, it is gone from the last sums too") {
    Payments payments;
    const TransferId held = payments.add(TransferKind::reserved, 100, at("2024-03-01T10:00:00Z"));
    payments.add(TransferKind::expired, 100, at("2024-03-05T10:00:00Z"), Purpose::transfer, held);
    CHECK(sums(payments.on("2024-03-01T10:00:00Z")) == Sums{0, 0, 0, 0, 0});
    CHECK(sums(payments.on("2024-03-05T10:00:00Z")) == Sums{0, 0, 0, 0, 0});
}

TEST_CASE("counter: a zone that moves west does not open the day before again") {
    Payments payments;
    payments.pay(100, "2024-03-01T22:00:00Z");  // 2 March, one o'clock in Nairobi
    payments.terms.apply(scheme(0));
    payments.pay(20, "2024-03-01T23:00:00Z");  // 1 March in London
    const LimitCounter counter = payments.limit_counters.find(payer);
    CHECK(sums(counter) == Sums{120, 120, 120, 120, 0});
    CHECK(counter.day == sys_days{2024y / 3 / 2}.time_since_epoch().count());
    CHECK(counter.on(sys_days{2024y / 3 / 1}) == counter);
    CHECK(sums(counter.on(sys_days{2024y / 3 / 3})) == Sums{0, 120, 120, 120, 0});
}

namespace {

// The model: everything that was paid, with its day; what is given back is taken out.
struct Model {
    struct Paid {
        sys_days day;
        std::int64_t amount = 0;
    };

    void pay(std::uint64_t id, sys_days day, std::int64_t amount) { paid[id] = {day, amount}; }
    Sums sums(sys_days today) const {
        const std::chrono::year_month_day now{today};
        Sums of{0, 0, 0, 0, 0};
        for (const auto& [id, one] : paid) {
            const std::chrono::year_month_day then{one.day};
            if (one.day == today) of[0] += one.amount;
            if (then.year() == now.year() && then.month() == now.month()) of[1] += one.amount;
            if (then.year() == now.year()) of[2] += one.amount;
            of[3] += one.amount;
        }
        return of;
    }

    std::map<std::uint64_t, Paid> paid;
};

LimitCounters saved_and_loaded(const LimitCounters& limit_counters) {
    Bytes bytes;
    limit_counters.save(bytes);
    LimitCounters again;
    again.load(bytes);
    RC_ASSERT(bytes.is_empty());
    RC_ASSERT(bytes_of(again) == bytes_of(limit_counters));
    return again;
}

}  // namespace

TEST_CASE("counter: equals a model that remembers every payment, saved and loaded at any time") {
    CHECK(rc::check("any days", [] {
        Payments payments;
        Model model;
        std::vector<std::pair<TransferId, std::int64_t>> open;
        Timestamp now = at("2023-10-01T00:00:00Z");
        const auto count = *rc::gen::inRange(1, 120);
        for (int i = 0; i < count; ++i) {
            now += std::chrono::hours{*rc::gen::inRange(0, 40)};
            const sys_days today = local_day(now, 180);
            const std::int64_t amount = *rc::gen::inRange(1, 1'000);
            const int what = *rc::gen::inRange(0, 4);
            if (what == 0) {
                model.pay(payments.add(TransferKind::posted, amount, now).value, today, amount);
            } else if (what == 1 || open.empty()) {
                const TransferId id = payments.add(TransferKind::reserved, amount, now);
                model.pay(id.value, today, amount);
                open.emplace_back(id, amount);
            } else {
                const auto [id, reserved] = open.back();
                open.pop_back();
                const bool settles = what == 2;
                const std::int64_t kept = settles ? std::min(amount, reserved) : 0;
                payments.add(settles ? TransferKind::settled : TransferKind::expired,
                             settles ? kept : reserved, now, Purpose::transfer, id);
                model.paid.at(id.value).amount = kept;
            }
            if (i % 10 == 0) payments.limit_counters = saved_and_loaded(payments.limit_counters);
            RC_ASSERT(sums(payments.limit_counters.find(payer).on(today)) == model.sums(today));
        }
    }));
}

TEST_CASE("counter: a saved value that makes no sense is an error") {
    Payments payments;
    payments.pay(30, "2024-02-29T10:00:00Z", Purpose::withdraw);
    payments.add(TransferKind::reserved, 10, at("2024-02-29T10:00:00Z"));
    const std::vector<std::byte> good = bytes_of(payments.limit_counters);
    REQUIRE(good.size() == 8 + 64 + 8 + 24);
    struct Row {
        const char* what;
        std::size_t offset;
        int value;
    };
    const Row rows[] = {
        {"no account", 8, 0},
        {"reserved", 8 + 4, 1},
        {"another month", 8 + 12, 0},
        {"another year", 8 + 16, 0},
        {"counter reserved", 8 + 20, 1},
        {"more in a day than in its month", 8 + 24, 41},
        {"more in a month than in its year", 8 + 32, 41},
        {"more in a year than ever", 8 + 40, 41},
        {"below zero", 8 + 24 + 7, 0x80},
        {"more withdrawn than paid", 8 + 56, 41},
        {"no reservation", 8 + 64 + 8, 0},
        {"reservation of somebody unknown", 8 + 64 + 8 + 8, 8},
        {"reserved tomorrow", 8 + 64 + 8 + 12, 0xFF},
        {"nothing reserved", 8 + 64 + 8 + 16, 0},
        {"more reserved than paid", 8 + 64 + 8 + 16, 41},
    };
    const auto load = [](const std::vector<std::byte>& content) {
        Bytes bytes;
        bytes.content = content;
        LimitCounters limit_counters;
        limit_counters.load(bytes);
    };
    CHECK_NOTHROW(load(good));
    for (const Row& row : rows) {
        CAPTURE(row.what);
        std::vector<std::byte> bytes = good;
        bytes[row.offset] = static_cast<std::byte>(row.value);
        CHECK_THROWS_WITH_AS(load(bytes), doctest::Contains("makes no sense"), StateError);
    }
    for (std::size_t size = 0; size < good.size(); ++size) {
        CAPTURE(size);
        CHECK_THROWS_AS(load({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}),
                        StateError);
    }
}
