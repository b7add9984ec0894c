// What of a payment's charges comes back with it: stories with numbers, then any history.
#include "switch/core/rules/returned_fee.h"

#include "tests/switch/core/rules/merchant_books.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace tuma;
using namespace tuma::core;
using namespace tuma::testing;
using ledger::Purpose;

namespace {

constexpr std::int64_t credit_line = -1'000'000'000;

// 0.6 % half up, as WeChat Pay charges.
Scheme six_per_mille(ChargeReturn word = ChargeReturn::all) {
    PaymentType type{.name = "pay", .purpose = Purpose::pay_merchant};
    type.fees.push_back({.bearer = Bearer::payee, .basis_points = 60});
    return scheme_of(std::move(type), word);
}

// 2.9 % and 0.30, as card acquirers charge.
Scheme rate_and_flat(ChargeReturn word) {
    PaymentType type{.name = "pay", .purpose = Purpose::pay_merchant};
    type.fees.push_back({.bearer = Bearer::payee, .basis_points = 290, .flat = 30});
    return scheme_of(std::move(type), word);
}

}  // namespace

TEST_CASE("returned fee: the share of a charge grows with what has gone back, up to all of it") {
    struct Row {
        std::int64_t charged;
        std::int64_t gone_back;
        std::int64_t paid;
        std::int64_t share;
    };
    const Row rows[] = {
        {25, 0, 4'200, 0},
        {25, 84, 4'200, 1},
        {25, 168, 4'200, 1},
        {25, 252, 4'200, 2},
        {25, 4'116, 4'200, 25},
        {25, 4'200, 4'200, 25},
        {1, 49, 100, 0},
        {1, 50, 100, 1},
        {1, 100, 100, 1},
        {0, 50, 100, 0},
        {3, 1, 2, 2},
        {1'000'000'000'000'000, 333, 1'000, 333'000'000'000'000},
        {1'000'000'000'000'000, 999'999'999'999'999, 1'000'000'000'000'000, 999'999'999'999'999},
    };
    for (const Row& row : rows) {
        CAPTURE(row.charged);
        CAPTURE(row.gone_back);
        CHECK(share_of_charge(row.charged, row.gone_back, row.paid) == row.share);
    }
}

TEST_CASE("returned fee: fifty parts of 42.00 get 0.25 back, by every door") {
    for (const Door door : all_doors) {
        CAPTURE(static_cast<int>(door));
        MerchantBooks books(six_per_mille());
        const Paid sale = books.sell(door, 42'00);
        CHECK(books.own() == 25);
        std::int64_t before = 25;
        for (int part = 1; part <= 50; ++part) {
            REQUIRE(books.give_back(door, sale, 84) == Refusal::none);
            CHECK(books.own() >= 0);
            CHECK(books.own() <= before);
            before = books.own();
        }
        CHECK(books.own() == 0);
        CHECK(books.merchant() == 0);
        books.check();
    }
}

TEST_CASE("returned fee: two halves of 1.00 get the whole 0.01 back, by every door") {
    for (const Door door : all_doors) {
        CAPTURE(static_cast<int>(door));
        MerchantBooks books(six_per_mille());
        const Paid sale = books.sell(door, 1'00);
        REQUIRE(books.give_back(door, sale, 50) == Refusal::none);
        REQUIRE(books.give_back(door, sale, 50) == Refusal::none);
        CHECK(books.own() == 0);
        CHECK(books.merchant() == 0);
        CHECK(books.give_back(door, sale, 1) != Refusal::none);
        books.check();
    }
}

TEST_CASE("returned fee: a merchant's only sale goes back whole, by every door") {
    for (const Door door : all_doors) {
        CAPTURE(static_cast<int>(door));
        MerchantBooks books(six_per_mille());
        const Paid sale = books.sell(door, 42'00);
        REQUIRE(books.give_back(door, sale, 42'00) == Refusal::none);
        CHECK(books.own() == 0);
        CHECK(books.merchant() == 0);
        books.check();
    }
}

TEST_CASE("returned fee: several refunds of one batch count one after the other") {
    for (const Door door : all_doors) {
        CAPTURE(static_cast<int>(door));
        MerchantBooks books(six_per_mille());
        const Paid sale = books.sell(door, 42'00);
        const auto refusals =
            books.give_back_at_once(door, sale, {10'00, 1, 1, 1, 15'99, 15'98, 1});
        CHECK(std::count(refusals.begin(), refusals.end(), Refusal::none) == 6);
        CHECK(refusals.back() != Refusal::none);
        CHECK(books.own() == 0);
        CHECK(books.merchant() == 0);
        books.check();
    }
}

TEST_CASE("returned fee: a scheme says what comes back") {
    struct Row {
        ChargeReturn word;
        std::int64_t kept_after_half;
        std::int64_t kept;
    };
    // 2.9 % of 100.00 and 0.30.
    const Row rows[] = {{ChargeReturn::all, 160, 0},
                        {ChargeReturn::percentage_only, 175, 30},
                        {ChargeReturn::nothing, 320, 320}};
    for (const Door door : {Door::order_refund, Door::reversal}) {
        for (const Row& row : rows) {
            CAPTURE(static_cast<int>(door));
            CAPTURE(static_cast<int>(row.word));
            MerchantBooks books(rate_and_flat(row.word));
            books.sell(Door::native_refund, 10'00);
            const std::int64_t other = books.own();
            const Paid sale = books.sell(door, 100'00);
            CHECK(books.own() - other == 320);
            REQUIRE(books.give_back(door, sale, 50'00) == Refusal::none);
            CHECK(books.own() - other == row.kept_after_half);
            REQUIRE(books.give_back(door, sale, 50'00) == Refusal::none);
            CHECK(books.own() - other == row.kept);
            books.check();
        }
    }
}

TEST_CASE("returned fee: a refund that names no payment gets its share of all charges left") {
    MerchantBooks books(rate_and_flat(ChargeReturn::percentage_only), credit_line);
    books.sell(Door::native_refund, 10'00);
    const Paid sale = books.sell(Door::native_refund, 100'00);
    CHECK(books.own() == 59 + 320);
    REQUIRE(books.give_back(Door::native_refund, sale, 55'00) == Refusal::none);
    CHECK(books.own() == 59 + 320 - 160);  // half of 0.29 + 2.90, half up
    REQUIRE(books.give_back(Door::native_refund, sale, 55'00) == Refusal::none);
    CHECK(books.own() == 60);
    books.check();
}

TEST_CASE("returned fee: before the settlement all comes back, after it nothing more") {
    for (const Door door : {Door::order_refund, Door::reversal}) {
        CAPTURE(static_cast<int>(door));
        MerchantBooks books(six_per_mille(ChargeReturn::before_settlement));
        const Paid sale = books.sell(door, 42'00);
        books.sell(door, 1'000'00);
        REQUIRE(books.give_back(door, sale, 21'00) == Refusal::none);
        CHECK(books.own() == 600 + 12);
        books.pass(std::chrono::hours{48});
        books.sell(door, 1'000'00);
        REQUIRE(books.give_back(door, sale, 21'00) == Refusal::none);
        CHECK(books.own() == 1'200 + 12);
        books.check();
    }
}

TEST_CASE("returned fee: after the settlement and a restart the rest still comes back") {
    for (const Door door : all_doors) {
        CAPTURE(static_cast<int>(door));
        MerchantBooks books(six_per_mille(), credit_line);
        const Paid sale = books.sell(door, 42'00);
        REQUIRE(books.give_back(door, sale, 20'00) == Refusal::none);
        books.pass(std::chrono::hours{48});
        books.restart();
        REQUIRE(books.give_back(door, sale, 22'00) == Refusal::none);
        CHECK(books.own() == 0);
        books.check();
    }
}

TEST_CASE("returned fee: books of the version before are read, and their refunds count") {
    for (const Door door : all_doors) {
        CAPTURE(static_cast<int>(door));
        MerchantBooks books(six_per_mille());
        const Paid sale = books.sell(door, 42'00);
        for (int part = 0; part < 25; ++part)
            REQUIRE(books.give_back(door, sale, 84) == Refusal::none);
        const std::int64_t own = books.own();
        CHECK((own == 12 || own == 13));
        books.make_old();
        CHECK(books.own() == own);
        books.check();
        for (int part = 0; part < 25; ++part) {
            REQUIRE(books.give_back(door, sale, 84) == Refusal::none);
            if (part == 10) books.restart();
        }
        CHECK(books.own() == 0);
        CHECK(books.merchant() == 0);
        CHECK(books.give_back(door, sale, 1) != Refusal::none);
        books.check();
    }
}

TEST_CASE("returned fee: a newer version of the scheme changes nothing of what was charged") {
    for (const ChargeReturn newer : {ChargeReturn::nothing, ChargeReturn::percentage_only}) {
        for (const Door door : {Door::order_refund, Door::reversal}) {
            CAPTURE(static_cast<int>(door));
            MerchantBooks books(rate_and_flat(ChargeReturn::all));
            const Paid sale = books.sell(door, 100'00);
            REQUIRE(books.give_back(door, sale, 30'00) == Refusal::none);
            Scheme second = rate_and_flat(newer);
            second.version = "2";
            second.types.front().fees.front().basis_points = 900;
            books.load(second);
            REQUIRE(books.give_back(door, sale, 70'00) == Refusal::none);
            CHECK(books.own() == 0);
            CHECK(books.merchant() == 0);
            books.check();
        }
    }
}

TEST_CASE("returned fee: tax and commission come back by words of their own") {
    PaymentType type{.name = "pay", .purpose = Purpose::pay_merchant};
    type.fees.push_back({.bearer = Bearer::payee, .basis_points = 100});
    type.fees.push_back({.bearer = Bearer::payer, .flat = 50});
    type.tax = {TaxMode::on_top, 2'000};
    type.commission = FeeRule{.basis_points = 30};
    Scheme scheme = scheme_of(std::move(type), ChargeReturn::all);
    scheme.reversal.tax = ChargeReturn::nothing;
    for (const Door door : {Door::order_refund, Door::reversal}) {
        for (const ChargeReturn word : {ChargeReturn::all, ChargeReturn::nothing}) {
            CAPTURE(static_cast<int>(door));
            scheme.reversal.commission = word;
            MerchantBooks books(scheme, credit_line);
            const Paid sale = books.sell(door, 100'00);
            CHECK(books.balance("mall.fees") == 100 + 50 - 30);
            CHECK(books.balance("mall.tax") == 20 + 10);
            CHECK(books.balance("mall.commission") == 30);
            REQUIRE(books.give_back(door, sale, 33'33) == Refusal::none);
            CHECK(books.balance("mall.tax") == 30);
            REQUIRE(books.give_back(door, sale, 66'67 - 1) == Refusal::none);
            CHECK(books.balance("mall.commission") == (word == ChargeReturn::all ? 0 : 30));
            CHECK(books.balance("mall.fees") == (word == ChargeReturn::all ? 0 : -30));
            books.check();
        }
    }
}

TEST_CASE("own funds: what would bring them below zero is refused, unless the scheme allows it") {
    for (const bool may_be_short : {false, true}) {
        CAPTURE(may_be_short);
        Scheme scheme = six_per_mille();
        scheme.own_funds_may_be_short = may_be_short;
        MerchantBooks books(scheme);
        const Paid sale = books.sell(Door::reversal, 42'00);
        const auto swept = books.move(Purpose::redeem, "mall.fees", "mall.trust", 25);
        CHECK(swept == Refusal::none);
        const Refusal expected = may_be_short ? Refusal::none : Refusal::own_funds_insufficient;
        CHECK(books.move(Purpose::redeem, "mall.fees", "mall.trust", 1) == expected);
        CHECK(books.give_back(Door::reversal, sale, 42'00) == expected);
        books.check();
    }
}

namespace {

FeeRule any_rule(std::mt19937_64& random) {
    const auto below = [&](std::int64_t bound) {
        return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(bound));
    };
    FeeRule rule;
    rule.bearer = below(4) == 0 ? Bearer::payer : Bearer::payee;
    rule.rounding = static_cast<Rounding>(below(4));
    if (below(4) == 0) {
        std::int64_t up_to = 0;
        for (std::int64_t bands = 1 + below(4); bands > 0; --bands)
            rule.bands.push_back({up_to += 1 + below(3'000), below(300)});
        rule.bands.push_back({1'000'000'000, below(300)});
        return rule;
    }
    rule.basis_points = below(1'000);
    if (below(2) == 0) rule.flat = below(200);
    if (below(3) == 0) rule.minimum = below(300);
    if (below(3) == 0) rule.cap = rule.minimum + below(500);
    if (below(5) == 0) rule.free_up_to = below(3'000);
    return rule;
}

Scheme any_scheme(std::mt19937_64& random) {
    PaymentType type{.name = "pay", .purpose = Purpose::pay_merchant};
    for (std::uint64_t fees = 1 + random() % fees_per_type_max; fees > 0; --fees)
        type.fees.push_back(any_rule(random));
    type.tax = {static_cast<TaxMode>(random() % 3), 0, static_cast<Rounding>(random() % 4)};
    if (type.tax.mode != TaxMode::none)
        type.tax.basis_points = static_cast<std::int64_t>(random() % 4'000);
    if (random() % 2 == 0) type.commission = any_rule(random);
    Scheme scheme = scheme_of(std::move(type), static_cast<ChargeReturn>(random() % 4));
    scheme.reversal.tax = static_cast<ChargeReturn>(random() % 4);
    scheme.reversal.commission = static_cast<ChargeReturn>(random() % 4);
    return scheme;
}

// What is wrong with what has come back of each charge of a sale by now; empty when nothing is.
std::string fault_of(const MerchantBooks& books, const Paid& sale, std::int64_t gone_back,
                     bool is_settled, std::vector<std::int64_t>& before) {
    __extension__ using Wide = __int128;
    const auto& set = books.set_of(sale.transfer);
    before.resize(set.size());
    for (std::size_t i = 1; i < set.size(); ++i) {
        const std::int64_t returned = books.returned(set[i].id);
        const std::int64_t last = std::exchange(before[i], returned);
        if (returned < last) return "less has come back than before";
        if (returned > set[i].amount) return "more has come back than was charged";
        const bool comes = set[i].fate() == ledger::ChargeFate::comes_back ||
                           (set[i].fate() == ledger::ChargeFate::until_settled && !is_settled);
        if (!comes && returned != last) return "what stays has come back";
        if (!comes) continue;
        if (gone_back == set[0].amount && returned != set[i].amount) return "not all has come back";
        const Wide off = Wide{returned} * set[0].amount - Wide{set[i].amount} * gone_back;
        if (2 * (off < 0 ? -off : off) > set[0].amount) return "it is not the share";
    }
    return books.own() < 0 ? "own funds are short" : "";
}

// One sale, given back in parts by chance until nothing is left or nobody wants more.
void live_through(MerchantBooks& books, std::mt19937_64& random) {
    const Door door = random() % 2 == 0 ? Door::order_refund : Door::reversal;
    const std::int64_t amount = 1 + static_cast<std::int64_t>(random() % 20'000);
    const Paid sale = books.sell(door, amount);
    if (!sale.transfer) return;
    std::int64_t left = amount;
    std::vector<std::int64_t> before;
    bool is_settled = false;
    while (left > 0 && random() % 12 != 0) {
        if (random() % 100 == 0) {
            books.pass(std::chrono::hours{48});
            is_settled = true;
        }
        const auto part =
            random() % 3 == 0
                ? left
                : 1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(left));
        REQUIRE(books.give_back(door, sale, part) == Refusal::none);
        left -= part;
        const std::string fault = fault_of(books, sale, amount - left, is_settled, before);
        REQUIRE(fault == "");
    }
}

// So many sales under schemes by chance, of which newer versions come now and then.
void live_through_many(std::uint64_t seed, std::size_t histories) {
    std::mt19937_64 random(seed);
    for (std::size_t lived = 0; lived < histories;) {
        CAPTURE(lived);
        MerchantBooks books(any_scheme(random), credit_line);
        for (int i = 0; i < 500; ++i, ++lived) {
            live_through(books, random);
            if (random() % 100 != 0) continue;
            Scheme newer = any_scheme(random);
            newer.version = std::to_string(lived);
            books.load(newer);
        }
        books.check();
    }
}

}  // namespace

// 100,000 histories in four parts, which can run side by side.
TEST_CASE("returned fee: no history returns more than was charged, or keeps more; first part") {
    live_through_many(1, 25'000);
}
TEST_CASE("returned fee: no history returns more than was charged, or keeps more; second part") {
    live_through_many(2, 25'000);
}
TEST_CASE("returned fee: no history returns more than was charged, or keeps more; third part") {
    live_through_many(3, 25'000);
}
TEST_CASE("returned fee: no history returns more than was charged, or keeps more; fourth part") {
    live_through_many(4, 25'000);
}

TEST_CASE(
    "returned fee: refunds that name no payment never get more than the merchant was charged") {
    std::mt19937_64 random(7);
    for (int town = 0; town < 200; ++town) {
        CAPTURE(town);
        MerchantBooks books(any_scheme(random), credit_line);
        std::int64_t sold = 0;
        for (int i = 0; i < 40; ++i) {
            if (sold == 0 || random() % 2 == 0) {
                const std::int64_t amount = 1 + static_cast<std::int64_t>(random() % 20'000);
                if (books.sell(Door::native_refund, amount).transfer) sold += amount;
            } else {
                const auto part =
                    1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(sold));
                if (books.give_back(Door::native_refund, {}, part) == Refusal::none) sold -= part;
            }
            REQUIRE(books.own() >= 0);
        }
        const std::int64_t own = books.own();
        if (sold > 0) REQUIRE(books.give_back(Door::native_refund, {}, sold) == Refusal::none);
        CHECK(books.own() <= own);
        CHECK(books.taking() == ledger::Taking{});
        books.check();
    }
}
