#include "switch/core/notices.h"

#include "ledger/words/ensure.h"
#include "switch/core/left_orders.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace tuma::core {
namespace {

using ledger::Notice;
using ledger::NoticeChannel;
using ledger::NoticeFault;
using ledger::NoticeMoved;
using ledger::NoticeState;
using ledger::NoticeWhen;

NoticeMoved next_of(const Notice& notice, NoticeState state) {
    NoticeMoved moved;
    moved.id = notice.id;
    moved.order = notice.order;
    moved.channel = notice.channel;
    moved.attempts = notice.attempts;
    moved.status = notice.status;
    moved.state = state;
    return moved;
}

Effect effect_of(const Notice& notice, std::shared_ptr<const ledger::Order> order, Timestamp time) {
    return {notice.id, notice.channel, notice.attempts, time, std::move(order)};
}

void begin_attempt(OpenBatch& batch, const Notice& notice) {
    NoticeMoved moved = next_of(notice, NoticeState::sending);
    // The number is taken when the attempt begins, so that a late answer to an earlier one is known
    // by it (`EndAttempt`).
    moved.attempts = static_cast<std::uint16_t>(moved.attempts + 1);
    // The record comes before the effect, and effects leave only when it is durable. So after a
    // crash the state knows every attempt that may have been made.
    batch.emit(moved);
    const Notice& begun = *batch.state.orders.find(moved.id);
    batch.effects.push_back(effect_of(begun, batch.state.orders.find(begun.order), batch.now));
}

void open_notice(OpenBatch& batch, const ledger::Order& order, std::uint8_t channel,
                 Duration delay) {
    NoticeMoved moved;
    moved.id = batch.state.orders.next_notice();
    moved.order = order.terms.id;
    moved.channel = channel;
    moved.next_at = microseconds(batch.now + delay);
    batch.emit(moved);
    // What is due is begun within this batch: nobody waits for another fsync.
    if (delay == Duration{}) begin_attempt(batch, *batch.state.orders.find(moved.id));
}

}  // namespace

void notify(OpenBatch& batch, OrderId id, NoticeWhen moment) {
    // It has just been opened or moved, so it is in memory.
    const auto order = batch.state.orders.find(id);
    for (std::uint8_t i = 0; i < ledger::notice_channels; ++i) {
        const NoticeChannel& channel = order->terms.channels[i];
        // What a fault rule loses is not recorded, so no attempt is ever due.
        if (channel.when != moment || channel.fault == NoticeFault::lost) continue;
        const Duration delay = std::chrono::milliseconds{channel.delay_ms};
        open_notice(batch, *order, i, delay);
        // Two notices, not one that is sent twice: each has its own attempts and its own end.
        if (channel.fault == NoticeFault::twice) open_notice(batch, *order, i, delay);
    }
}

void begin_next_attempt(OpenBatch& batch) {
    const ledger::Orders& orders = batch.state.orders;
    begin_attempt(batch, *orders.find(orders.next_notice_due()->second));
}

std::vector<Effect> unfinished_attempts(const ledger::State& state) {
    std::vector<Effect> again;
    // Nobody can know whether the receiver has seen it. Telling twice is better than never.
    for (const Notice& notice : state.orders.sending())
        again.push_back(effect_of(notice, state.orders.find(notice.order), state.position.time));
    return again;
}

Outcome end_attempt(OpenBatch& batch, const Request& /*request*/, const EndAttempt& command) {
    const Notice* const notice = batch.state.orders.find(command.notice);
    if (notice == nullptr || notice->state != NoticeState::sending ||
        notice->attempts != command.attempt)
        // A late or repeated word about another attempt. It is no refusal, because nobody could do
        // anything about it.
        return {.time = batch.now};
    NoticeMoved moved = next_of(*notice, NoticeState::delivered);
    moved.status = command.status;
    if (!command.is_delivered) {
        const auto& wait = command.again_after;
        ensure(!wait || *wait >= Duration{}, "the next attempt is not before this one's end");
        moved.state = wait ? NoticeState::waiting : NoticeState::given_up;
        if (wait) moved.next_at = microseconds(batch.now + *wait);
    }
    batch.emit(moved);
    return {.id = static_cast<std::uint64_t>(moved.state), .time = batch.now};
}

Outcome send_notice(OpenBatch& batch, const Request& /*request*/, const SendNotice& command) {
    const auto order = find_order(batch, command.order);
    if (order == nullptr) return {.code = Refusal::order_not_found, .time = batch.now};
    if (command.channel >= ledger::notice_channels ||
        order->terms.channels.at(command.channel).when == NoticeWhen::never)
        return {.code = Refusal::order_invalid, .time = batch.now};
    const Notice* const open = batch.state.orders.find(command.order, command.channel);
    // The waiting one is hurried. A second notice beside it would tell the receiver twice.
    if (open != nullptr && open->state == NoticeState::waiting) {
        begin_attempt(batch, *open);
    } else if (ledger::is_final(order->state)) {
        // Memory keeps an order while a notice about it is open, so one that has left comes back
        // first.
        recall(batch, order->terms.id);
        open_notice(batch, *order, command.channel, Duration{});
    }
    return {.id = order->terms.id.value, .time = batch.now};
}

Outcome list_notices(OpenBatch& batch, const Request& /*request*/, const ListNotices& command) {
    const std::size_t most = std::min(command.most, listed_notices_max);
    return {.id = batch.state.orders.next_notice().value - 1,
            .time = batch.now,
            .notices = std::make_shared<const std::vector<Notice>>(
                batch.state.orders.newest_notices(command.order, most))};
}

}  // namespace tuma::core
