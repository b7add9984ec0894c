#include "loadgen/drive/native/lost_lines.h"

#include "ledger/words/time.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace tuma::loadgen {

LostLines::LostLines(const Endpoint& target, const ReconnectLimits& limits,
                     std::uint32_t connections, Poller& poller, Fates fates)
    // Looked up once: a resolver may take its time, and everybody would wait for it.
    : addresses_(resolve(target)), limits_(limits), poller_(poller), fates_(std::move(fates)) {
    lines_.reserve(connections);
    for (std::uint32_t i = 0; i < connections; ++i)
        lines_.push_back({Reconnection(addresses_.get(), limits)});
}

void LostLines::lost(std::uint32_t number, Offset now, std::string_view reason,
                     std::uint64_t in_flight, std::uint64_t again) {
    Line& line = lines_[number];
    if (std::exchange(line.is_back, false))
        log_.lost_unanswered(line.loss, in_flight, again);
    else
        line.loss = log_.lost(now, reason, in_flight, again, line.loss);
    line.reconnection.lost(now);
    ++missing_;
    find_next();
}

void LostLines::back(std::uint32_t number, Offset now, std::uint64_t resent) {
    Line& line = lines_[number];
    --missing_;
    line.is_back = resent > 0;
    log_.back(now, line.loss, resent);
    if (resent == 0) line.reconnection.answered();
}

void LostLines::abandon() {
    for (Line& line : lines_) line.reconnection.abandon();
    next_ = Offset::max();
}

void LostLines::answered(std::uint32_t number, Offset now) {
    log_.heard(now);
    Line& line = lines_[number];
    if (!line.is_back) return;
    line.is_back = false;
    line.reconnection.answered();
    log_.answered(now, line.loss);
}

void LostLines::attend(Offset now) {
    for (std::uint32_t number = 0; number < lines_.size() && now >= next_; ++number)
        if (lines_[number].reconnection.next() <= now) advance(number, now, false);
    find_next();
}

void LostLines::on_ready(std::uint32_t number, Offset now) {
    advance(number, now, true);
    find_next();
}

void LostLines::advance(std::uint32_t number, Offset now, bool is_ready) {
    Reconnection& reconnection = lines_[number].reconnection;
    const int before = reconnection.descriptor();
    switch (reconnection.advance(now, is_ready)) {
        case Reconnection::State::connecting:
            // Of another attempt; a new socket is there before the old one is closed.
            if (reconnection.descriptor() != before) watch(number);
            return;
        case Reconnection::State::connected:
            return fates_.come_back(number, reconnection.take());
        case Reconnection::State::given_up:
            return fates_.give_up(number, reason_of(number));
        case Reconnection::State::pausing:
        case Reconnection::State::idle:
            return;
    }
}

void LostLines::watch(std::uint32_t number) {
    const int socket = lines_[number].reconnection.descriptor();
    poller_.add(socket, number);
    poller_.want(socket, number, EPOLLOUT);
}

void LostLines::find_next() {
    next_ = Offset::max();
    if (missing_ == 0) return;
    for (const Line& line : lines_) next_ = std::min(next_, line.reconnection.next());
}

std::string LostLines::reason_of(std::uint32_t number) const {
    return fmt::format("no connection for {}: {}",
                       tuma::text(std::chrono::duration_cast<Duration>(limits_.in_all)),
                       lines_[number].reconnection.failure());
}

}  // namespace tuma::loadgen
