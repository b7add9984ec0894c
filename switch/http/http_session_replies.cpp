// The second half of a session: replies in order, time, the end.
#include "switch/http/http_session.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace tuma::net {
namespace {

// A buffer that is larger is given back once it is empty.
constexpr std::size_t kept_bytes_max = 4 * 1024;
// How long a client may take to read the last words before its connection is closed.
constexpr std::chrono::seconds farewell_max{2};

// A short buffer is kept, so that it counts only when there is something in it.
std::size_t buffer_bytes(const std::string& buffer) {
    return buffer.capacity() > kept_bytes_max ? buffer.capacity() : buffer.size();
}

}  // namespace

void HttpSession::take_answer(std::uint64_t number, std::optional<http::HttpReply> reply) {
    // Numbers are consecutive, so the place in the list follows from the front's. A number before
    // the front has left: its handler was too late, and the client got a 503.
    if (exchanges_.empty() || number < exchanges_.front().number) return;
    const std::uint64_t at = number - exchanges_.front().number;
    if (at >= exchanges_.size() || exchanges_[at].reply) return;  // it came too late
    Exchange& exchange = exchanges_[at];
    exchange.reply = reply ? std::move(*reply)
                           : service_.parts.error_reply(500, "the request was left unanswered");
    exchange.ready_at = Steady::now() + exchange.reply->delay;
    exchange.bytes += exchange.reply->body.size();
}

/// False when the connection was closed.
bool HttpSession::write_replies() {
    while (true) {
        encode_replies();
        // The go-ahead is a reply too, so what is owed before it leaves first.
        if (owes_continue_ && exchanges_.empty()) {
            owes_continue_ = false;
            // Who has begun to send the body waits for nothing.
            if (reader_->body_bytes() == 0) output_ += "HTTP/1.1 100 Continue\r\n\r\n";
            read_deadline_ = Steady::now() + service_.limits.body_timeout;
        }
        if (unwritten() == 0) break;
        if (!flush()) return false;
        if (unwritten() > 0) break;
    }
    count_memory();
    return true;
}

void HttpSession::encode_replies() {
    while (!exchanges_.empty() && exchanges_.front().reply && unwritten() < output_bytes_max) {
        Exchange& front = exchanges_.front();
        if (front.ready_at > Steady::now()) return await_delay(front.ready_at);
        if (front.reply->drop) {
            // A fault asks for the end here and unanswered, and what waits behind it gets no answer
            // either.
            is_cut_off_ = true;
            exchanges_.clear();
            return take_no_more();
        }
        encode(front);
    }
}

void HttpSession::encode(Exchange& front) {
    // The last reply that there will be says so, as HTTP wants it.
    const bool is_last = !takes_requests_ && exchanges_.size() == 1;
    http::ReplyFrame frame = front.frame;
    frame.keeps_open = frame.keeps_open && !front.reply->close && !is_last;
    // The first of a row: its bytes begin the wait for the client.
    if (unwritten() == 0) write_deadline_ = Steady::now() + service_.limits.write_timeout;
    const int status = front.reply->status;
    if (front.is_tunnel)
        output_ += "HTTP/1.1 200 Connection established\r\n\r\n";
    else
        append_reply(output_, *front.reply, frame);
    const auto classes = static_cast<int>(service_.metrics.http_requests.size());
    const int status_class = std::clamp(status / 100, 1, classes) - 1;
    service_.metrics.http_requests[static_cast<std::size_t>(status_class)].add();
    service_.metrics.http_request.record(Steady::now() - front.completed_at);
    const bool is_tunnel = front.is_tunnel;
    exchanges_.erase(exchanges_.begin());
    if (exchanges_.empty() && !is_mid_request())
        read_deadline_ = Steady::now() + service_.limits.idle_timeout;
    // The client was told that nothing follows, so requests that were read behind it are not
    // answered.
    if (!frame.keeps_open && !is_tunnel) {
        exchanges_.clear();
        becomes_tunnel_ = false;
        take_no_more();
    }
}

/// False when the connection was closed.
bool HttpSession::flush() {
    while (unwritten() > 0) {
        // The wait that is under way brings the next look.
        if (waits_writable_) return true;
        const StreamMoved sent = stream_.write(std::string_view(output_).substr(written_));
        if (sent.step == StreamStep::done) {
            service_.metrics.http_bytes_out.add(sent.bytes);
            written_ += sent.bytes;
            if (written_ - written_mark_ >= output_bytes_max) {
                written_mark_ = written_;
                write_deadline_ = Steady::now() + service_.limits.write_timeout;
            }
        } else if (sent.step == StreamStep::failed || sent.step == StreamStep::ended) {
            close();
            return false;
        } else {
            wait(sent.step);
            return true;
        }
    }
    output_.clear();
    if (output_.capacity() > kept_bytes_max) output_.shrink_to_fit();
    written_ = written_mark_ = 0;
    return true;
}

/// True when this phase has ended.
bool HttpSession::leave_if_done() {
    if (takes_requests_ || !exchanges_.empty() || unwritten() > 0) return false;
    // Cut off, or the client has ended already: there is nobody to linger for.
    if (is_cut_off_ || has_peer_ended_) {
        if (!is_cut_off_) stream_.end_writing();
        close();
    } else if (std::exchange(becomes_tunnel_, false)) {
        takes_requests_ = true;
        phase_ = Phase::tunnel;
        phase_deadline_ = Steady::now() + service_.limits.handshake_timeout;
        enter_tunnel();
    } else {
        begin_linger();
    }
    return true;
}

// A close while the client still sends would become a reset that outruns the last reply.
void HttpSession::begin_linger() {
    settle();
    phase_ = Phase::lingering;
    phase_deadline_ = Steady::now() + farewell_max;
    stream_.end_writing();
    linger();
}

void HttpSession::linger() {
    for (int turn = 0; turn < turns_per_wake_up_max; ++turn) {
        const StreamMoved got = stream_.read_plain(loop_->scratch());
        if (got.step == StreamStep::done) continue;
        if (got.step != StreamStep::wants_read) return close();
        break;
    }
    wait(StreamStep::wants_read);
}

void HttpSession::await_delay(Steady::time_point until) {
    if (!delay_timer_) delay_timer_ = std::make_unique<boost::asio::steady_timer>(loop_->context);
    delay_timer_->expires_at(until);
    delay_timer_->async_wait([self = shared_from_this()](const boost::system::error_code& error) {
        if (!error) self->advance();
    });
}

// --- Time and the end

bool HttpSession::is_late(Steady::time_point now) const {
    if (phase_ == Phase::closed) return false;
    if (phase_ != Phase::open) return now >= phase_deadline_;
    if (unwritten() > 0 && now >= write_deadline_) return true;
    const bool is_answer_late =
        !exchanges_.empty() && !exchanges_.front().reply &&
        now >= exchanges_.front().completed_at + service_.limits.reply_timeout;
    if (is_answer_late) return true;
    // Time during which nothing is read is not the client's fault.
    if (!wants_requests() || owes_continue_ || now < read_deadline_) return false;
    return is_mid_request() || (exchanges_.empty() && unwritten() == 0);
}

void HttpSession::give_up() {
    const Steady::time_point now = Steady::now();
    // Who takes nothing, or speaks no HTTP yet, cannot be told.
    if (phase_ != Phase::open || (unwritten() > 0 && now >= write_deadline_)) return close();
    if (!exchanges_.empty() && !exchanges_.front().reply &&
        now >= exchanges_.front().completed_at + service_.limits.reply_timeout) {
        exchanges_.front().frame.keeps_open = false;
        take_answer(exchanges_.front().number,
                    service_.parts.error_reply(503, "no answer in time; the outcome is unknown"));
    } else if (is_mid_request()) {
        refuse(408, reader_->state() == HttpReadState::head ? "the header came too slowly"
                                                            : "the body came too slowly");
    } else {
        // Idle, and nothing is owed.
        take_no_more();
    }
    advance();
}

void HttpSession::count_memory() {
    std::size_t held =
        buffer_bytes(output_) + buffer_bytes(input_) + (reader_ ? reader_->body_bytes() : 0);
    for (const Exchange& exchange : exchanges_) held += exchange.bytes;
    if (held > memory_counted_)
        service_.memory_bytes += held - memory_counted_;
    else
        service_.memory_bytes -= memory_counted_ - held;
    memory_counted_ = held;
}

void HttpSession::settle() {
    if (!std::exchange(is_settled_, true)) service_.settle();
}

void HttpSession::close() {
    if (phase_ == Phase::closed) return;
    // The loop lets go of it below; it must live until the end of this function.
    const auto self = shared_from_this();
    phase_ = Phase::closed;
    give_handshake_back();
    stream_.close();
    if (delay_timer_) delay_timer_->cancel();
    exchanges_.clear();
    output_.clear();
    written_ = 0;
    take_no_more();
    count_memory();
    settle();
    loop_->remove(self);
    service_.leave();
}

}  // namespace tuma::net
