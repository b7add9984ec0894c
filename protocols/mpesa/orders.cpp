#include "protocols/mpesa/orders.h"

#include "protocols/mpesa/codes.h"
#include "protocols/mpesa/replies.h"

#include <utility>

namespace tuma::mpesa {

using protocols::Answer;
using protocols::Asking;

core::OrderWish wish_of(Kind kind, const Content& content) {
    core::OrderWish wish;
    wish.terms.kind = number(kind);
    wish.content = to_json(content);
    return wish;
}

void put_movement(core::OrderWish& wish, const Movement& movement) {
    if (!movement.debit || !movement.credit) return put_failure(wish, result::unknown_operator);
    wish.terms.purpose = movement.purpose;
    wish.terms.debit = movement.debit;
    wish.terms.credit = movement.credit;
    wish.terms.amount = movement.amount;
}

void put_failure(core::OrderWish& wish, std::uint16_t code) {
    wish.terms.debit = {};
    wish.terms.credit = {};
    wish.terms.amount = 0;
    wish.terms.parent = {};
    wish.terms.charges = {};
    wish.terms.flags = 0;
    wish.terms.action = ledger::CustomerAction::decline;
    wish.terms.decline_code = code;
}

void put_script(core::OrderWish& wish, const Script& script, Duration delay) {
    wish.acts_after = script.delay.value_or(delay);
    // What has failed already stays failed.
    if (wish.terms.action == ledger::CustomerAction::decline) return;
    wish.terms.action = script.action;
    wish.terms.decline_code = script.code;
}

void put_channel(core::OrderWish& wish, std::uint8_t channel, ledger::NoticeWhen when,
                 const Script& script, const Options& options) {
    const auto delay = std::chrono::duration_cast<std::chrono::milliseconds>(script.notice_delay);
    wish.terms.channels.at(channel) = {.when = when,
                                       .ladder = options.retries_callbacks
                                                     ? ledger::NoticeLadder::wechat_payment
                                                     : ledger::NoticeLadder::once,
                                       .fault = script.fault,
                                       .delay_ms = static_cast<std::uint32_t>(delay.count())};
}

void watch(core::OrderWish& wish, std::initializer_list<AccountId> accounts) {
    for (const AccountId account : accounts)
        if (account) wish.terms.watched.at(wish.terms.watched_count++) = account;
}

Answer open_order(const CallPtr& call, core::OrderWish wish,
                  std::function<Answer(const core::Outcome&)> then) {
    Asking asking;
    asking.requests.emplace_back().command =
        core::OpenOrder{std::make_shared<const core::OrderWish>(std::move(wish))};
    asking.overloaded = error_reply(*call, unreachable_service());
    asking.then = [then = std::move(then)](const std::vector<core::Outcome>& outcomes) {
        return then(outcomes.front());
    };
    return asking;
}

Answer find_order(const CallPtr& call, core::QueryOrder query, OrderFound then) {
    Asking asking;
    asking.requests.emplace_back().command = std::move(query);
    asking.overloaded = error_reply(*call, unreachable_service());
    asking.then = [then = std::move(then)](const std::vector<core::Outcome>& outcomes) {
        return then(outcomes.front().order);
    };
    return asking;
}

const ledger::WatchedBalance* balance_at(const ledger::Order& order, std::size_t place) {
    return place < order.balances.size() ? &order.balances[place] : nullptr;
}

}  // namespace tuma::mpesa
