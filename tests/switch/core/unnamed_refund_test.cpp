// Refunds that name no payment, in any number of parts: what comes back of the charges adds up.
#include "switch/core/rules/returned_fee.h"
#include "tests/switch/core/rules/merchant_books.h"

#include <boost/multiprecision/cpp_int.hpp>
#include <doctest/doctest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

using namespace tuma;
using namespace tuma::core;
using namespace tuma::testing;
using boost::multiprecision::cpp_rational;
using ledger::Purpose;

namespace {

constexpr std::int64_t credit_line = -1'000'000'000'00;

Scheme with_fee(FeeRule fee, ChargeReturn word = ChargeReturn::all, TaxRule tax = {}) {
    PaymentType type{.name = "pay", .purpose = Purpose::pay_merchant};
    fee.bearer = Bearer::payee;
    type.fees.push_back(std::move(fee));
    type.tax = tax;
    return scheme_of(std::move(type), word);
}

// 0.6 % half up, as WeChat Pay charges.
Scheme six_per_mille() {
    return with_fee({.basis_points = 60});
}

// A merchant's charges as fractions: nothing is ever rounded.
struct Exact {
    std::int64_t sold = 0;
    std::int64_t fees_kept = 0;
    std::int64_t taxes_kept = 0;
    cpp_rational fees;
    cpp_rational taxes;

    void sell(const std::vector<ledger::TransferRecord>& set) {
        sold += set.front().amount;
        for (const ledger::TransferRecord& charge : std::span{set}.subspan(1)) {
            const bool comes_back = charge.fate() == ledger::ChargeFate::comes_back;
            const bool is_tax = charge.purpose == Purpose::tax;
            if (comes_back)
                (is_tax ? taxes : fees) += charge.amount;
            else
                (is_tax ? taxes_kept : fees_kept) += charge.amount;
        }
    }
    void give_back(std::int64_t amount) {
        const std::int64_t left = sold - amount;
        fees *= cpp_rational(left, sold);
        taxes *= cpp_rational(left, sold);
        sold = left;
    }
};

// Half a minor unit, and a hair for what 2^-56 of one cannot tell.
bool is_near(std::int64_t found, const cpp_rational& exact) {
    static const cpp_rational bound = cpp_rational(1, 2) + cpp_rational(1, std::int64_t{1} << 31U);
    const cpp_rational off = found - exact;
    return found >= 0 && off <= bound && -off <= bound;
}

void check_near(const MerchantBooks& books, const Exact& exact) {
    const std::int64_t fees = books.balance("mall.fees") - exact.fees_kept;
    const std::int64_t taxes = books.balance("mall.tax") - exact.taxes_kept;
    REQUIRE(is_near(fees, exact.fees));
    REQUIRE(is_near(taxes, exact.taxes));
    const ledger::Taking taking = books.taking();
    REQUIRE(taking.sold == exact.sold);
    REQUIRE(taking.charged.fees.amount == fees);
    REQUIRE(taking.charged.taxes.amount == taxes);
}

}  // namespace

TEST_CASE("unnamed refund: 5,000 parts of 1.00 of 10,000.00 give back half of the fee, 30.00") {
    MerchantBooks books(six_per_mille());
    books.sell(Door::native_refund, 10'000'00);
    CHECK(books.own() == 60'00);
    for (std::int64_t part = 1; part <= 10'000; ++part) {
        REQUIRE(books.give_back(Door::native_refund, {}, 1'00) == Refusal::none);
        // To the unit what a refund that names the sale would have given back.
        REQUIRE(60'00 - books.own() == share_of_charge(60'00, part * 1'00, 10'000'00));
        if (part == 5'000) CHECK(books.own() == 30'00);
    }
    CHECK(books.own() == 0);
    CHECK(books.merchant() == 0);
    CHECK(books.taking() == ledger::Taking{});
    books.check();
}

TEST_CASE("unnamed refund: 20,000 parts of 0.07 give back 8.40, though none is worth a unit") {
    MerchantBooks books(six_per_mille());
    books.sell(Door::native_refund, 10'000'00);
    for (int part = 0; part < 20'000; ++part)
        REQUIRE(books.give_back(Door::native_refund, {}, 7) == Refusal::none);
    CHECK(60'00 - books.own() == 8'40);
    REQUIRE(books.give_back(Door::native_refund, {}, 10'000'00 - 20'000 * 7) == Refusal::none);
    CHECK(books.own() == 0);
    CHECK(books.merchant() == 0);
    books.check();
}

TEST_CASE("unnamed refund: orders that name no payment get their charges first, and as much") {
    MerchantBooks books(six_per_mille());
    books.sell(Door::native_refund, 42'00);
    for (std::int64_t part = 1; part <= 50; ++part) {
        const Door door = part % 2 == 0 ? Door::order_refund : Door::native_refund;
        REQUIRE(books.give_back(door, {}, 84) == Refusal::none);
        CHECK(25 - books.own() == share_of_charge(25, part * 84, 42'00));
    }
    CHECK(books.merchant() == 0);
    books.check();
}

// The table in switch/schemes/README.md.
TEST_CASE("unnamed refund: a sale in between counts from then on") {
    MerchantBooks books(six_per_mille());
    books.sell(Door::native_refund, 100'00);
    CHECK(books.own() == 60);
    const auto left_after = [&](std::int64_t amount) {
        REQUIRE(books.give_back(Door::native_refund, {}, amount) == Refusal::none);
        return books.own();
    };
    CHECK(left_after(1'00) == 59);
    CHECK(left_after(1'00) == 59);
    books.sell(Door::native_refund, 50'00);
    CHECK(books.own() == 89);
    CHECK(left_after(1'00) == 88);
    CHECK(left_after(147'00) == 0);
    books.check();
}

TEST_CASE("unnamed refund: what is taken back had taken its share along, not what was rounded") {
    // A part of 1.00 is worth 0.005 of the fee: of two, one gets 0.01 back and one nothing.
    for (const bool takes_back_first : {true, false}) {
        CAPTURE(takes_back_first);
        MerchantBooks books(with_fee({.basis_points = 50}), credit_line);
        books.sell(Door::native_refund, 1'000'00);
        for (int pair = 1; pair <= 500; ++pair) {
            TransferId refunds[2];
            for (TransferId& refund : refunds) {
                REQUIRE(books.give_back(Door::native_refund, {}, 1'00) == Refusal::none);
                refund = books.newest();
            }
            const Paid wrong{{}, refunds[takes_back_first ? 0 : 1]};
            REQUIRE(books.give_back(Door::reversal, wrong, 1'00) == Refusal::none);
            const std::int64_t share = share_of_charge(5'00, pair * 1'00, 1'000'00);
            REQUIRE(5'00 - books.own() >= share - 1);
            REQUIRE(5'00 - books.own() <= share + 1);
        }
        REQUIRE(books.give_back(Door::native_refund, {}, 500'00) == Refusal::none);
        CHECK(books.own() == 0);
        CHECK(books.taking() == ledger::Taking{});
        books.check();
    }
}

TEST_CASE("unnamed refund: a restart and a settlement in between change nothing") {
    MerchantBooks books(six_per_mille(), credit_line);
    books.sell(Door::native_refund, 10'000'00);
    for (std::int64_t part = 1; part <= 1'000; ++part) {
        REQUIRE(books.give_back(Door::native_refund, {}, 1'37) == Refusal::none);
        REQUIRE(60'00 - books.own() == share_of_charge(60'00, part * 1'37, 10'000'00));
        if (part % 250 == 0) books.restart();
        if (part == 600) books.pass(std::chrono::hours{48});
    }
    books.check();
}

namespace {

Scheme any_scheme(std::mt19937_64& random) {
    const auto below = [&](std::uint64_t bound) {
        return static_cast<std::int64_t>(random() % bound);
    };
    FeeRule fee{.basis_points = below(1'000), .flat = below(3) == 0 ? below(50) : 0};
    fee.rounding = static_cast<Rounding>(below(4));
    TaxRule tax{static_cast<TaxMode>(below(3)), 0, static_cast<Rounding>(below(4))};
    if (tax.mode != TaxMode::none) tax.basis_points = below(4'000);
    const ChargeReturn words[] = {ChargeReturn::all, ChargeReturn::percentage_only};
    Scheme scheme = with_fee(fee, words[below(2)], tax);
    scheme.reversal.tax = words[below(2)];
    return scheme;
}

}  // namespace

TEST_CASE("unnamed refund: in any order with sales, never a unit from the exact share") {
    std::mt19937_64 random(9);
    const auto up_to = [&](std::int64_t bound) {
        return 1 + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(bound));
    };
    for (int history = 0; history < 300; ++history) {
        CAPTURE(history);
        MerchantBooks books(any_scheme(random), credit_line);
        Exact exact;
        const std::int64_t largest_sale = std::int64_t{1} << up_to(30);
        const std::int64_t sales_in_hundred = up_to(60);
        for (int i = 0; i < 200; ++i) {
            if (exact.sold == 0 || up_to(100) <= sales_in_hundred) {
                const Paid sale = books.sell(Door::native_refund, up_to(largest_sale));
                if (sale.transfer) exact.sell(books.set_of(sale.transfer));
            } else {
                const std::int64_t part = up_to(up_to(4) == 1 ? exact.sold : exact.sold / 100 + 1);
                const Door door = up_to(2) == 1 ? Door::native_refund : Door::order_refund;
                REQUIRE(books.give_back(door, {}, part) == Refusal::none);
                exact.give_back(part);
            }
            check_near(books, exact);
        }
        if (exact.sold > 0)
            REQUIRE(books.give_back(Door::native_refund, {}, exact.sold) == Refusal::none);
        CHECK(books.balance("mall.fees") == exact.fees_kept);
        CHECK(books.balance("mall.tax") == exact.taxes_kept);
        CHECK(books.taking() == ledger::Taking{});
        books.check();
    }
}

TEST_CASE("unnamed refund: books of the rule before are read, and the rest comes back") {
    struct Row {
        std::int64_t part;
        int times;
        std::int64_t returned;
    };
    // Too much came back of the first, nothing of the second.
    const Row rows[] = {{1'00, 5'000, 35'00}, {7, 20'000, 0}};
    for (const Row& row : rows) {
        CAPTURE(row.part);
        MerchantBooks books(six_per_mille());
        books.sell(Door::native_refund, 10'000'00);
        books.give_back_as_before(row.part, row.times);
        const std::int64_t own = books.own();
        CHECK(60'00 - own == row.returned);
        books.check();
        // A share of what was left then, from there on.
        const std::int64_t sold = books.taking().sold;
        CHECK(sold == 10'000'00 - row.part * row.times);
        for (std::int64_t part = 1; part * 5'00 < sold; ++part) {
            REQUIRE(books.give_back(Door::native_refund, {}, 5'00) == Refusal::none);
            const std::int64_t share = share_of_charge(own, part * 5'00, sold);
            REQUIRE(own - books.own() >= share - 1);
            REQUIRE(own - books.own() <= share + 1);
        }
        REQUIRE(books.give_back(Door::native_refund, {}, books.taking().sold) == Refusal::none);
        CHECK(books.own() == 0);
        CHECK(books.merchant() == 0);
        CHECK(books.taking() == ledger::Taking{});
        books.check();
    }
}
