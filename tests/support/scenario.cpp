#include "tests/support/scenario.h"

#include "tests/support/town_scheme.h"
#include "tests/support/words.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace tuma::testing {
namespace {

using Words = std::vector<std::string>;

Words split(const std::string& line) {
    std::istringstream stream(line);
    Words words;
    for (std::string word; stream >> word;) words.push_back(word);
    return words;
}

std::uint64_t number_of(const std::string& word) {
    std::uint64_t number = 0;
    const auto [end, failure] = std::from_chars(word.data(), word.data() + word.size(), number);
    ensure(failure == std::errc{} && end == word.data() + word.size(), "a count in a story");
    return number;
}

class Story {
public:
    explicit Story(const ledger::StateLimits& limits) : world_(limits) {}

    void play(const std::string& line) {
        const std::size_t arrow = line.find("->");
        words_ = split(line.substr(0, arrow));
        expected_ = arrow == std::string::npos ? "ok" : line.substr(arrow + 2);
        expected_ = fmt::format("{}", fmt::join(split(expected_), " "));
        if (words_.empty()) return;
        CAPTURE(line);
        next_ = 0;
        step(take());
        ensure(next_ == words_.size(), "every word of a line in a story is used");
    }

    void finish() const {
        const auto broken = world_.core.state().books.broken_invariants();
        CHECK_MESSAGE(broken.empty(), fmt::format("{}", fmt::join(broken, "; ")));
        CHECK(world_.replayed().hash() == world_.core.state().hash());
    }

private:
    bool has_more() const { return next_ < words_.size(); }
    std::string take() {
        ensure(has_more(), "a line in a story is complete");
        return words_[next_++];
    }
    bool take_if(std::string_view word) {
        if (!has_more() || words_[next_] != word) return false;
        ++next_;
        return true;
    }

    void step(const std::string& verb) {
        if (verb == "account") return open_account();
        if (verb == "balance") return check_balance();
        if (verb == "pass") return world_.pass(parse_duration(take()).value());
        if (verb == "sleep") {
            world_.now += parse_duration(take()).value();
            return;
        }
        if (verb == "restart") return world_.restart();
        if (verb == "reservations") {
            CHECK(world_.core.state().books.open_reservations() == number_of(take()));
            return;
        }
        if (verb == "events") {
            CHECK(world_.events().size() == number_of(take()));
            return;
        }
        if (verb == "settlements") {
            const AccountId account = account_named(take());
            CHECK(statements_of(account).size() == number_of(take()));
            return;
        }
        if (verb == "statement") return check_statement();
        if (verb == "legs") {
            const TransferId first = transfer_of(take());
            CHECK(world_.set_of(first).size() == number_of(take()));
            return;
        }
        if (verb == "state") {
            const auto* account = world_.core.state().books.find(account_named(take()));
            CHECK(std::string(ledger::name(account->state)) == take());
            return;
        }
        request(verb);
    }

    // Unknown names stand for accounts that do not exist.
    AccountId account_named(const std::string& name) const {
        return world_.core.state().books.find(identity(name));
    }

    std::int64_t take_amount(Currency currency) {
        std::string word = take();
        if (word == "all") return 0;
        const bool negative = word.front() == '-';
        const auto money = Money::parse(word.substr(negative ? 1 : 0), currency);
        return negative ? -money.value().minor : money.value().minor;
    }

    Currency currency_of(const std::string& name) const {
        const auto* account = world_.core.state().books.find(account_named(name));
        return account == nullptr ? Currency::kes : account->currency;
    }

    core::OpenAccount opening(const std::string& name, const std::string& kind,
                              Currency currency) const {
        core::OpenAccount open;
        open.kind = ledger::parse_account_kind(kind).value();
        open.currency = currency;
        if (open.kind == ledger::AccountKind::trust) open.floor = ledger::no_floor;
        open.identity = identity(name);
        return open;
    }

    void open_account() {
        const std::string name = take(), kind = take();
        const Currency currency = parse_currency(take()).value();
        core::OpenAccount open = opening(name, kind, currency);
        std::int64_t funds = 0;
        while (has_more()) {
            if (take_if("floor"))
                open.floor = take_amount(currency);
            else if (take_if("ceiling"))
                open.ceiling = take_amount(currency);
            else if (take_if("under"))
                put_under_scheme(open);
            else
                funds = take_amount(currency);
        }
        answer("open " + name, open);
        if (funds == 0 || expected_ != "ok") return;
        const std::string bank = fmt::format("bank-{}", letters(currency));
        if (!account_named(bank)) answer("open " + bank, opening(bank, "trust", currency));
        answer("fund " + name, core::MoveMoney{ledger::Purpose::issue, account_named(bank),
                                               account_named(name), Money{funds, currency}});
    }

    void put_under_scheme(core::OpenAccount& open) {
        const ledger::Terms& terms = world_.core.state().terms;
        open.scheme = terms.find(identity(take()));
        const std::string name = take();
        open.account_class = town_scheme().find_class(name).value_or(255);
    }

    std::vector<ledger::SettlementClosed> statements_of(AccountId account) const {
        std::vector<ledger::SettlementClosed> statements;
        for (const ledger::Event& event : world_.events())
            if (const auto* closed = std::get_if<ledger::SettlementClosed>(&event))
                if (closed->account == account) statements.push_back(*closed);
        return statements;
    }

    void check_statement() {
        const std::string name = take();
        const auto statements = statements_of(account_named(name));
        REQUIRE(!statements.empty());
        const ledger::SettlementClosed& newest = statements.back();
        const std::map<std::string, std::int64_t> figures{{"sales", newest.sales},
                                                          {"refunds", newest.refunds},
                                                          {"fees", newest.fees},
                                                          {"adjustments", newest.adjustments},
                                                          {"released", newest.reserve_released},
                                                          {"carried_in", newest.carried_in},
                                                          {"held", newest.reserve_held},
                                                          {"payout_fee", newest.payout_fee},
                                                          {"paid", newest.paid_out},
                                                          {"carried", newest.carried_out}};
        while (has_more()) {
            const std::string word = take();
            CAPTURE(word);
            CHECK(Money{figures.at(word), Currency::kes}.text() == take());
        }
    }

    void check_balance() {
        const std::string name = take();
        const ledger::Account account = *world_.core.state().books.find(account_named(name));
        const auto text = [&](std::int64_t minor) { return Money{minor, account.currency}.text(); };
        CHECK(text(ledger::balance(account)) == take());
        if (take_if("reserved")) CHECK(text(ledger::reserved(account)) == take());
        if (take_if("available")) CHECK(text(ledger::available(account)) == take());
    }

    void request(std::string verb) {
        Timestamp valid_until{};
        if (verb == "by") {
            valid_until = begun_ + parse_duration(take()).value();
            verb = take();
        }
        const std::string key = take();
        if (verb == "ask") return check(key, "ask", ask(key));
        answer(key, command(verb), valid_until);
    }

    core::Command command(const std::string& verb) {
        if (const auto purpose = ledger::parse_purpose(verb)) {
            const std::string debit = take(), credit = take();
            const Currency currency = currency_of(debit);
            return core::MoveMoney{*purpose, account_named(debit), account_named(credit),
                                   Money{take_amount(currency), currency}};
        }
        if (verb == "scheme") {
            ensure(take() == "town", "a scheme that stories know");
            return load(town_scheme());
        }
        if (verb == "linked") return linked();
        if (verb == "reserve") {
            const std::string debit = take(), credit = take();
            const Currency currency = currency_of(debit);
            const Money amount{take_amount(currency), currency};
            return core::Reserve{account_named(debit), account_named(credit), amount,
                                 parse_duration(take()).value()};
        }
        if (verb == "settle") {
            const TransferId reservation = transfer_of(take());
            return core::Settle{reservation, take_amount(Currency::kes)};
        }
        if (verb == "release") return core::Release{transfer_of(take())};
        if (verb == "reverse") return reversal();
        if (verb == "freeze")
            return core::ChangeAccount{account_named(take()), ledger::AccountChange::freeze};
        if (verb == "unfreeze")
            return core::ChangeAccount{account_named(take()), ledger::AccountChange::unfreeze};
        ensure(verb == "close", "a verb that stories know");
        return core::ChangeAccount{account_named(take()), ledger::AccountChange::close};
    }

    core::MoveLinked linked() {
        core::MoveLinked set;
        set.currency = parse_currency(take()).value();
        while (has_more()) {
            take_if(",");
            const std::string debit = take(), credit = take();
            const core::Leg leg{account_named(debit), account_named(credit),
                                take_amount(set.currency)};
            if (set.leg_count < core::legs_max) set.legs[set.leg_count] = leg;
            ++set.leg_count;
        }
        return set;
    }

    core::Reverse reversal() {
        core::Reverse reverse;
        reverse.original = transfer_of(take());
        reverse.amount = take_amount(Currency::kes);
        auto records = world_.set_of(reverse.original);
        reverse.original_time = world_.time_of(reverse.original);
        if (reverse.original)
            reverse.records =
                std::make_shared<const std::vector<ledger::TransferRecord>>(std::move(records));
        return reverse;
    }

    // The transfer that the request with this key made; zero for keys that made none.
    TransferId transfer_of(const std::string& key) const {
        const auto found = first_.find(key);
        return TransferId{found == first_.end() ? 0 : found->second.id};
    }

    RequestKey key_of(const std::string& key) {
        if (key == "none") return {};
        const auto found = references_.emplace(key, references_.size() + 1).first;
        return {ParticipantId{1}, reference(found->second)};
    }

    // Equal for lines that ask for the same, as a protocol's digest of the bytes would be.
    Digest digest() const {
        const std::string text = fmt::format("{}", fmt::join(words_, " "));
        const ledger::Hash hash = ledger::sha256(std::as_bytes(std::span{text}));
        Digest digest{};
        std::copy_n(hash.begin(), digest.size(), digest.begin());
        return digest;
    }

    core::Outcome ask(const std::string& key) {
        return world_.handle({key_of(key), {}, {}, core::QueryRequest{}});
    }

    void answer(const std::string& key, const core::Command& command, Timestamp valid_until = {}) {
        check(key, "do", world_.handle({key_of(key), digest(), valid_until, command}));
    }

    void check(const std::string& key, std::string_view how, const core::Outcome& outcome) {
        const std::string result =
            outcome.code == Refusal::none ? "ok" : fmt::format("refused {}", name(outcome.code));
        const bool is_stored = outcome.is_replayed;
        CHECK(fmt::format("{}{}", is_stored && how == "do" ? "again " : "", result) == expected_);
        if (is_stored)
            CHECK(first_.at(key) == outcome);
        else if (outcome.code != Refusal::modified_request &&
                 outcome.code != Refusal::request_not_found)
            first_[key] = outcome;
    }

    World world_;
    Timestamp begun_ = world_.now;
    Words words_;
    std::size_t next_ = 0;
    std::string expected_;
    std::map<std::string, std::uint64_t> references_;
    std::map<std::string, core::Outcome> first_;
};

}  // namespace

void run(std::string_view story, const ledger::StateLimits& limits) {
    Story told(limits);
    std::istringstream lines{std::string(story)};
    std::string step;
    for (std::string line; std::getline(lines, line);) {
        // What must come of a long step may stand on a line of its own.
        const bool goes_on = line.find_first_not_of(' ') == line.find("->");
        if (!goes_on) {
            told.play(step);
            step.clear();
        }
        step += line;
    }
    told.play(step);
    told.finish();
}

}  // namespace tuma::testing
