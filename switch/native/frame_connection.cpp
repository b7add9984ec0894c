#include "switch/native/frame_connection.h"

#include <boost/asio/buffer.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace tuma::net {
namespace {

using native::ErrorCode;
using native::FrameError;
using native::FrameType;
using native::FrameView;

// Reads of one wake-up at most, so that one busy client does not starve the others of its loop.
constexpr int reads_per_wake_up_max = 4;
// Room behind a begun frame, so that the next frames come along with its end.
constexpr std::size_t read_ahead_bytes = 64 * 1024;
// Room for a begun frame is at least this; else as much as has arrived, so that a length alone
// does not cost a megabyte.
constexpr std::size_t room_min = 16 * 1024;
// What each connection may have under way when memory is short: 12,000 connections × 20 KiB are
// 240 MB. A page of a statement fits.
constexpr std::size_t small_request_bytes = 4 * 1024;
constexpr std::size_t small_reply_bytes = 16 * 1024;
// A client that takes so much within the write timeout is slow but not stuck.
constexpr std::size_t write_progress_bytes = 64 * 1024;
// How long a client may take to read the last words before its connection is closed.
constexpr std::chrono::seconds linger_max{2};

bool goes_alone(FrameType type) {
    return type == FrameType::reverse || type == FrameType::query_transfer ||
           type == FrameType::statement;
}

/// The request id of a frame whose first `bytes` have arrived; 0 when it is not among them.
std::uint64_t request_id_of(std::span<const std::byte> bytes) {
    constexpr std::size_t at = offsetof(native::FrameHeader, request_id);
    std::uint64_t request_id = 0;
    if (bytes.size() >= at + sizeof(request_id))
        std::memcpy(&request_id, bytes.data() + at, sizeof(request_id));
    return request_id;
}

/// How many bytes are wanted next, given the first bytes of a frame.
std::size_t bytes_wanted(std::span<const std::byte> begun) {
    std::uint32_t length = 0;
    if (begun.size() >= sizeof(length)) std::memcpy(&length, begun.data(), sizeof(length));
    const std::size_t rest = length > begun.size() ? length - begun.size() : 0;
    return std::min(rest + read_ahead_bytes, std::max(begun.size(), room_min));
}

std::size_t reply_bytes_of(const native::FrameHeader& header,
                           std::span<const native::StatementQuery> statements) {
    const native::FrameRow& frame = native::row(static_cast<FrameType>(header.type));
    std::size_t entries = 0;
    for (const native::StatementQuery& query : statements) entries += query.limit;
    entries = std::min(entries, statement_steps_max);
    return sizeof(native::FrameHeader) + header.count * frame.result_bytes +
           entries * (sizeof(std::int64_t) + sizeof(ledger::TransferRecord));
}

}  // namespace

FrameConnection::FrameConnection(std::shared_ptr<IoLoop> loop, boost::asio::ip::tcp::socket socket,
                                 bool)
    : loop_(std::move(loop)),
      service_(loop_->service()),
      socket_(std::move(socket)),
      progress_at_(Steady::now()),
      write_progress_at_(progress_at_) {
    // A socket that fails here fails at its first read too, and is closed there.
    boost::system::error_code ignored;
    socket_.set_option(boost::asio::ip::tcp::no_delay(true), ignored);
    socket_.non_blocking(true, ignored);
    service_.metrics.connections_total.add();
}

// An exchange that was dropped on its way never came back.
FrameConnection::~FrameConnection() {
    service_.memory_bytes -= memory_counted_;
}

void FrameConnection::start() {
    wait_readable();
}

std::size_t FrameConnection::reply_bytes() const {
    const std::size_t unwritten = output_.size() + writing_.size() - written_;
    const std::size_t gathering = building_ ? building_->reply_bytes : 0;
    return reply_bytes_owed_ + unwritten + gathering;
}

std::size_t FrameConnection::memory() const {
    const std::size_t gathering = building_ ? building_->memory() : 0;
    return exchange_memory_out_ + gathering + output_.capacity() + writing_.capacity() +
           input_.capacity();
}

void FrameConnection::count_memory() {
    const std::size_t held = memory();
    // The sum is shared and has no sign: only the difference goes into it, in its direction.
    if (held > memory_counted_)
        service_.memory_bytes += held - memory_counted_;
    else
        service_.memory_bytes -= memory_counted_ - held;
    memory_counted_ = held;
}

bool FrameConnection::is_memory_short() const {
    // What this connection has gained since it was last counted is counted along.
    return service_.memory_bytes - memory_counted_ + memory() >= service_.limits.memory_bytes_max;
}

// Replies drain: they are taken, or the client is disconnected after the write timeout. So what
// waits only for them waits for a bounded time.
bool FrameConnection::is_held_by_replies() const {
    const std::size_t replies = reply_bytes();
    return replies >= service_.limits.reply_bytes_max || (replies > 0 && is_memory_short());
}

std::size_t FrameConnection::read_bytes_max() const {
    if (is_held_by_replies()) return 0;
    if (!is_memory_short()) return std::numeric_limits<std::size_t>::max();
    // Each may still complete one small request, so that nobody waits for ever for others' memory.
    return small_request_bytes - std::min(input_.size(), small_request_bytes);
}

// Deciding a frame takes several times the memory that it arrived in.
bool FrameConnection::is_affordable(const native::FrameHeader& header) const {
    if (!is_memory_short()) return true;
    const bool is_statement = static_cast<FrameType>(header.type) == FrameType::statement;
    // The queries are not read yet, so each counts as the longest there may be.
    const std::vector<native::StatementQuery> longest(
        is_statement ? header.count : 0,
        {.account = {}, .before = {}, .limit = native::statement_entries_max});
    return reply_bytes_of(header, longest) <= small_reply_bytes;
}

void FrameConnection::wait_readable() {
    // While nothing is read from it, the client cannot complete what it has begun.
    const bool is_open = state_ == State::open;
    const bool was_held_back = std::exchange(is_held_back_, is_open && is_held_by_replies());
    if (was_held_back && !is_held_back_) progress_at_ = Steady::now();
    // Nobody tells when there is memory again: the loop looks for it.
    if (is_open && is_memory_short()) loop_->hold(shared_from_this());
    const bool wants_input =
        (is_open && !input_ended_ && read_bytes_max() > 0) || state_ == State::lingering;
    if (is_waiting_ || !wants_input) return;
    is_waiting_ = true;
    socket_.async_wait(boost::asio::socket_base::wait_read,
                       [self = shared_from_this()](const boost::system::error_code& error) {
                           self->is_waiting_ = false;
                           if (error != boost::asio::error::operation_aborted) self->on_readable();
                       });
}

void FrameConnection::on_readable() {
    if (state_ == State::lingering) {
        discard_input();
        return;
    }
    for (int i = 0; i < reads_per_wake_up_max; ++i) {
        if (state_ != State::open || input_ended_ || read_bytes_max() == 0) break;
        if (!read_some()) break;
    }
    go_on();
}

bool FrameConnection::read_some() {
    // An idle connection holds no buffer: reads go to the loop's scratch, and only a rest is
    // copied.
    const bool uses_scratch = input_.empty();
    const std::size_t most = read_bytes_max();
    std::span<std::byte> room =
        uses_scratch ? loop_->scratch() : input_.room(std::min(most, bytes_wanted(input_.bytes())));
    room = room.first(std::min(room.size(), most));
    boost::system::error_code error;
    const std::size_t count =
        socket_.read_some(boost::asio::buffer(room.data(), room.size()), error);
    if (error == boost::asio::error::would_block) return false;
    if (error == boost::asio::error::eof) {
        // The client may have closed its own direction only. What it is owed is still written.
        input_ended_ = true;
        return false;
    }
    if (error) {
        close();
        return false;
    }
    service_.metrics.bytes_in.add(count);
    read_at_ = Steady::now();
    if (uses_scratch) {
        const std::span<const std::byte> arrived = room.first(count);
        input_.append(arrived.subspan(take_frames(arrived)));
    } else {
        input_.filled(count);
        input_.drop(take_frames(input_.bytes()));
        if (input_.empty()) input_.release();
    }
    hand_over();
    count_memory();
    // A room that was not filled has emptied the socket; another read would be in vain.
    return count == room.size();
}

// Takes complete frames off the front, as many as there are and the client may have open; returns
// how many bytes they were.
std::size_t FrameConnection::take_frames(std::span<const std::byte> bytes) {
    std::size_t taken = 0;
    has_held_frame_ = false;
    while (state_ == State::open && !is_held_by_replies()) {
        const auto rest = bytes.subspan(taken);
        const auto read = native::read_frame(rest, false);
        // Not complete yet. How long that may take is looked at in `is_late`.
        if (!read) break;
        has_held_frame_ = read->has_value() && !is_affordable((**read).header);
        // It stays in the input, and the frames behind it wait too, so that their order is kept.
        if (has_held_frame_) break;
        const auto refused = read->has_value() ? take_frame(**read) : read->error();
        if (refused) {
            service_.metrics.frames_bad.add();
            end(*refused, request_id_of(rest));
            break;
        }
        taken += (**read).header.length;
        has_begun_frame_ = false;
    }
    const bool has_rest = taken < bytes.size() && state_ == State::open;
    // A whole frame is progress, and so is the beginning of one. Single bytes are not: they would
    // hold a connection open at no cost.
    if (taken > 0 || has_rest != has_begun_frame_) progress_at_ = read_at_;
    has_begun_frame_ = has_rest;
    // Behind a frame that was refused nothing is read: where the next one begins is not known.
    return state_ == State::open ? taken : bytes.size();
}

std::optional<FrameError> FrameConnection::take_frame(const FrameView& frame) {
    const native::FrameHeader& header = frame.header;
    const auto type = static_cast<FrameType>(header.type);
    FrameExchange& exchange = exchange_for(header);
    std::optional<FrameError> refused;
    if (type == FrameType::query_transfer)
        refused = native::read_queries(frame, exchange.transfer_queries);
    else if (type == FrameType::statement)
        refused = native::read_queries(frame, exchange.statement_queries);
    else
        refused = native::read_requests(frame, exchange.requests);
    if (refused) return refused;
    exchange.frames.push_back({type, header.count, header.request_id, header.participant});
    exchange.reply_bytes += reply_bytes_of(header, exchange.statement_queries);
    // These take another way than the others, so nothing may join them.
    if (goes_alone(type)) hand_over();
    return std::nullopt;
}

// The exchange that a frame joins: the one that is gathering, if both go to the engine and it does
// not get longer than a frame may be.
FrameExchange& FrameConnection::exchange_for(const native::FrameHeader& header) {
    const bool is_full =
        building_ && building_->requests.size() + header.count > native::commands_max;
    if (is_full || goes_alone(static_cast<FrameType>(header.type))) hand_over();
    if (!building_) building_ = loop_->take_exchange();
    return *building_;
}

void FrameConnection::hand_over() {
    if (!building_) return;
    std::unique_ptr<FrameExchange> exchange = std::move(building_);
    // Its only frame was refused while it was read.
    if (exchange->frames.empty()) {
        loop_->recycle(std::move(exchange));
        return;
    }
    exchange->connection = shared_from_this();
    exchange->arrived = read_at_;
    exchange->engine = &service_.engine;
    exchange->history = &service_.history;
    reply_bytes_owed_ += exchange->reply_bytes;
    exchange->memory_counted = exchange->memory();
    exchange_memory_out_ += exchange->memory_counted;
    ++exchanges_out_;
    FrameExchange::begin(std::move(exchange));
}

void FrameConnection::end(FrameError error, std::uint64_t request_id) {
    // The frames before the bad one are decided, and their replies come before the error frame.
    hand_over();
    state_ = State::ending;
    last_word_ = std::move(error);
    last_word_id_ = request_id;
}

void FrameConnection::stop_reading() {
    if (state_ != State::open) return;
    end({ErrorCode::shutting_down, "the server is being stopped"}, 0);
    input_.release();
    go_on();
}

bool FrameConnection::is_late(Steady::time_point now) const {
    if (state_ == State::lingering) return now - progress_at_ > linger_max;
    if (is_writing_) return now - write_progress_at_ > service_.limits.write_timeout;
    // A client that is not read from cannot be late.
    if (state_ != State::open || is_held_by_replies()) return false;
    if (has_begun_frame_) return now - progress_at_ > service_.limits.frame_timeout;
    const Duration idle_max = service_.limits.idle_timeout;
    return idle_max > Duration::zero() && exchanges_out_ == 0 && now - progress_at_ > idle_max;
}

void FrameConnection::give_up() {
    // In the middle of a write the error frame would land inside another frame.
    if (state_ != State::open || is_writing_) {
        close();
        return;
    }
    const bool is_begun = has_begun_frame_;
    const Duration limit = is_begun ? service_.limits.frame_timeout : service_.limits.idle_timeout;
    if (is_begun) service_.metrics.frames_bad.add();
    end({ErrorCode::too_slow,
         fmt::format("{} for {}", is_begun ? "a frame was begun and not completed" : "no request",
                     text(limit))},
        request_id_of(input_.bytes()));
    input_.release();
    go_on();
}

void FrameConnection::answered(std::unique_ptr<FrameExchange> exchange) {
    loop_->answered(std::move(exchange));
}

void FrameConnection::count_refused(Refusal code,
                                    std::span<const FrameExchange::Frame> frames) const {
    for (const FrameExchange::Frame& frame : frames)
        service_.metrics.outcomes[static_cast<std::size_t>(code)].add(frame.count);
}

void FrameConnection::encode(const FrameExchange& exchange) {
    // Also when it is closed, so that the listener's sum stays true.
    --exchanges_out_;
    reply_bytes_owed_ -= exchange.reply_bytes;
    exchange_memory_out_ -= exchange.memory_counted;
    if (state_ == State::closed) {
        count_memory();
        return;
    }
    if (output_.capacity() == 0) output_ = loop_->take_bytes();
    exchange.append_replies(output_);
    output_answers_.push_back({exchange.durable_at, exchange.operations(), exchange.times});
    count_memory();
}

void FrameConnection::go_on() {
    if (state_ == State::open && !input_.empty() && !is_held_by_replies()) {
        // Frames that arrived while reading was paused; a frame merely begun is looked at in vain.
        read_at_ = Steady::now();
        input_.drop(take_frames(input_.bytes()));
        if (input_.empty()) input_.release();
        hand_over();
    }
    write();
    finish_if_done();
    count_memory();
    wait_readable();
}

void FrameConnection::write() {
    // Replies that come during a write gather in the other buffer and leave together.
    if (is_writing_ || output_.empty() || state_ == State::closed) return;
    is_writing_ = true;
    written_ = 0;
    writing_.swap(output_);
    writing_answers_.swap(output_answers_);
    written_since_progress_ = 0;
    write_progress_at_ = Steady::now();
    write_some();
}

void FrameConnection::write_some() {
    // In parts, so that the progress of a slow client is seen.
    socket_.async_write_some(
        boost::asio::buffer(writing_.data() + written_, writing_.size() - written_),
        [self = shared_from_this()](const boost::system::error_code& error, std::size_t count) {
            self->on_written(error, count);
        });
}

void FrameConnection::on_written(const boost::system::error_code& error, std::size_t count) {
    if (state_ == State::closed) {
        loop_->recycle(std::exchange(writing_, {}));
        count_memory();
        return;
    }
    if (error) {
        close();
        return;
    }
    service_.metrics.bytes_out.add(count);
    written_ += count;
    written_since_progress_ += count;
    if (written_ < writing_.size()) {
        if (written_since_progress_ >= write_progress_bytes) {
            written_since_progress_ = 0;
            write_progress_at_ = Steady::now();
        }
        write_some();
        return;
    }
    write_progress_at_ = Steady::now();
    count_written();
    loop_->recycle(std::exchange(writing_, {}));
    written_ = 0;
    is_writing_ = false;
    go_on();
}

// Once the system has the whole write, for all stages at once. Added up first: atomics are dear.
void FrameConnection::count_written() {
    std::uint64_t operations = 0;
    StageTimes sums;
    std::chrono::nanoseconds replies{0};
    for (const Answered& answer : writing_answers_) {
        const std::chrono::nanoseconds took = write_progress_at_ - answer.durable_at;
        service_.metrics.reply.record(took);
        operations += answer.operations;
        sums.add(answer.times, answer.operations);
        replies += took * answer.operations;
    }
    writing_answers_.clear();
    if (operations == 0) return;
    service_.metrics.native_operations.add(operations, sums);
    service_.metrics.native_operations.reply.add(static_cast<std::uint64_t>(replies.count()));
}

void FrameConnection::finish_if_done() {
    const bool is_ending = state_ == State::ending || (state_ == State::open && input_ended_);
    if (!is_ending || exchanges_out_ > 0 || is_writing_ || !output_.empty()) return;
    // Its last frame waits for memory and is decided before the connection ends.
    if (state_ == State::open && has_held_frame_) return;
    if (!last_word_) {
        if (state_ == State::open)
            close();
        else
            linger();
        return;
    }
    native::append_error_frame(output_, *last_word_, last_word_id_);
    last_word_.reset();
    write();
}

// Closing a socket with unread bytes resets the connection, and the client might lose the error
// frame: so its input is read and thrown away until it closes, for a short time.
void FrameConnection::linger() {
    state_ = State::lingering;
    progress_at_ = Steady::now();
    // All is written. A server that is being stopped need not wait for the client to close.
    settle();
    boost::system::error_code ignored;
    socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
    if (input_ended_) close();
}

void FrameConnection::discard_input() {
    boost::system::error_code error;
    const auto room = loop_->scratch();
    socket_.read_some(boost::asio::buffer(room.data(), room.size()), error);
    if (error && error != boost::asio::error::would_block)
        close();
    else
        wait_readable();
}

void FrameConnection::settle() {
    if (std::exchange(is_settled_, true)) return;
    service_.settle();
}

void FrameConnection::close() {
    if (state_ == State::closed) return;
    // The loop lets go of it below; it must live until the end of this function.
    const auto self = shared_from_this();
    state_ = State::closed;
    boost::system::error_code ignored;
    socket_.close(ignored);
    input_.release();
    if (building_) loop_->recycle(std::move(building_));
    // Not `writing_`: the system may still read from it. `on_written` gives it back.
    loop_->recycle(std::exchange(output_, {}));
    count_memory();
    settle();
    service_.leave();
    loop_->remove(self);
}

}  // namespace tuma::net
