// What merchants take and were charged, record by record, where nobody keeps to the rule.
#include "ledger/state/takings.h"

#include "tests/support/words.h"

#include <boost/multiprecision/cpp_int.hpp>
#include <doctest/doctest.h>

#include <array>
#include <limits>
#include <random>
#include <vector>

using namespace tuma;
using namespace tuma::ledger;
using namespace tuma::testing;
using boost::multiprecision::cpp_int;

namespace {

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
constexpr AccountId shop{5};
constexpr AccountId customer{7};
constexpr AccountId income{8};
// Of a minor unit.
constexpr std::int64_t half = std::int64_t{1} << 55U;

struct Shop {
    Shop() {
        SchemeLoaded loaded;
        loaded.head.id = SchemeId{1};
        loaded.head.name = identity("mall");
        loaded.head.scheme_version = identity("1");
        terms.apply(loaded);
        AccountOpened opened;
        opened.id = shop;
        opened.kind = AccountKind::settlement_payable;
        opened.scheme = SchemeId{1};
        terms.apply(opened);
    }

    static TransferRecord record(Purpose purpose, AccountId debit, AccountId credit,
                                 std::int64_t amount, ChargeFate fate = ChargeFate::unsaid) {
        TransferRecord made;
        made.purpose = purpose;
        made.debit = debit;
        made.credit = credit;
        made.amount = amount;
        made.flags =
            static_cast<std::uint16_t>(static_cast<std::uint16_t>(fate) * flag_fate_factor);
        return made;
    }
    void apply(std::vector<TransferRecord> set) {
        for (std::size_t i = 0; i < set.size(); ++i) {
            if (i > 0) set[i].flags |= flag_continuation;
            if (i + 1 < set.size()) set[i].flags |= flag_linked;
            takings.apply(set[i], terms);
        }
    }
    void sell(std::int64_t amount, std::int64_t fee, ChargeFate fate = ChargeFate::comes_back) {
        apply({record(Purpose::pay_merchant, customer, shop, amount),
               record(Purpose::fee, shop, income, fee, fate)});
    }
    void give_back(std::int64_t amount, std::int64_t fee) {
        std::vector<TransferRecord> set{record(Purpose::refund, shop, customer, amount)};
        if (fee > 0) set.push_back(record(Purpose::fee, income, shop, fee));
        apply(std::move(set));
    }
    ChargeLeft charged() const { return takings.find(shop).charged.fees; }
    ChargeLeft unsaid() const { return takings.find(shop).unsaid.fees; }
    std::int64_t due(std::int64_t amount) const {
        const Taking taking = takings.find(shop);
        return due_back(taking.charged, taking.sold, amount).fees;
    }

    Terms terms;
    Takings takings;
};

cpp_int wide(ExactAmount amount) {
    cpp_int made = static_cast<std::uint64_t>(amount >> exact_amount_bits);
    made <<= exact_amount_bits;
    return made + static_cast<std::int64_t>(amount & (exact_unit - 1));
}

}  // namespace

TEST_CASE("takings: scaling is the nearest there is, over all of money") {
    std::mt19937_64 random(3);
    const auto any = [&] { return static_cast<std::int64_t>(random() >> (1 + random() % 63)); };
    int too_large = 0;
    for (int i = 0; i < 100'000; ++i) {
        const std::int64_t units = i % 3 == 0 ? most - any() : any();
        const ExactAmount exact =
            ExactAmount{units} * exact_unit + static_cast<std::int64_t>(random() >> 8U);
        const std::int64_t part = i % 7 == 0 ? most : any();
        const std::int64_t whole = i % 11 == 0 ? most : std::max<std::int64_t>(any(), 1);
        const cpp_int expected = (wide(exact) * part + whole / 2) / whole;
        const auto found = scaled(exact, part, whole);
        if (found)
            REQUIRE(wide(*found) == expected);
        else
            REQUIRE((expected >> exact_amount_bits) >= cpp_int(1) << 64U);
        if (!found) ++too_large;
    }
    CHECK(too_large > 1'000);
    CHECK(too_large < 99'000);
}

TEST_CASE("takings: a half goes down, and what is a half but for rounding") {
    CHECK(rounded(0) == 0);
    CHECK(rounded(half) == 0);
    CHECK(rounded(half + 1) == 0);
    CHECK(rounded(half + (std::int64_t{1} << 24U) - 1) == 0);
    CHECK(rounded(half + (std::int64_t{1} << 24U)) == 1);
    CHECK(rounded(7 * exact_unit + half) == 7);
    CHECK(rounded(8 * exact_unit - 1) == 8);
    CHECK(rounded(ExactAmount{most - 1} * exact_unit + half) == most - 1);
    CHECK(rounded(ExactAmount{most} * exact_unit + 2 * half) == most);
}

TEST_CASE("takings: what is left is kept to less than a minor unit") {
    Shop mall;
    mall.sell(10'000, 3);
    CHECK(mall.charged() == ChargeLeft{3, 0});
    CHECK(mall.due(1'000) == 0);
    mall.give_back(1'000, 0);
    CHECK(mall.charged().amount == 3);
    // 2.7 to 3: 0.3 × 2^56 of it are gone.
    CHECK(mall.charged().off == -21'617'278'211'378'381);
    CHECK(mall.due(1'000) == 1);
    mall.give_back(1'000, 1);
    CHECK(mall.charged().amount == 2);
    CHECK(mall.due(8'000) == 2);
    // A sale adds as much to both.
    const std::int64_t off = mall.charged().off;
    mall.sell(5, 4);
    CHECK(mall.charged() == ChargeLeft{6, off});
    mall.give_back(8'005, 6);
    CHECK(mall.takings.find(shop) == Taking{});
}

TEST_CASE("takings: records of another rule are right, and nothing grows out of them") {
    Shop mall;
    mall.sell(1'000'000, 6'000);
    // Nothing came back, however much went.
    for (int i = 0; i < 9'000; ++i) {
        mall.give_back(100, 0);
        REQUIRE(mall.charged().amount == 6'000);
        REQUIRE(mall.charged().off <= 0);
        REQUIRE(mall.due(100) >= 0);
        REQUIRE(mall.due(100) <= 2 + 6'000 * 100 / (1'000'000 - 100 * i));
    }
    CHECK(mall.due(100'000) == 6'000);
    // Or more than there was.
    mall.give_back(50'000, 5'990);
    CHECK(mall.charged().amount == 10);
    mall.give_back(1, 11);
    CHECK(mall.charged().amount == 0);
    CHECK(mall.due(49'999) == 0);
    mall.give_back(60'000, 0);
    CHECK(mall.takings.find(shop) == Taking{});
}

TEST_CASE("takings: of what comes back, charges that say so give their share, then the others") {
    for (const bool charges_first : {false, true}) {
        CAPTURE(charges_first);
        Shop mall;
        mall.sell(100, 10);
        mall.sell(100, 30, ChargeFate::unsaid);
        std::vector<TransferRecord> set{Shop::record(Purpose::refund, shop, customer, 100),
                                        Shop::record(Purpose::fee, income, shop, 20)};
        if (charges_first) std::swap(set.front(), set.back());
        mall.apply(set);
        CHECK(mall.charged() == ChargeLeft{5, 0});
        CHECK(mall.unsaid() == ChargeLeft{15, 0});
        // A scheme that gives nothing back of the others.
        mall.give_back(20, 1);
        CHECK(mall.charged() == ChargeLeft{4, 0});
        CHECK(mall.unsaid() == ChargeLeft{15, 0});
    }
}

TEST_CASE("takings: a refund that names its payment moves whole units only") {
    Shop mall;
    mall.sell(10'000, 3);
    mall.give_back(1'000, 0);
    const std::int64_t off = mall.charged().off;
    CHECK(off != 0);
    TransferRecord refund = Shop::record(Purpose::refund, shop, customer, 1'000);
    TransferRecord fee = Shop::record(Purpose::fee, income, shop, 1);
    refund.subject = TransferId{1};
    fee.subject = TransferId{2};
    mall.apply({fee, refund});
    CHECK(mall.charged() == ChargeLeft{2, off});
    CHECK(mall.takings.find(shop).sold == 8'000);
}

TEST_CASE("takings: a charge without a refund comes back, and is charged again, as it stands") {
    Shop mall;
    mall.sell(10'000, 3);
    mall.give_back(1'000, 0);
    const std::int64_t off = mall.charged().off;
    TransferRecord rebate = Shop::record(Purpose::fee, income, shop, 2);
    mall.apply({rebate});
    CHECK(mall.charged() == ChargeLeft{1, off});
    std::swap(rebate.debit, rebate.credit);
    rebate.kind = TransferKind::reversed;
    mall.apply({rebate});
    CHECK(mall.charged() == ChargeLeft{3, off});
}

TEST_CASE("takings: a refund that is taken back brings its share again") {
    Shop mall;
    mall.sell(10'000, 3);
    const auto take_back = [&](std::int64_t amount, std::int64_t fee) {
        TransferRecord back = Shop::record(Purpose::refund, customer, shop, amount);
        back.kind = TransferKind::reversed;
        std::vector<TransferRecord> set;
        if (fee > 0) {
            set.push_back(Shop::record(Purpose::fee, shop, income, fee));
            set.back().kind = TransferKind::reversed;
        }
        set.push_back(back);
        mall.apply(set);
    };
    mall.give_back(1'000, 0);
    take_back(1'000, 0);
    CHECK(mall.charged().amount == 3);
    CHECK(std::abs(mall.charged().off) <= 1);
    mall.give_back(10'000, 3);
    CHECK(mall.takings.find(shop) == Taking{});
    // Of nothing there is no share; what the records say is charged again.
    take_back(5'000, 2);
    CHECK(mall.charged() == ChargeLeft{2, 0});
    // Growing beyond all money starts anew.
    mall.give_back(4'999, 0);
    take_back(most, 0);
    CHECK(mall.charged().amount == 2);
}

TEST_CASE("takings: sums near 2^63 stay there and have their shares") {
    Shop mall;
    mall.sell(most, most);
    mall.sell(most, most);
    CHECK(mall.takings.find(shop).sold == most);
    CHECK(mall.charged() == ChargeLeft{most, 0});
    CHECK(mall.due(1) == 1);
    mall.give_back(1, 0);
    CHECK(mall.charged().amount == most);
    CHECK(mall.due(most - 1) == most);
    CHECK(mall.due(most) == most);
    mall.give_back(most / 2, most / 2);
    CHECK(mall.due(most) == most - most / 2);
    mall.give_back(most, most);
    CHECK(mall.takings.find(shop) == Taking{});
}

TEST_CASE("takings: what is off by 64 units or more is refused when it is loaded") {
    Shop mall;
    mall.sell(10'000, 3);
    mall.give_back(1'000, 0);
    Bytes bytes;
    mall.takings.save(bytes);
    Takings loaded;
    loaded.load(bytes);
    CHECK(loaded.find(shop) == mall.takings.find(shop));
    // Behind how many there are, the account, what was sold, and the fees left.
    constexpr std::size_t off_at = 8 + 8 + 8 + 8;
    struct Row {
        std::int64_t off;
        bool is_right;
    };
    const std::int64_t limit = 128 * half;
    for (const Row& row : {Row{limit - 1, true}, Row{limit, false}, Row{1 - limit, true},
                           Row{-limit, false}, Row{most, false}}) {
        CAPTURE(row.off);
        Bytes changed;
        changed.content = bytes.content;
        std::memcpy(changed.content.data() + off_at, &row.off, sizeof row.off);
        Takings takings;
        if (row.is_right)
            CHECK_NOTHROW(takings.load(changed));
        else
            CHECK_THROWS_AS(takings.load(changed), StateError);
    }
}
