#include "loadgen/fake/fake_server.h"

#include "loadgen/client/listener.h"

#include <sys/prctl.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace tuma::loadgen {
namespace {

constexpr std::uint32_t listener_number = 0;
constexpr std::size_t peers_max = 20'000;
constexpr std::size_t reading_bytes = 1U << 20U;
/// Whoever does not fetch its answers is not read any more.
constexpr std::size_t unsent_bytes_max = 4U << 20U;
/// And nobody is while so much waits to become due.
constexpr std::size_t pending_bytes_max = 256U << 20U;
constexpr Offset stop_look = std::chrono::milliseconds{100};
constexpr std::size_t garbage_bytes = 64;
constexpr std::byte garbage{0xEE};
constexpr std::string_view http_answer =
    "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

void append(std::vector<std::byte>& to, std::span<const std::byte> bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

std::uint64_t whole_microseconds(Offset time) {
    return microseconds(std::max(time, Offset{0}));
}

Timestamp answer_time() {
    return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

/// One stream of chance for each use, so that one setting does not shift the draws of another.
enum Chance : std::uint64_t { for_times = 1, for_refusals, for_silence, for_duplicates };

}  // namespace

FakeServer::FakeServer(const FakeSettings& settings)
    : settings_(settings),
      listening_(listen_on(settings.listen)),
      endpoint_{settings.listen.host, port_of(listening_)},
      model_(settings.service, Random(settings.seed, for_times).next()),
      refusing_(settings.seed, for_refusals),
      silent_(settings.seed, for_silence),
      duplicate_(settings.seed, for_duplicates),
      epoch_(std::chrono::steady_clock::now()),
      scratch_(reading_bytes) {
    poller_.add(listening_.descriptor(), listener_number);
}

void FakeServer::run(const std::atomic<bool>& stop) {
    // Otherwise the kernel may wake this thread 50 µs late, so that it can wake several together.
    ::prctl(PR_SET_TIMERSLACK, 1UL);
    while (!stop.load(std::memory_order_relaxed)) {
        advance_clock();
        // First what is due: a fault must not take along an answer that came before it.
        release_due();
        flush_all();
        if (has_come(settings_.die)) {
            peers_.clear();
            listening_.close();
            break;
        }
        if (settings_.drop && !has_dropped_ && has_come(settings_.drop->at)) drop_some();
        advance_clock();
        // The last part is waited for with open eyes: sockets are asked again and again.
        const Offset wait = std::min(next_moment() - now_ - settings_.spin, stop_look);
        for (const epoll_event& event : poller_.wait(wait)) {
            if (event.data.u32 == listener_number)
                accept_all();
            else
                read(event.data.u32, event.events);
        }
    }
    finish();
}

void FakeServer::accept_all() {
    while (auto socket = accept_caller(listening_)) {
        const std::uint32_t number = next_peer_++;
        ++log_.connections;
        ask_for_receive_times(socket->descriptor());
        poller_.add(socket->descriptor(), number);
        Peer& peer = peers_.emplace(number, Peer{ByteStream(std::move(*socket))}).first->second;
        if (peers_.size() > peers_max)
            refuse(peer, {native::ErrorCode::too_many_connections, "no more than 20000"}, 0);
        touch(number, peer);
    }
}

void FakeServer::read(std::uint32_t number, std::uint32_t events) {
    const auto found = peers_.find(number);
    // An event of this round may be of a connection that an earlier one has closed.
    if (found == peers_.end()) return;
    Peer& peer = found->second;
    touch(number, peer);
    if ((events & (EPOLLERR | EPOLLHUP)) != 0) return peer.stream.close();
    if ((events & EPOLLIN) == 0) return;
    std::string reason;
    const auto reading = peer.stream.receive(scratch_, reason);
    advance_clock();
    if (reading == ByteStream::Reading::ended) {
        // A caller that only has nothing more to say still gets its answers.
        peer.has_ended = true;
        if (!reason.empty()) peer.stream.close();
    }
    if (reading != ByteStream::Reading::got) return;
    if (is_garbling()) {
        peer.stream.consumed(peer.stream.arrived().size());
        return append_garble(peer);
    }
    // The wall clock may have been set since, and no request comes after it was read.
    const auto stamp = peer.stream.last_byte_at();
    take_frames(number, peer, now_ - (stamp ? std::max(stamp->age(), Offset{0}) : Offset{0}));
}

void FakeServer::take_frames(std::uint32_t number, Peer& peer, Offset arrived) {
    const auto bytes = peer.stream.arrived();
    std::size_t used = 0;
    while (!peer.closes) {
        const auto frame = native::read_frame(bytes.subspan(used), false);
        if (!frame) break;
        if (!*frame) {
            refuse(peer, frame->error(), 0);
            break;
        }
        const native::FrameView& view = **frame;
        if (is_set_up(static_cast<native::FrameType>(view.header.type)))
            take_set_up(peer, view);
        else
            take_operations(number, peer, view, arrived);
        used += view.header.length;
    }
    peer.stream.consumed(used);
}

void FakeServer::refuse(Peer& peer, const native::FrameError& error, std::uint64_t request_id) {
    ++log_.bad_frames;
    native::append_error_frame(peer.stream.outgoing(), error, request_id);
    peer.closes = true;
}

void FakeServer::take_set_up(Peer& peer, const native::FrameView& frame) {
    std::vector<std::byte>& out = peer.stream.outgoing();
    const std::size_t position = native::begin_frame(out);
    if (const auto wrong = books_.answer_set_up(frame, out)) {
        out.resize(position);
        return refuse(peer, *wrong, frame.header.request_id);
    }
    log_.set_up_operations += frame.header.count;
    native::FrameHeader header = frame.header;
    header.type = static_cast<std::uint8_t>(header.type | native::reply_bit);
    header.durability = settings_.is_durable ? 1 : 0;
    native::finish_frame(out, position, header);
}

void FakeServer::take_operations(std::uint32_t number, Peer& peer, const native::FrameView& frame,
                                 Offset arrived) {
    if (!begin_) log_.first = *(begin_ = arrived);
    const std::uint16_t count = frame.header.count;
    peer.has_operations = true;
    ++log_.requests;
    log_.operations += count;
    log_.kinds.at(frame.header.type) += count;
    if (settings_.silent.draw(silent_)) {
        log_.unanswered += count;
        return;
    }
    const Service service = model_.serve(std::max(arrived - *begin_, Offset{0}), count);
    Pending answer;
    answer.due = *begin_ + service.due;
    answer.arrived = arrived;
    answer.is_twice = settings_.duplicate.draw(duplicate_);
    if (!service.is_overloaded) log_.service.record(whole_microseconds(service.takes));
    // What is due already is not carried about: a server without delay is a fast one.
    const bool is_due = answer.due <= now_;
    std::vector<std::byte>& bytes = is_due ? peer.stream.outgoing() : answer.frame;
    const std::size_t position = bytes.size();
    answer.ends = append_answer(bytes, frame, service.is_overloaded);
    if (is_due) {
        if (answer.is_twice) {
            answer.frame.assign(bytes.begin() + static_cast<std::ptrdiff_t>(position), bytes.end());
            append(bytes, answer.frame);
            ++log_.duplicates;
        }
        advance_clock();
        return note_answer(answer.ends, arrived, answer.due);
    }
    answer.sequence = next_sequence_++;
    answer.peer = number;
    pending_bytes_ += answer.frame.size();
    ++peer.in_service;
    pending_.push_back(std::move(answer));
    std::push_heap(pending_.begin(), pending_.end(), is_later);
}

FakeServer::Ends FakeServer::append_answer(std::vector<std::byte>& bytes,
                                           const native::FrameView& frame, bool is_overloaded) {
    Ends ends;
    const std::size_t position = native::begin_frame(bytes);
    const auto type = static_cast<native::FrameType>(frame.header.type);
    const Timestamp time = answer_time();
    for (std::uint16_t i = 0; i < frame.header.count; ++i) {
        Refusal code = Refusal::none;
        if (is_overloaded)
            code = Refusal::overloaded;
        else if (settings_.refusing.share.draw(refusing_))
            code = settings_.refusing.code;
        books_.answer_movement(type, code, time, bytes);
        if (code == Refusal::none)
            ++ends.ok;
        else if (!is_overloaded)
            ++ends.refused;
    }
    if (is_overloaded) log_.overloaded += frame.header.count;
    native::FrameHeader header = frame.header;
    header.type = static_cast<std::uint8_t>(header.type | native::reply_bit);
    header.durability = settings_.is_durable ? 1 : 0;
    native::finish_frame(bytes, position, header);
    return ends;
}

void FakeServer::note_answer(const Ends& ends, Offset arrived, Offset due) {
    log_.last = now_;
    log_.ok += ends.ok;
    log_.refused += ends.refused;
    // Answers of the overloaded kind leave at once and say nothing of the law.
    if (ends.ok + ends.refused == 0) return;
    log_.residence.record(whole_microseconds(due - arrived));
    log_.answered.record(whole_microseconds(now_ - arrived));
    log_.late.record(whole_microseconds(now_ - due));
}

void FakeServer::release_due() {
    while (!pending_.empty() && pending_.front().due <= now_) {
        std::pop_heap(pending_.begin(), pending_.end(), is_later);
        const Pending answer = std::move(pending_.back());
        pending_.pop_back();
        pending_bytes_ -= answer.frame.size();
        advance_clock();
        deliver(answer);
    }
    // Those who were not read because too much was pending would otherwise never be again.
    if (was_crowded_ && !is_crowded())
        for (auto& [number, peer] : peers_) touch(number, peer);
    was_crowded_ = is_crowded();
}

void FakeServer::deliver(const Pending& pending) {
    const auto found = peers_.find(pending.peer);
    if (found == peers_.end()) {
        log_.unanswered += pending.ends.ok + pending.ends.refused;
        return;
    }
    Peer& peer = found->second;
    --peer.in_service;
    touch(pending.peer, peer);
    if (is_garbling()) {
        log_.unanswered += pending.ends.ok + pending.ends.refused;
        return append_garble(peer);
    }
    append(peer.stream.outgoing(), pending.frame);
    if (pending.is_twice) {
        append(peer.stream.outgoing(), pending.frame);
        ++log_.duplicates;
    }
    note_answer(pending.ends, pending.arrived, pending.due);
}

bool FakeServer::has_come(std::optional<Duration> moment) const {
    return moment && begin_ && now_ >= *begin_ + Offset{*moment};
}

bool FakeServer::is_garbling() const {
    if (!settings_.garble) return false;
    return settings_.garble->at == Duration{0} || has_come(settings_.garble->at);
}

void FakeServer::append_garble(Peer& peer) {
    if (peer.closes || settings_.garble->kind == Garble::nothing) return;
    if (settings_.garble->kind == Garble::http)
        peer.stream.queue(http_answer);
    else
        peer.stream.outgoing().resize(peer.stream.outgoing().size() + garbage_bytes, garbage);
    peer.closes = true;
}

void FakeServer::drop_some() {
    has_dropped_ = true;
    std::vector<std::uint32_t> numbers;
    // The set-up's connection may still be there; to close it would drop nothing of the load.
    for (const auto& [number, peer] : peers_)
        if (peer.has_operations) numbers.push_back(number);
    std::sort(numbers.begin(), numbers.end());
    numbers.resize(std::min<std::size_t>(numbers.size(), settings_.drop->connections));
    for (const std::uint32_t number : numbers) peers_.erase(number);
    log_.dropped += numbers.size();
}

Offset FakeServer::next_moment() const {
    Offset next = pending_.empty() ? now_ + 2 * stop_look : pending_.front().due;
    if (!begin_) return next;
    if (settings_.die) next = std::min(next, *begin_ + Offset{*settings_.die});
    if (settings_.drop && !has_dropped_) next = std::min(next, *begin_ + settings_.drop->at);
    return next;
}

void FakeServer::touch(std::uint32_t number, Peer& peer) {
    if (!peer.is_dirty) dirty_.push_back(number);
    peer.is_dirty = true;
}

void FakeServer::flush_all() {
    for (const std::uint32_t number : dirty_) {
        const auto found = peers_.find(number);
        if (found == peers_.end()) continue;
        Peer& peer = found->second;
        peer.is_dirty = false;
        if (peer.stream.is_open() && peer.stream.flush()) peer.stream.close();
        settle(number, peer);
    }
    dirty_.clear();
}

void FakeServer::settle(std::uint32_t number, Peer& peer) {
    const bool is_done = peer.stream.unsent_bytes() == 0 &&
                         (peer.closes || (peer.has_ended && peer.in_service == 0));
    if (!peer.stream.is_open() || is_done) {
        peers_.erase(number);
        return;
    }
    std::uint32_t events = 0;
    const bool is_read = !peer.has_ended && !peer.closes && !is_crowded() &&
                         peer.stream.unsent_bytes() < unsent_bytes_max;
    if (is_read) events |= EPOLLIN;
    if (peer.stream.unsent_bytes() > 0) events |= EPOLLOUT;
    // Each change costs a system call, and mostly there is none.
    if (events == peer.events) return;
    peer.events = events;
    poller_.want(peer.stream.descriptor(), number, events);
}

bool FakeServer::is_crowded() const {
    return pending_bytes_ >= pending_bytes_max;
}

void FakeServer::finish() {
    for (const Pending& left : pending_) log_.unanswered += left.ends.ok + left.ends.refused;
    pending_.clear();
    peers_.clear();
}

}  // namespace tuma::loadgen
