#include "protocols/kit/payment.h"

#include "ledger/words/ensure.h"

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

namespace tuma::protocols {

namespace {

core::Command command_of(core::OrderRequest wish) {
    return core::OpenOrder{std::make_shared<const core::OrderRequest>(std::move(wish))};
}

core::Command command_of(core::OrderAction act) {
    return core::MoveOrder{std::make_shared<const core::OrderAction>(std::move(act))};
}

constexpr std::uint32_t page_entries = 500;

struct StatementWalk : std::enable_shared_from_this<StatementWalk> {
    AccountId account;
    http::HttpReply busy;
    std::function<bool(const native::StatementEntry&)> visit;
    std::function<Answer()> then;

    Answer read(TransferId before) {
        Reading reading;
        reading.query = {account, before, page_entries};
        reading.overloaded = busy;
        reading.then = [self = shared_from_this()](const native::StatementPage& page) {
            return self->take(page);
        };
        return reading;
    }

    Answer take(const native::StatementPage& page) {
        for (const native::StatementEntry& entry : page.entries)
            if (!visit(entry)) return then();
        if (page.code == Refusal::none && page.next) return read(page.next);
        return then();
    }
};

}  // namespace

core::OrderRequest wish_of(std::uint16_t kind, std::string content) {
    core::OrderRequest wish;
    wish.terms.kind = kind;
    wish.content = std::move(content);
    return wish;
}

void put_movement(core::OrderRequest& wish, const Movement& movement, std::uint16_t missing_code) {
    // The services take such a request and tell later that somebody does not exist. So the order is
    // opened and fails.
    if (!movement.debit || !movement.credit) return put_failure(wish, missing_code);
    wish.terms.purpose = movement.purpose;
    wish.terms.debit = movement.debit;
    wish.terms.credit = movement.credit;
    wish.terms.amount = movement.amount.minor;
    wish.terms.currency = movement.amount.currency;
}

void put_return(core::OrderRequest& wish, const ledger::Order& original, std::int64_t amount) {
    wish.terms.purpose = ledger::Purpose::refund;
    wish.terms.debit = original.terms.credit;
    // The order's own debit is who has really paid. Its terms may name nobody, where the payer was
    // not known when it was opened.
    wish.terms.credit = original.debit;
    wish.terms.amount = amount;
    wish.terms.currency = original.terms.currency;
    wish.terms.parent = original.terms.id;
    wish.original = original.transfer;
}

void put_failure(core::OrderRequest& wish, std::uint16_t code) {
    // Nothing of a movement may be left: without accounts the books are not asked, and no refusal
    // of theirs comes before this code.
    wish.terms.debit = {};
    wish.terms.credit = {};
    wish.terms.amount = 0;
    wish.terms.parent = {};
    wish.terms.charges = {};
    wish.terms.flags = 0;
    wish.terms.action = ledger::CustomerAction::decline;
    wish.terms.decline_code = code;
}

std::uint16_t failure_of(const core::OrderRequest& wish) {
    // A customer who declines is one who could pay: the wish still says from where.
    const bool is_failed =
        wish.terms.action == ledger::CustomerAction::decline && !wish.terms.debit;
    return is_failed ? wish.terms.decline_code : std::uint16_t{0};
}

void put_script(core::OrderRequest& wish, const CustomerScript& script, Duration delay) {
    wish.acts_after = script.delay.value_or(delay);
    // What has failed already stays failed.
    if (wish.terms.action == ledger::CustomerAction::decline) return;
    wish.terms.action = script.action;
    wish.terms.decline_code = script.code;
}

void put_channel(core::OrderRequest& wish, std::uint8_t channel, ledger::NoticeWhen when,
                 const CustomerScript& script, std::uint8_t schedule) {
    const auto delay = std::chrono::duration_cast<std::chrono::milliseconds>(script.notice_delay);
    // Requests ask for an hour at most (read_milliseconds()), dialects for days.
    ensure(delay.count() >= 0 && delay.count() <= std::numeric_limits<std::uint32_t>::max(),
           "a notice's delay fits its 32 bits");
    wish.terms.channels.at(channel) = {.when = when,
                                       .schedule = schedule,
                                       .fault = script.fault,
                                       .delay_ms = static_cast<std::uint32_t>(delay.count())};
}

void watch(core::OrderRequest& wish, std::initializer_list<AccountId> accounts) {
    for (const AccountId account : accounts)
        // `at` stops a dialect that wants more than a record has room for.
        if (account) wish.terms.watched.at(wish.terms.watched_count++) = account;
}

Answer ask(core::Command command, http::HttpReply busy,
           std::function<Answer(const core::Outcome&)> then) {
    Asking asking;
    asking.requests.emplace_back().command = std::move(command);
    asking.overloaded = std::move(busy);
    asking.then = [then = std::move(then)](const std::vector<core::Outcome>& outcomes) {
        // One command, one outcome.
        return then(outcomes.front());
    };
    return asking;
}

Answer open_order(core::OrderRequest wish, http::HttpReply busy,
                  std::function<Answer(const core::Outcome&)> then) {
    return ask(command_of(std::move(wish)), std::move(busy), std::move(then));
}

Answer find_order(core::QueryOrder query, http::HttpReply busy,
                  std::function<Answer(const OrderPtr&)> then) {
    return ask(
        std::move(query), std::move(busy),
        [then = std::move(then)](const core::Outcome& outcome) { return then(outcome.order); });
}

Answer move_order(core::OrderAction act, http::HttpReply busy,
                  std::function<Answer(const core::Outcome&)> then) {
    return ask(command_of(std::move(act)), std::move(busy), std::move(then));
}

void put_question(Asking& asking, core::OrderRequest wish) {
    asking.requests.emplace_back().command = command_of(std::move(wish));
}

void put_question(Asking& asking, core::OrderAction act) {
    asking.requests.emplace_back().command = command_of(std::move(act));
}

Answer walk_statement(AccountId account, http::HttpReply busy,
                      std::function<bool(const native::StatementEntry&)> visit,
                      std::function<Answer()> then) {
    auto walk = std::make_shared<StatementWalk>();
    walk->account = account;
    walk->busy = std::move(busy);
    walk->visit = std::move(visit);
    walk->then = std::move(then);
    return walk->read({});
}

core::Command store_profile(std::string name, std::string content) {
    auto profile = std::make_shared<ledger::ProfileStored>();
    profile->name = std::move(name);
    profile->content = std::move(content);
    return core::StoreProfile{std::move(profile)};
}

core::Command replace_profile(std::string name, std::string before, std::string content) {
    core::Command command = store_profile(std::move(name), std::move(content));
    std::get<core::StoreProfile>(command).before = std::move(before);
    return command;
}

}  // namespace tuma::protocols
