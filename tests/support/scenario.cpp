#include "tests/support/scenario.h"

#include "tests/support/order_steps.h"
#include "tests/support/story_line.h"
#include "tests/support/town_scheme.h"
#include "tests/support/words.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace tuma::testing {
namespace {

// A transfer by its kind, a payout by that word.
struct RecordWord {
    std::string operator()(const ledger::TransferRecord& record) const {
        const bool pays_out = record.purpose == ledger::Purpose::payout;
        return std::string(pays_out ? "payout" : ledger::name(record.kind));
    }
    std::string operator()(const ledger::SettlementClosed&) const { return "settlement"; }
    std::string operator()(const ledger::OrderMoved& moved) const {
        return fmt::format("order_{}", name(moved.head.state));
    }
    std::string operator()(const ledger::NoticeMoved& moved) const {
        return fmt::format("notice_{}", name(moved.state));
    }
    template <typename Record>
    std::string operator()(const Record&) const {
        return "other";
    }
};

class Story {
public:
    explicit Story(const ledger::StateLimits& limits) : world_(limits) {}

    void play(const std::string& text) {
        line_ = StoryLine(text);
        if (line_.is_empty()) return;
        CAPTURE(text);
        step(line_.take());
        orders_.collect();
        ensure(!line_.has_more(), "every word of a line in a story is used");
    }

    void finish() const {
        const auto broken = world_.core.state().broken_invariants();
        CHECK_MESSAGE(broken.empty(), fmt::format("{}", fmt::join(broken, "; ")));
        CHECK(world_.replayed().hash() == world_.core.state().hash());
    }

private:
    bool has_more() const { return line_.has_more(); }
    std::string take() { return line_.take(); }
    bool take_if(std::string_view word) { return line_.take_if(word); }
    std::int64_t take_amount(Currency currency) { return line_.take_amount(currency); }

    void step(const std::string& verb) {
        if (verb == "account") return open_account();
        if (verb == "balance") return check_balance();
        if (verb == "pass") return pass();
        if (verb == "sleep") {
            world_.now += line_.take_duration();
            return;
        }
        if (verb == "restart") return world_.restart();
        if (verb == "reservations") {
            CHECK(world_.core.state().books.open_reservations() == line_.take_number());
            return;
        }
        if (verb == "events") {
            CHECK(world_.events().size() == line_.take_number());
            return;
        }
        if (verb == "settlements") {
            const AccountId account = account_named(take());
            CHECK(statements_of(account).size() == line_.take_number());
            return;
        }
        if (verb == "statement") return check_statement();
        if (verb == "legs") {
            const TransferId first = transfer_of(take());
            CHECK(world_.set_of(first).size() == line_.take_number());
            return;
        }
        if (verb == "state") {
            const auto* account = world_.core.state().books.find(account_named(take()));
            CHECK(std::string(ledger::name(account->state)) == take());
            return;
        }
        if (verb == "batch") return check_batch();
        if (!orders_.play(verb, line_)) request(verb);
    }

    void pass() {
        Duration duration{};
        if (!take_if("next"))
            duration = line_.take_duration();
        else if (const auto next = world_.core.next_deadline())
            duration = *next - world_.now;
        world_.pass(duration, [this] { orders_.collect(); });
    }

    // Unknown names stand for accounts that do not exist.
    AccountId account_named(const std::string& name) const {
        return world_.core.state().books.find(identity(name));
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
        if (funds == 0 || line_.expected() != "ok") return;
        const std::string bank = fmt::format("bank-{}", alphabetic_code(currency));
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

    // What the newest batch did, in order.
    void check_batch() {
        auto bytes =
            ledger::check_batch(world_.journal.back().bytes, world_.journal.size()).view.records;
        while (!bytes.empty())
            CHECK(std::visit(RecordWord{}, ledger::take_event(bytes).value()) == line_.take());
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
            valid_until = begun_ + line_.take_duration();
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
                                 line_.take_duration()};
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
        const std::string text = line_.text();
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
        CHECK(fmt::format("{}{}", is_stored && how == "do" ? "again " : "", result) ==
              line_.expected());
        if (is_stored)
            CHECK(first_.at(key) == outcome);
        else if (outcome.code != Refusal::modified_request &&
                 outcome.code != Refusal::request_not_found)
            first_[key] = outcome;
    }

    World world_;
    Timestamp begun_ = world_.now;
    OrderSteps orders_{world_};
    StoryLine line_;
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
