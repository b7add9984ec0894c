// Movements of the books against movements at the bank: tables, and altered copies.
#include "switch/reconcile/matching.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <set>
#include <string>

using namespace tuma;
using namespace tuma::reconcile;

namespace {

constexpr core::LocalDay first_day = std::chrono::sys_days{std::chrono::year{2024} / 3 / 1};

/// A movement as a table writes it: day of March, account, amount.
struct Row {
    int day;
    const char* account;
    std::int64_t amount;
};

std::vector<Movement> movements(const std::vector<Row>& rows) {
    std::vector<Movement> made;
    for (const Row& row : rows) {
        const std::uint64_t number = made.size() + 1;
        made.push_back(
            {first_day + std::chrono::days{row.day - 1}, row.amount, row.account, "", number});
    }
    return made;
}

/// "missing 2", "amount 1/3", "duplicate /2": kind, number in the books, number at the bank.
std::vector<std::string> words(const Matching& matching) {
    std::vector<std::string> texts;
    for (const Break& one : matching.breaks) {
        std::string text(name(one.kind));
        text += ' ';
        if (one.book) text += std::to_string(one.book->number);
        if (one.bank) text += '/' + std::to_string(one.bank->number);
        texts.push_back(text);
    }
    return texts;
}

/// What the table below is made of.
struct Case {
    const char* what;
    std::vector<Row> book;
    std::vector<Row> bank;
    std::size_t matched;
    std::vector<std::string> breaks;
};
const Case cases[] = {
    {"nothing on either side", {}, {}, 0, {}},
    {"all agree, in another order",
     {{1, "a", 100}, {2, "a", 200}, {2, "b", 100}},
     {{2, "b", 100}, {1, "a", 100}, {2, "a", 200}},
     3,
     {}},
    {"the bank's file is empty", {{1, "a", 100}, {2, "a", 200}}, {}, 0, {"missing 1", "missing 2"}},
    {"the books are empty", {}, {{1, "a", 100}}, 0, {"unexpected /1"}},
    {"missing", {{1, "a", 100}, {2, "a", 200}}, {{2, "a", 200}}, 1, {"missing 1"}},
    {"paid twice", {{1, "a", 100}}, {{1, "a", 100}, {1, "a", 100}}, 1, {"duplicate /2"}},
    {"paid three times",
     {{1, "a", 100}},
     {{1, "a", 100}, {1, "a", 100}, {1, "a", 100}},
     1,
     {"duplicate /2", "duplicate /3"}},
    {"another amount", {{1, "a", 100}}, {{1, "a", 101}}, 0, {"amount 1/1"}},
    {"a day late", {{1, "a", 100}}, {{2, "a", 100}}, 0, {"wrong_day 1/1"}},
    {"a day early", {{2, "a", 100}}, {{1, "a", 100}}, 0, {"wrong_day 1/1"}},
    {"ten days late", {{1, "a", 100}}, {{11, "a", 100}}, 0, {"wrong_day 1/1"}},
    {"eleven days late are two things",
     {{1, "a", 100}},
     {{12, "a", 100}},
     0,
     {"missing 1", "unexpected /1"}},
    {"another account", {{1, "a", 100}}, {{1, "b", 100}}, 0, {"missing 1", "unexpected /1"}},
    {"several equal payouts on one day",
     {{1, "a", 100}, {1, "a", 100}, {1, "a", 100}},
     {{1, "a", 100}, {1, "a", 100}, {1, "a", 100}},
     3,
     {}},
    {"one of several equal payouts is missing",
     {{1, "a", 100}, {1, "a", 100}, {1, "a", 100}},
     {{1, "a", 100}, {1, "a", 100}},
     2,
     {"missing 3"}},
    {"an equal one of another day stands for the missing one rather than a second payment",
     {{1, "a", 100}, {2, "a", 100}},
     {{1, "a", 100}, {1, "a", 100}},
     1,
     {"wrong_day 2/2"}},
    {"a second payment is no wrong amount of the one that is missing",
     {{1, "a", 100}, {1, "a", 500}},
     {{1, "a", 100}, {1, "a", 100}},
     1,
     {"missing 2", "duplicate /2"}},
    {"the nearest day is taken",
     {{1, "a", 100}, {8, "a", 100}},
     {{7, "a", 100}},
     0,
     {"missing 1", "wrong_day 2/1"}},
    {"a file that is a day late throughout",
     {{1, "a", 10}, {2, "a", 20}, {3, "a", 30}},
     {{2, "a", 10}, {3, "a", 20}, {4, "a", 30}},
     0,
     {"wrong_day 1/1", "wrong_day 2/2", "wrong_day 3/3"}},
    {"the nearest amount is taken",
     {{1, "a", 100}, {1, "a", 200}},
     {{1, "a", 190}},
     0,
     {"missing 1", "amount 2/1"}},
    {"a collection agrees", {{1, "a", -100}}, {{1, "a", -100}}, 1, {}},
    {"a collection that was paid out instead is no other amount",
     {{1, "a", -100}},
     {{1, "a", 100}},
     0,
     {"missing 1", "unexpected /1"}},
    {"a collection of another amount", {{1, "a", -100}}, {{1, "a", -99}}, 0, {"amount 1/1"}},
    {"payout and collection of one day",
     {{1, "a", 500}, {1, "a", -100}},
     {{1, "a", -100}, {1, "a", 400}},
     1,
     {"amount 1/2"}},
};

}  // namespace

TEST_CASE("matching: each kind of break, and what is none") {
    for (const Case& row : cases) {
        CAPTURE(row.what);
        const Matching matching = match(movements(row.book), movements(row.bank));
        CHECK(matching.matched == row.matched);
        CHECK(words(matching) == row.breaks);
    }
}

TEST_CASE("matching: what the bank has more is the difference") {
    const auto difference = [](const std::vector<Row>& book, const std::vector<Row>& bank) {
        return match(movements(book), movements(bank)).breaks.at(0).difference();
    };
    CHECK(difference({{1, "a", 100}}, {}) == -100);
    CHECK(difference({}, {{1, "a", 100}}) == 100);
    CHECK(difference({{1, "a", 100}}, {{1, "a", 130}}) == 30);
    CHECK(difference({{1, "a", 100}}, {{2, "a", 100}}) == 0);
    CHECK(difference({{1, "a", -100}}, {}) == 100);
}

TEST_CASE("matching: differences add up, nothing is used twice, order does not matter") {
    CHECK(rc::check("any two lists", [](std::uint64_t seed) {
        std::mt19937_64 random(seed);
        const auto draw = [&] {
            std::vector<Row> rows;
            for (std::uint64_t i = random() % 30; i > 0; --i)
                rows.push_back(
                    {1 + static_cast<int>(random() % 15), random() % 2 ? "a" : "b",
                     static_cast<std::int64_t>(1 + random() % 4) * (random() % 5 == 0 ? -10 : 10)});
            return movements(rows);
        };
        auto book = draw();
        auto bank = draw();
        const Matching matching = match(book, bank);

        std::int64_t expected = 0;
        for (const Movement& movement : bank) expected += movement.amount;
        for (const Movement& movement : book) expected -= movement.amount;
        std::set<std::uint64_t> book_used;
        std::set<std::uint64_t> bank_used;
        std::int64_t sum = 0;
        for (const Break& one : matching.breaks) {
            sum += one.difference();
            if (one.book) RC_ASSERT(book_used.insert(one.book->number).second);
            if (one.bank) RC_ASSERT(bank_used.insert(one.bank->number).second);
        }
        RC_ASSERT(sum == expected);
        RC_ASSERT(matching.matched + book_used.size() == book.size());
        RC_ASSERT(matching.matched + bank_used.size() == bank.size());

        std::shuffle(book.begin(), book.end(), random);
        std::shuffle(bank.begin(), bank.end(), random);
        const Matching again = match(book, bank);
        RC_ASSERT(again.matched == matching.matched);
        RC_ASSERT(again.breaks == matching.breaks);
    }));
}

TEST_CASE("matching: a bank file made from the books with k alterations gives back exactly those") {
    CHECK(rc::check("any alterations", [](std::uint64_t seed) {
        std::mt19937_64 random(seed);
        const std::size_t count = 1 + random() % 60;
        std::vector<Movement> book;
        for (std::size_t i = 0; i < count; ++i) {
            // Amounts that differ, so that there is one explanation only.
            const auto amount = static_cast<std::int64_t>(1'000 * (i + 1));
            book.push_back({first_day + std::chrono::days{random() % 300},
                            random() % 4 == 0 ? -amount : amount,
                            "shop." + std::to_string(random() % 5), "", i + 1});
        }
        std::vector<Movement> bank;
        std::vector<std::string> expected;
        std::set<std::pair<core::LocalDay, std::string>> altered;
        std::size_t matched = 0;
        std::uint64_t line = 2;
        const auto note = [&](BreakKind kind, const Movement* of, std::uint64_t at) {
            expected.push_back(std::string(name(kind)) + ' ' +
                               (of ? std::to_string(of->number) : "") +
                               (at ? '/' + std::to_string(at) : ""));
        };
        for (const Movement& movement : book) {
            Movement copy = movement;
            copy.number = line;
            // Not twice on one day of one account: two could pass for each other.
            const bool is_free = altered.insert({movement.day, movement.account}).second;
            const auto choice = is_free ? random() % 10 : 9;
            if (choice == 0) {
                note(BreakKind::missing, &movement, 0);
                continue;
            }
            if (choice == 1) {
                copy.amount += copy.amount > 0 ? 7 : -7;
                note(BreakKind::amount, &movement, line);
            } else if (choice == 2) {
                const auto away = static_cast<int>(1 + random() % 10);
                copy.day += std::chrono::days{random() % 2 ? away : -away};
                note(BreakKind::wrong_day, &movement, line);
            } else {
                ++matched;
            }
            bank.push_back(copy);
            ++line;
            if (choice == 3) {
                copy.number = line;
                bank.push_back(copy);
                note(BreakKind::duplicate, nullptr, line++);
            } else if (choice == 4) {
                bank.push_back({movement.day, 13, "stranger", "", line});
                note(BreakKind::unexpected, nullptr, line++);
            }
        }
        const Matching matching = match(book, bank);
        auto got = words(matching);
        std::sort(got.begin(), got.end());
        std::sort(expected.begin(), expected.end());
        RC_ASSERT(got == expected);
        RC_ASSERT(matching.matched == matched);
    }));
}
