// Payouts out of a journal that a switch has written.
#include "switch/reconcile/payouts.h"

#include "ledger/store/memory_journal.h"
#include "tests/support/town_scheme.h"
#include "tests/support/words.h"
#include "tests/support/world.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

using namespace tuma;
using namespace tuma::reconcile;
using ledger::AccountKind;
using ledger::Purpose;

namespace {

using Words = std::vector<std::string>;

/// Classes of the town's scheme.
constexpr std::uint8_t shop_class = 2;
constexpr std::uint8_t collector_class = 5;

/// A town with a rich customer; its clock begins on 1970-01-02 at 00:00 UTC.
class Town {
public:
    explicit Town(std::int16_t zone_offset_minutes = 180) {
        core::Scheme scheme = testing::town_scheme();
        scheme.zone_offset_minutes = zone_offset_minutes;
        ask(testing::load(scheme));
        customer_ = open("alice", AccountKind::wallet, 0, 0);
        const AccountId trust =
            world.core.state().books.find(core::operator_account("town", AccountKind::trust));
        move(Purpose::issue, trust, customer_, 1'000'000);
    }

    AccountId open(const char* name, AccountKind kind, std::uint8_t account_class,
                   std::uint16_t scheme = 1) {
        core::OpenAccount open;
        open.kind = kind;
        open.currency = Currency::kes;
        open.floor = kind == AccountKind::wallet ? 0 : ledger::no_floor;
        open.identity = testing::identity(name);
        open.scheme = SchemeId{scheme};
        open.account_class = account_class;
        return AccountId{static_cast<std::uint32_t>(ask(open).id)};
    }

    void sell(AccountId shop, std::int64_t amount) {
        move(Purpose::pay_merchant, customer_, shop, amount);
    }
    void refund(AccountId shop, std::int64_t amount) {
        move(Purpose::refund, shop, customer_, amount);
    }

    Payouts payouts() const {
        ledger::MemoryJournal journal;
        journal.append(world.journal);
        const auto read = read_payouts(journal);
        REQUIRE(read);
        return *read;
    }

    testing::World world;

private:
    core::Outcome ask(const core::Command& command) {
        core::Request request;
        request.key.participant = ParticipantId{1};
        request.key.reference = testing::reference(++asked_);
        request.command = command;
        const core::Outcome outcome = world.handle(request);
        REQUIRE(testing::code(outcome.code) == "none");
        return outcome;
    }

    void move(Purpose purpose, AccountId debit, AccountId credit, std::int64_t amount) {
        ask(core::MoveMoney{purpose, debit, credit, Money{amount, Currency::kes}, 0});
    }

    AccountId customer_;
    std::uint64_t asked_ = 0;
};

core::LocalDay day_of_january(unsigned day) {
    return std::chrono::sys_days{std::chrono::year{1970} / 1 / std::chrono::day{day}};
}

/// Day of January, account, amount; sorted.
std::vector<std::string> words(const Payouts& payouts) {
    std::vector<std::string> texts;
    for (const Movement& movement : payouts.movements) {
        const auto day = (movement.day - day_of_january(1)).count() + 1;
        texts.push_back(std::to_string(day) + ' ' + movement.account + ' ' +
                        std::to_string(movement.amount));
    }
    std::sort(texts.begin(), texts.end());
    return texts;
}

}  // namespace

TEST_CASE("payouts: what a settlement sends to the bank account, on its day") {
    Town town;
    const AccountId shop = town.open("shop", AccountKind::settlement_payable, shop_class);
    town.sell(shop, 100'00);
    town.world.pass(std::chrono::days{1});
    town.sell(shop, 10'00);
    town.world.pass(std::chrono::days{3});

    const Payouts payouts = town.payouts();
    CHECK(words(payouts) == Words{"3 shop.bank 9850", "4 shop.bank 1000"});
    CHECK(payouts.accounts == std::map<std::string, Currency>{{"shop.bank", Currency::kes}});
    CHECK(payouts.last_batch == town.world.journal.size());
    for (const Movement& movement : payouts.movements) {
        CHECK(movement.number > 0);
        CHECK(movement.reference == "payout " + std::to_string(movement.number));
    }
}

TEST_CASE("payouts: the day is the scheme's local one") {
    // 06:00 at UTC+12 is 18:00 UTC of the day before.
    Town town(720);
    const AccountId shop = town.open("shop", AccountKind::settlement_payable, shop_class);
    town.sell(shop, 10'00);
    town.world.pass(std::chrono::days{3});
    CHECK(words(town.payouts()) == Words{"3 shop.bank 1000"});
    CHECK(town.world.time_of(TransferId{town.payouts().movements.front().number}) ==
          Timestamp{day_of_january(2)} + std::chrono::hours{18});
    CHECK(town.payouts().zones ==
          std::map<std::string, std::chrono::minutes>{{"shop.bank", std::chrono::hours{12}}});
}

TEST_CASE("payouts: one that was late counts on the day it was done") {
    Town town;
    const AccountId shop = town.open("shop", AccountKind::settlement_payable, shop_class);
    town.sell(shop, 10'00);
    town.world.now += std::chrono::days{5};
    town.world.pass(Duration{0});
    CHECK(words(town.payouts()) == Words{"7 shop.bank 1000"});
}

TEST_CASE("payouts: refunds collected beside the payout are movements of their own") {
    Town town;
    const AccountId shop = town.open("shop", AccountKind::settlement_payable, collector_class);
    town.sell(shop, 10'00);
    town.refund(shop, 4'00);
    town.world.pass(std::chrono::days{3});
    CHECK(words(town.payouts()) == Words{"3 shop.bank -400", "3 shop.bank 1000"});
}

TEST_CASE("payouts: tills, other transfers and carried settlements are none") {
    Town town;
    const AccountId till = town.open("till", AccountKind::till, 1);
    const AccountId card = town.open("card", AccountKind::settlement_payable, 3);
    const AccountId bank = town.open("Supplier", AccountKind::bank_account, 0, 0);
    const AccountId other = town.open("Other", AccountKind::bank_account, 0, 0);
    static_cast<void>(bank);
    static_cast<void>(other);
    town.sell(till, 10'00);
    town.sell(card, 10'00);
    town.world.pass(std::chrono::days{5});
    CHECK(town.payouts().movements.empty());
    CHECK(town.payouts().accounts == std::map<std::string, Currency>{{"card.bank", Currency::kes}});
}

TEST_CASE("payouts: a damaged batch is refused with its number") {
    Town town;
    const AccountId shop = town.open("shop", AccountKind::settlement_payable, shop_class);
    town.sell(shop, 10'00);
    town.world.pass(std::chrono::days{3});
    auto batches = town.world.journal;
    batches.at(1).bytes.at(100) ^= std::byte{1};
    ledger::MemoryJournal journal;
    journal.append(batches);
    const auto read = read_payouts(journal);
    REQUIRE(!read);
    CHECK(read.error().field == "batch 2");
    CHECK(read.error().reason.ends_with("; tuma audit says more"));

    ledger::MemoryJournal empty;
    const auto none = read_payouts(empty);
    REQUIRE(none);
    CHECK(none->movements.empty());
}
