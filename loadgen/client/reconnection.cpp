#include "loadgen/client/reconnection.h"

#include "ledger/words/ensure.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace tuma::loadgen {

void Reconnection::lost(Offset now) {
    ensure(state_ == State::idle, "a connection is lost once");
    state_ = State::pausing;
    next_ = now;
    failed_at_.reset();
    is_at_end_ = false;
    if (!since_) {
        since_ = now;
        pause_ = pause_min;
        return;
    }
    // It came back and brought nothing, as an attempt that fails.
    failure_ = ECONNRESET;
    pause(now);
}

Reconnection::State Reconnection::advance(Offset now, bool is_ready) {
    if (state_ == State::pausing && now >= next_) {
        if (is_at_end_) {
            state_ = State::given_up;
            return state_;
        }
        address_ = addresses_;
        attempt(now);
    } else if (state_ == State::connecting && (is_ready || now >= next_)) {
        failure_ = is_ready ? connecting_failure(socket_) : ETIMEDOUT;
        if (failure_ == 0) {
            paused_ = failed_at_ ? now - *failed_at_ : Offset{0};
            state_ = State::connected;
        } else {
            address_ = address_->ai_next;
            attempt(now);
        }
    }
    return state_;
}

void Reconnection::attempt(Offset now) {
    for (; address_ != nullptr; address_ = address_->ai_next) {
        int failure = 0;
        socket_ = begin_connecting(*address_, failure);
        if (failure == 0) {
            state_ = State::connecting;
            next_ = std::min(now + limits_.attempt, *since_ + limits_.in_all);
            return;
        }
        failure_ = failure;
    }
    pause(now);
}

void Reconnection::pause(Offset now) {
    socket_.close();
    failed_at_ = now;
    const Offset end = *since_ + limits_.in_all;
    state_ = State::pausing;
    is_at_end_ = now >= end;
    // The last attempt is made when the limit passes, and not before.
    next_ = std::min(now + pause_, end);
    pause_ = std::min(2 * pause_, pause_max);
}

Offset Reconnection::next() const {
    return state_ == State::pausing || state_ == State::connecting ? next_ : Offset::max();
}

Socket Reconnection::take() {
    ensure(state_ == State::connected, "there is a connection to be taken");
    state_ = State::idle;
    return std::move(socket_);
}

void Reconnection::abandon() {
    if (state_ == State::idle) return;
    socket_.close();
    state_ = State::given_up;
}

std::string Reconnection::failure() const {
    return std::strerror(failure_);
}

}  // namespace tuma::loadgen
