// Random operations on the books and on a model made of maps, compared after every step.
#include "tests/support/bookkeeper.h"
#include "tests/support/words.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

using namespace tuma;
using namespace tuma::ledger;
using namespace tuma::testing;

namespace {

// One currency, kinds without restrictions; balances as a person would keep them on paper.
class Model {
public:
    struct Holder {
        bool is_trust = false;
        bool is_own = false;
        std::int64_t floor = 0;
        std::int64_t ceiling = no_ceiling;
        std::int64_t balance = 0;
        std::int64_t outgoing = 0;  // reserved, lowers the balance when settled
        std::int64_t incoming = 0;  // reserved, raises the balance when settled
        AccountState state = AccountState::open;
    };
    struct Promise {
        std::uint32_t debit, credit;
        std::int64_t amount;
    };
    struct Done {
        std::uint32_t debit, credit;
        std::int64_t amount, reversed;
    };

    std::map<std::uint32_t, Holder> holders;
    std::map<std::uint64_t, Promise> promises;
    std::map<std::uint64_t, Done> done;

    std::string move(std::uint32_t debit, std::uint32_t credit, std::int64_t amount,
                     bool checks_existence = true) const {
        if (checks_existence) {
            if (amount <= 0) return "amount_not_positive";
            if (!holders.contains(debit)) return "debit_account_not_found";
            if (!holders.contains(credit)) return "credit_account_not_found";
            if (debit == credit) return "accounts_not_different";
        }
        const Holder& from = holders.at(debit);
        const Holder& to = holders.at(credit);
        if (from.state == AccountState::closed) return "debit_account_closed";
        if (to.state == AccountState::closed) return "credit_account_closed";
        if (from.state == AccountState::frozen) return "debit_account_frozen";
        if (to.state == AccountState::frozen) return "credit_account_frozen";
        if (!from.is_trust && lacks(from, amount)) return "insufficient_funds";
        if (to.is_trust && lacks(to, amount)) return "insufficient_funds";
        if (from.is_trust && is_too_full(from, amount)) return "ceiling_exceeded";
        if (!to.is_trust && is_too_full(to, amount)) return "ceiling_exceeded";
        // There is only one account of own funds.
        if (from.is_own && !to.is_own && from.balance - from.outgoing < amount)
            return "own_funds_insufficient";
        return "none";
    }

    void carry_out(std::uint32_t debit, std::uint32_t credit, std::int64_t amount) {
        holders[debit].balance += holders[debit].is_trust ? amount : -amount;
        holders[credit].balance += holders[credit].is_trust ? -amount : amount;
    }

    void promise(std::uint32_t debit, std::uint32_t credit, std::int64_t amount) {
        (holders[debit].is_trust ? holders[debit].incoming : holders[debit].outgoing) += amount;
        (holders[credit].is_trust ? holders[credit].outgoing : holders[credit].incoming) += amount;
    }

private:
    static bool lacks(const Holder& holder, std::int64_t amount) {
        return holder.floor != no_floor && holder.balance - holder.outgoing - amount < holder.floor;
    }
    static bool is_too_full(const Holder& holder, std::int64_t amount) {
        return holder.ceiling != no_ceiling &&
               holder.balance + holder.incoming + amount > holder.ceiling;
    }
};

// Does the same to both and compares what each answers.
class Pair {
public:
    explicit Pair(std::uint64_t seed) : random_(seed) {
        open({.kind = AccountKind::trust, .floor = no_floor});
        open({.kind = AccountKind::trust, .floor = 0, .ceiling = 3'000});
        for (int i = 0; i < 3; ++i) open({});
        open({.kind = AccountKind::till, .ceiling = 800});
        open({.floor = -300});
        open({.kind = AccountKind::fee_income, .floor = -50, .ceiling = 400});
    }

    void step() {
        const std::uint64_t chance = random_() % 100;
        if (chance < 45)
            post();
        else if (chance < 60)
            reserve();
        else if (chance < 70)
            settle();
        else if (chance < 77)
            end();
        else if (chance < 92)
            reverse();
        else
            change();
    }

    void compare() const {
        for (const auto& entry : model_.holders) {
            // Not a structured binding: clang 14 cannot capture one.
            const std::uint32_t id = entry.first;
            const Model::Holder& holder = entry.second;
            CAPTURE(id);
            const Account& account = keeper_.account(AccountId{id});
            REQUIRE(balance(account) == holder.balance);
            REQUIRE(reserved(account) == holder.outgoing);
            REQUIRE(account.state == holder.state);
        }
        REQUIRE(keeper_.books.open_reservations() == model_.promises.size());
        REQUIRE(keeper_.books.broken_invariants().empty());
    }

    std::map<std::string, int> answers;

private:
    void open(const Opening& opening) {
        const AccountId id = keeper_.open(opening);
        model_.holders[id.value] = {.is_trust = opening.kind == AccountKind::trust,
                                    .is_own = opening.kind == AccountKind::fee_income,
                                    .floor = opening.floor,
                                    .ceiling = opening.ceiling};
    }

    std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
    std::uint32_t any_account() { return static_cast<std::uint32_t>(below(10)); }
    std::int64_t any_amount() { return static_cast<std::int64_t>(below(400)) - 5; }
    TransferId any_transfer() { return TransferId{below(keeper_.records.size() + 1)}; }

    void expect(const std::string& answer, const std::string& expected) {
        ++answers[answer];
        REQUIRE(answer == expected);
    }

    void post() {
        const std::uint32_t debit = any_account(), credit = any_account();
        const std::int64_t amount = any_amount();
        const std::string expected = model_.move(debit, credit, amount);
        expect(keeper_.post(Purpose::adjust, AccountId{debit}, AccountId{credit}, amount),
               expected);
        if (expected != "none") return;
        model_.carry_out(debit, credit, amount);
        model_.done[keeper_.last().id.value] = {debit, credit, amount, 0};
    }

    void reserve() {
        const std::uint32_t debit = any_account(), credit = any_account();
        const std::int64_t amount = any_amount();
        const std::string expected = model_.move(debit, credit, amount);
        expect(keeper_.reserve(AccountId{debit}, AccountId{credit}, amount), expected);
        if (expected != "none") return;
        model_.promise(debit, credit, amount);
        model_.promises[keeper_.last().id.value] = {debit, credit, amount};
    }

    TransferId likely_promise() {
        if (model_.promises.empty() || below(8) == 0) return any_transfer();
        return TransferId{std::next(model_.promises.begin(),
                                    static_cast<std::ptrdiff_t>(below(model_.promises.size())))
                              ->first};
    }

    void settle() {
        const TransferId id = likely_promise();
        const std::int64_t amount = below(3) == 0 ? 0 : any_amount();
        const auto found = model_.promises.find(id.value);
        std::string expected = "none";
        if (found == model_.promises.end())
            expected = "reservation_not_open";
        else if (amount < 0)
            expected = "amount_not_positive";
        else if (amount > found->second.amount)
            expected = "exceeds_reservation";
        expect(keeper_.settle(id, amount), expected);
        if (expected != "none") return;
        const auto [debit, credit, reserved] = found->second;
        const std::int64_t moved = amount == 0 ? reserved : amount;
        model_.promise(debit, credit, -reserved);
        model_.carry_out(debit, credit, moved);
        model_.promises.erase(found);
        model_.done[keeper_.last().id.value] = {debit, credit, moved, 0};
    }

    void end() {
        const TransferId id = likely_promise();
        const auto found = model_.promises.find(id.value);
        expect(keeper_.end(id, below(2) == 0 ? TransferKind::released : TransferKind::expired),
               found == model_.promises.end() ? "reservation_not_open" : "none");
        if (found == model_.promises.end()) return;
        model_.promise(found->second.debit, found->second.credit, -found->second.amount);
        model_.promises.erase(found);
    }

    void reverse() {
        if (keeper_.records.empty()) return;
        const TransferId id{1 + below(keeper_.records.size())};
        const std::int64_t amount = below(2) == 0 ? 0 : any_amount();
        const auto found = model_.done.find(id.value);
        if (found == model_.done.end()) {
            expect(keeper_.reverse(id, amount), "original_not_reversible");
            return;
        }
        auto& [debit, credit, original, reversed] = found->second;
        const std::int64_t left = original - reversed;
        const std::int64_t moved = amount == 0 ? left : amount;
        std::string expected = "amount_not_positive";
        if (amount >= 0)
            expected = left == 0 || moved > left ? "exceeds_original"
                                                 : model_.move(credit, debit, moved, false);
        expect(keeper_.reverse(id, amount), expected);
        if (expected != "none") return;
        model_.carry_out(credit, debit, moved);
        reversed += moved;
    }

    void change() {
        const std::uint32_t id = any_account();
        // Closing is rare, or soon nothing could move.
        const auto change = below(15) == 0  ? AccountChange::close
                            : below(3) == 0 ? AccountChange::freeze
                                            : AccountChange::unfreeze;
        const auto found = model_.holders.find(id);
        std::string expected = "none";
        if (found == model_.holders.end())
            expected = "account_not_found";
        else if (found->second.state == AccountState::closed)
            expected = "account_already_closed";
        else if (change == AccountChange::close &&
                 (found->second.balance != 0 || found->second.outgoing != 0 ||
                  found->second.incoming != 0))
            expected = "account_not_empty";
        expect(keeper_.change(AccountId{id}, change), expected);
        if (expected != "none") return;
        found->second.state = change == AccountChange::close    ? AccountState::closed
                              : change == AccountChange::freeze ? AccountState::frozen
                                                                : AccountState::open;
    }

    std::mt19937_64 random_;
    Bookkeeper keeper_;
    Model model_;
};

}  // namespace

TEST_CASE("books: random operations agree with a model after every step") {
    std::map<std::string, int> answers;
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        Pair pair(seed);
        for (int step = 0; step < 300; ++step) {
            CAPTURE(step);
            pair.step();
            pair.compare();
        }
        for (const auto& [answer, count] : pair.answers) answers[answer] += count;
    }
    // The run is worth something only if it has been everywhere.
    for (const std::string& answer : std::vector<std::string>{
             "none", "amount_not_positive", "debit_account_not_found", "credit_account_not_found",
             "accounts_not_different", "debit_account_frozen", "credit_account_frozen",
             "debit_account_closed", "insufficient_funds", "ceiling_exceeded",
             "reservation_not_open", "exceeds_reservation", "original_not_reversible",
             "exceeds_original", "account_not_empty", "account_already_closed"}) {
        CAPTURE(answer);
        CHECK(answers[answer] > 5);
    }
}
