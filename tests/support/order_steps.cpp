#include "tests/support/order_steps.h"

#include "tests/support/words.h"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <utility>

namespace tuma::testing {
namespace {

using core::OrderStep;
using ledger::NoticeWhen;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Currency currency = Currency::kes;
constexpr AccountId nobody{9'999};

// Channels of this schedule are tried 16 times, all others once.
constexpr std::uint8_t again = 2;
constexpr std::array<std::chrono::seconds, 15> waits{
    seconds{15}, seconds{15}, seconds{30}, minutes{3},  minutes{10},
    minutes{20}, minutes{30}, minutes{30}, minutes{30}, minutes{60},
    hours{3},    hours{3},    hours{3},    hours{6},    hours{6}};

const std::map<std::string, OrderStep> steps{{"approve", OrderStep::approve},
                                             {"decline", OrderStep::decline},
                                             {"cancel", OrderStep::close},
                                             {"accept", OrderStep::accept},
                                             {"ignore", OrderStep::ignore}};
const std::map<std::string, NoticeWhen> moments{{"ended", NoticeWhen::ended},
                                                {"succeeded", NoticeWhen::succeeded},
                                                {"asked", NoticeWhen::asked}};

const std::map<std::string, ledger::RepeatPeriod> periods{{"daily", ledger::RepeatPeriod::day},
                                                          {"weekly", ledger::RepeatPeriod::week},
                                                          {"monthly", ledger::RepeatPeriod::month}};

std::string result(const core::Outcome& outcome) {
    return outcome.code == Refusal::none ? "ok" : fmt::format("refused {}", name(outcome.code));
}

// "#2" is the second order; 0 for a key.
OrderId numbered(const std::string& key) {
    return {key.starts_with('#') ? std::stoull(key.substr(1)) : 0};
}

std::string money(std::int64_t minor) {
    return Money{minor, currency}.text();
}

}  // namespace

bool OrderSteps::play(const std::string& verb, StoryLine& line) {
    if (const auto step = steps.find(verb); step != steps.end()) {
        const core::OrderAction wanted = act(step->second, line);
        CHECK(result(ask(core::MoveOrder{std::make_shared<const core::OrderAction>(wanted)})) ==
              line.expected());
    } else if (verb == "prompt") {
        open(prompt(line), line);
    } else if (verb == "give_back") {
        open(give_back(line), line);
    } else if (verb == "order") {
        check_order(line);
    } else if (verb == "notice") {
        const OrderId about = order(line.take());
        const auto channel = static_cast<std::uint8_t>(line.take_number());
        CHECK(result(ask(core::SendNotice{about, channel})) == line.expected());
    } else if (verb == "notices") {
        CHECK(world_.core.state().orders.open_notices() == line.take_number());
    } else if (verb == "list_notices") {
        list_notices(line);
    } else if (verb == "attempts") {
        CHECK(effects_.size() == line.take_number());
    } else if (verb == "attempt") {
        check_attempt(line);
    } else if (verb == "callback") {
        end_attempt(line);
    } else if (verb == "unfinished") {
        CHECK(world_.core.unfinished().size() == line.take_number());
    } else {
        return false;
    }
    return true;
}

void OrderSteps::collect() {
    for (core::Effect& effect : world_.core.take_effects()) effects_.push_back(std::move(effect));
}

core::OrderRequest OrderSteps::prompt(StoryLine& line) const {
    core::OrderRequest prompt;
    prompt.keys = {line.take()};
    prompt.terms.kind = 100;
    prompt.terms.debit = account(line.take());
    prompt.terms.credit = account(line.take());
    prompt.terms.amount = line.take_amount(currency);
    prompt.terms.action = ledger::CustomerAction::approve;
    prompt.terms.decline_code = 1032;
    if (prompt.terms.debit) prompt.terms.flags = ledger::order_flag_exclusive;
    if (prompt.terms.credit)
        prompt.terms.watched[prompt.terms.watched_count++] = prompt.terms.credit;
    prompt.terms.channels[0] = {.when = NoticeWhen::ended, .delay_ms = 500};
    prompt.acts_after = std::chrono::seconds{2};
    prompt.expires_after = std::chrono::seconds{60};
    prompt.content = "{}";
    while (line.has_more()) {
        const std::string word = line.take();
        if (word == "declines") {
            prompt.terms.action = ledger::CustomerAction::decline;
        } else if (word == "waits") {
            prompt.terms.action = ledger::CustomerAction::none;
        } else if (word == "asks_merchant") {
            prompt.terms.flags = ledger::order_flag_ask_merchant;
            prompt.terms.channels[1] = {.when = NoticeWhen::asked};
        } else if (word == "silence_accepts") {
            prompt.terms.flags |= ledger::order_flag_silence_accepts;
        } else if (word == "keeps_open") {
            prompt.terms.flags |= ledger::order_flag_keeps_open;
        } else if (word == "repeats") {
            const ledger::RepeatPeriod period = periods.at(line.take());
            const auto day = static_cast<unsigned>(line.take_number());
            prompt.terms.flags = ledger::repeat_flags(period, day);
        } else if (word == "after") {
            prompt.acts_after = line.take_duration();
        } else if (word == "within") {
            prompt.expires_after = line.take_duration();
        } else if (word == "code") {
            prompt.terms.decline_code = static_cast<std::uint16_t>(line.take_number());
        } else if (word == "member") {
            prompt.members.push_back(member(line, prompt));
        } else {
            ensure(word == "told", "a word that prompts know");
            tell(line, prompt);
        }
    }
    return prompt;
}

core::OrderRequest OrderSteps::member(StoryLine& line, const core::OrderRequest& group) const {
    core::OrderRequest wish;
    wish.keys = {line.take()};
    wish.terms.kind = 101;
    wish.terms.debit = group.terms.debit;
    wish.terms.credit = account(line.take());
    wish.terms.amount = line.take_amount(currency);
    return wish;
}

// told WHEN [after DURATION] [lost|twice]
void OrderSteps::tell(StoryLine& line, core::OrderRequest& wish) const {
    ledger::NoticeChannel& channel = wish.terms.channels[0];
    channel = {.when = moments.at(line.take())};
    if (line.take_if("after"))
        channel.delay_ms =
            static_cast<std::uint32_t>(line.take_duration() / std::chrono::milliseconds{1});
    if (line.take_if("repeatedly")) channel.schedule = again;
    if (line.take_if("lost")) channel.fault = ledger::NoticeFault::lost;
    if (line.take_if("twice")) channel.fault = ledger::NoticeFault::twice;
}

core::OrderRequest OrderSteps::give_back(StoryLine& line) const {
    core::OrderRequest wish;
    wish.keys = {line.take()};
    wish.terms.purpose = ledger::Purpose::refund;
    wish.terms.parent = order(line.take());
    wish.terms.debit = account(line.take());
    wish.terms.credit = account(line.take());
    wish.terms.amount = line.take_amount(currency);
    wish.decides_now = true;
    wish.refuses_openly = !line.take_if("quietly");
    wish.acts_after = std::chrono::seconds{5};
    if (const auto parent = world_.core.state().orders.find(wish.terms.parent))
        wish.original = parent->transfer;
    return wish;
}

core::OrderAction OrderSteps::act(OrderStep step, StoryLine& line) const {
    core::OrderAction act{.step = step};
    if (line.take_if("customer"))
        act.customer = account(line.take());
    else
        act.key = line.take();
    act.order = numbered(act.key);
    if (line.take_if("by")) act.payer = account(line.take());
    if (line.take_if("code")) act.code = static_cast<std::uint16_t>(line.take_number());
    if (line.take_if("answer")) act.answer = line.take();
    return act;
}

void OrderSteps::open(core::OrderRequest wish, const StoryLine& line) {
    const auto wanted = std::make_shared<const core::OrderRequest>(std::move(wish));
    const core::Outcome outcome = ask(core::OpenOrder{wanted});
    CHECK(result(outcome) == line.expected());
    // Whoever has the key already is told of, and whoever was opened has it.
    if (outcome.order != nullptr) CHECK(outcome.order->keys == wanted->keys);
}

// order KEY STATE [WORD VALUE]…
void OrderSteps::check_order(StoryLine& line) {
    const std::string key = line.take(), state = line.take();
    const core::Outcome outcome = ask(core::QueryOrder{numbered(key), key});
    if (outcome.order == nullptr) {
        CHECK(name(outcome.code) == "order_not_found");
        CHECK(state == "unknown");
        return;
    }
    const ledger::Order& found = *outcome.order;
    CHECK(name(found.state) == state);
    CHECK(outcome.id == found.terms.id.value);
    while (line.has_more()) {
        const std::string word = line.take();
        CAPTURE(word);
        if (word == "number")
            CHECK(found.terms.id.value == line.take_number());
        else if (word == "code")
            CHECK(found.code == line.take_number());
        else if (word == "refusal")
            CHECK(std::string(name(found.refusal)) == line.take());
        else if (word == "payer")
            CHECK(found.debit == account(line.take()));
        else if (word == "answer")
            CHECK(found.answer == line.take());
        else if (word == "returned")
            CHECK(money(found.returned) == line.take());
        else if (word == "children")
            CHECK(found.children == line.take_number());
        else if (word == "moved")
            CHECK(found.transfer.value > 0);
        else if (word == "behind")
            CHECK(found.transfer.value ==
                  world_.core.state().orders.find(line.take())->transfer.value + 1);
        else if (word == "watched") {
            REQUIRE(found.balances.size() == 1);
            CHECK(money(found.balances[0].balance) == line.take());
        } else
            FAIL("a word that orders know: " << word);
    }
}

// attempt WHICH [number COUNT] [channel NUMBER] [same_as WHICH] [later DURATION] [order STATE]
void OrderSteps::check_attempt(StoryLine& line) const {
    const core::Effect& effect = attempt(line.take());
    if (line.take_if("number")) CHECK(effect.attempt == line.take_number());
    if (line.take_if("channel")) CHECK(effect.channel == line.take_number());
    if (line.take_if("same_as")) CHECK(effect.notice == attempt(line.take()).notice);
    if (line.take_if("later")) CHECK(effect.time - effects_.front().time == line.take_duration());
    if (line.take_if("order")) CHECK(std::string(name(effect.order->state)) == line.take());
}

// list_notices ORDER|- MOST ORDER…
void OrderSteps::list_notices(StoryLine& line) {
    const std::string about = line.take();
    const auto most = static_cast<std::uint32_t>(line.take_number());
    const core::Outcome listed =
        ask(core::ListNotices{about == "-" ? OrderId{} : order(about), most});
    for (const ledger::Notice& notice : *listed.notices) {
        CHECK(notice.state == ledger::NoticeState::sending);
        CHECK(notice.order == order(line.take()));
    }
}

// callback WHICH delivered|failed [STATUS]
void OrderSteps::end_attempt(StoryLine& line) {
    const core::Effect effect = attempt(line.take());
    const bool is_delivered = line.take() == "delivered";
    const auto status = static_cast<std::uint16_t>(line.has_more() ? line.take_number() : 200);
    core::EndAttempt end{effect.notice, effect.attempt, status, is_delivered};
    const bool is_again = effect.order->terms.channels.at(effect.channel).schedule == again &&
                          effect.attempt <= waits.size();
    if (is_again) end.again_after = waits.at(effect.attempt - 1U);
    const core::Outcome outcome = ask(end);
    const auto state = static_cast<ledger::NoticeState>(outcome.id);
    CHECK(std::string(outcome.id == 0 ? "nothing" : name(state)) == line.expected());
}

core::Outcome OrderSteps::ask(core::Command command) {
    core::Request request;
    request.command = std::move(command);
    core::Outcome outcome = world_.handle(request);
    collect();
    return outcome;
}

AccountId OrderSteps::account(const std::string& name) const {
    if (name == "-") return {};
    const AccountId found = world_.core.state().books.find(identity(name));
    return found ? found : nobody;
}

OrderId OrderSteps::order(const std::string& key) const {
    const auto found = world_.core.state().orders.find(key);
    return found == nullptr ? OrderId{9'999} : found->terms.id;
}

const core::Effect& OrderSteps::attempt(const std::string& word) const {
    if (word == "newest") return effects_.back();
    return effects_.at(std::stoul(word) - 1);
}

}  // namespace tuma::testing
