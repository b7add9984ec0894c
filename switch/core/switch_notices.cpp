// Notices: when somebody outside is told about an order, and told again.
#include "switch/core/notice_ladder.h"
#include "switch/core/switch.h"

#include <algorithm>

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

}  // namespace

void Switch::notify(OrderId id, NoticeWhen moment) {
    const auto order = state_.orders.find(id);
    for (std::uint8_t i = 0; i < ledger::notice_channels; ++i) {
        const NoticeChannel& channel = order->terms.channels[i];
        if (channel.when != moment || channel.fault == NoticeFault::lost) continue;
        const Duration delay = std::chrono::milliseconds{channel.delay_ms};
        open_notice(*order, i, delay);
        if (channel.fault == NoticeFault::twice) open_notice(*order, i, delay);
    }
}

void Switch::open_notice(const ledger::Order& order, std::uint8_t channel, Duration delay) {
    NoticeMoved moved;
    moved.id = state_.orders.next_notice();
    moved.order = order.terms.id;
    moved.channel = channel;
    moved.next_at = (now_ + delay).time_since_epoch().count();
    emit_record(moved);
    // What is due is begun within this batch: nobody waits for another fsync.
    if (delay == Duration{}) begin_attempt(*state_.orders.find(moved.id));
}

void Switch::begin_attempt(const Notice& notice) {
    NoticeMoved moved = next_of(notice, NoticeState::sending);
    moved.attempts = static_cast<std::uint16_t>(moved.attempts + 1);
    emit_record(moved);
    const Notice& begun = *state_.orders.find(moved.id);
    effects_.push_back(effect_of(begun, state_.orders.find(begun.order), now_));
}

std::vector<Effect> Switch::unfinished() const {
    std::vector<Effect> again;
    for (const Notice& notice : state_.orders.sending())
        again.push_back(effect_of(notice, state_.orders.find(notice.order), state_.position.time));
    return again;
}

Outcome Switch::on(const Request&, const EndAttempt& command) {
    const Notice* const notice = state_.orders.find(command.notice);
    if (notice == nullptr || notice->state != NoticeState::sending ||
        notice->attempts != command.attempt)
        return {.time = now_};
    NoticeMoved moved = next_of(*notice, NoticeState::delivered);
    moved.status = command.status;
    if (!command.is_delivered) {
        const auto order = state_.orders.find(notice->order);
        const auto wait = wait_before(order->terms.channels.at(notice->channel).ladder,
                                      static_cast<std::uint16_t>(notice->attempts + 1));
        moved.state = wait ? NoticeState::waiting : NoticeState::given_up;
        if (wait) moved.next_at = (now_ + *wait).time_since_epoch().count();
    }
    emit_record(moved);
    return {.id = static_cast<std::uint64_t>(moved.state), .time = now_};
}

Outcome Switch::on(const Request&, const SendNotice& command) {
    const auto order = find_order(command.order);
    if (order == nullptr) return {.code = Refusal::order_not_found, .time = now_};
    if (command.channel >= ledger::notice_channels ||
        order->terms.channels.at(command.channel).when == NoticeWhen::never)
        return {.code = Refusal::order_invalid, .time = now_};
    const Notice* const open = state_.orders.find(command.order, command.channel);
    if (open != nullptr && open->state == NoticeState::waiting) {
        begin_attempt(*open);
    } else if (ledger::is_final(order->state)) {
        recall(order->terms.id);
        open_notice(*order, command.channel, Duration{});
    }
    return {.id = order->terms.id.value, .time = now_};
}

Outcome Switch::on(const Request&, const ListNotices& command) const {
    const std::size_t most = std::min(command.most, listed_notices_max);
    return {.time = now_,
            .notices = std::make_shared<const std::vector<Notice>>(
                state_.orders.newest_notices(command.order, most))};
}

}  // namespace tuma::core
