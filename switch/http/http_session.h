// One HTTP connection: bytes → requests → handler, and the replies back in order.
//
// The invariant. Replies leave in the order of their requests, whatever the order in which handlers
// answer. `exchanges_` has one entry a request that was read and is not yet answered on the wire;
// only its front may be written. A reply that nobody gives is replaced by an error after a time.
//
// Phases, and what moves a session on:
//
//     hello ──▶ handshake ──▶ open ──▶ lingering ──▶ closed
//       ▲                      │  ▲
//       └────── tunnel ◀───────┘  │
//                 └───────────────┘
//
//   hello       TLS, and no byte has come. It takes no place among the handshakes yet, so that who
//               only connects keeps nobody out.
//   handshake   has one of the loop's places for handshakes, and gives it back however it ends.
//   open        reads requests and writes replies. A connection in the clear begins here.
//   tunnel      CONNECT was answered. The first byte tells whether TLS follows (to hello) or a
//               request in the clear (to open).
//   lingering   the last byte was written, and our side is shut. What still comes is read and
//               thrown away: closing at once would reset the connection, and the client would
//               lose the reply.
//   closed      nothing is owned any more. Answers that come late find it so and are dropped.
//
// Two flags beside the phases: `takes_requests_` is false once no further request may be read (the
// client closes, a request was refused, the server stops); `is_cut_off_` says that a reply asked
// for the connection to be dropped.
//
// Threads. Everything is called on the loop's thread but for one thing: an HttpResponder may live
// on any thread. It holds the session and hands its answer to HttpLoop::answered, which brings it
// to take_answer() on the right thread.
//
// Who owns what. The loop owns its sessions; a responder, a timer or a wait that is under way keeps
// a session alive a little longer. The session owns its socket, what it has read ahead (`input_`),
// the request being read (`reader_`) and what was encoded and not yet written (`output_`). Bytes of
// a read lie in the loop's scratch buffer first, so that an idle session has no buffer of its own.
//
// Nothing blocks. Each step does what is possible now and then waits for the socket to be readable
// or writable; advance() is called again when it is. A busy client gets a few reads a wake-up, so
// that the others of its loop get theirs.
//
// Bounds. Requests in flight (`pipelined_max`), encoded bytes ahead of the socket, and the memory
// of all sessions together. While a bound is reached, a session that has work of its own reads
// nothing more: its client then waits in TCP. What cannot be bounded so is refused with 503.
//
// Times. Each step has a deadline: a header, a body, a handshake, an idle connection, a reply, a
// write. The loop asks is_late() now and then, and give_up() ends the step with an answer, if there
// is still somebody to answer. Time in which the session does not want to read is not counted
// against the client.
#pragma once

#include "protocols/http/http_readers.h"
#include "switch/http/byte_stream.h"
#include "switch/http/http_loop.h"

#include <boost/asio/steady_timer.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::net {

/// Lives on one loop's thread; responders on other threads only hold it.
class HttpSession : public std::enable_shared_from_this<HttpSession> {
public:
    HttpSession(std::shared_ptr<HttpLoop> loop, boost::asio::ip::tcp::socket socket, bool is_tls);
    ~HttpSession() = default;
    HttpSession(const HttpSession&) = delete;
    HttpSession& operator=(const HttpSession&) = delete;

    void start();
    /// Its turn has come; see HttpLoop::take_handshake.
    void begin_handshake();
    /// Answers what it owes and closes.
    void stop_reading();
    /// At once.
    void close();

    /// The handler's answer to a request, or that it gave none; `advance` writes it.
    void take_answer(std::uint64_t number, std::optional<http::HttpReply> reply);
    /// Does what can be done now.
    void advance();

    /// A step has taken too long; then `give_up` says so to the client or closes.
    bool is_late(Steady::time_point now) const;
    void give_up();

private:
    // Reads of one wake-up at most, so that one busy client does not starve the others of its loop.
    static constexpr int turns_per_wake_up_max = 4;
    // Encoded replies ahead of the socket; also what a slow client must take within the write
    // timeout.
    static constexpr std::size_t output_bytes_max = 64 * 1024;

    enum class Phase : std::uint8_t { hello, handshake, open, tunnel, lingering, closed };

    /// A request that was read, and its reply once there is one.
    struct Exchange {
        std::uint64_t number = 0;
        http::ReplyFrame frame;
        bool is_tunnel = false;
        Steady::time_point completed_at;
        Steady::time_point ready_at;  ///< when the reply may leave
        std::optional<http::HttpReply> reply;
        std::size_t bytes = 0;  ///< of the request and of the reply's body
    };

    void on_readable_hello();
    void shake_hands();
    void enter_tunnel();
    void exchange();
    void linger();

    bool is_memory_short() const;
    bool wants_requests() const;
    bool is_mid_request() const;
    void receive(std::string_view bytes);
    std::size_t consume(std::string_view bytes);
    void note_progress(HttpReadState before, std::string_view rest);
    void dispatch(std::string_view rest);
    void connect(Exchange exchange);
    void refuse(int status, std::string_view reason);
    std::uint64_t add(Exchange exchange);
    void on_end();
    void take_no_more();

    bool write_replies();
    void encode_replies();
    void encode(Exchange& front);
    bool flush();
    bool leave_if_done();
    void begin_linger();
    void settle();
    void give_handshake_back();
    void count_memory();
    void wait(StreamStep step);
    void advance_later();
    void await_delay(Steady::time_point until);
    std::size_t unwritten() const { return output_.size() - written_; }

    std::shared_ptr<HttpLoop> loop_;
    HttpService& service_;
    ByteStream stream_;
    std::string peer_;
    Phase phase_;
    bool is_settled_ = false;
    bool has_handshake_ = false;
    bool takes_requests_ = true;
    bool has_peer_ended_ = false;
    bool is_cut_off_ = false;  ///< a reply asked for it
    bool owes_continue_ = false;
    bool becomes_tunnel_ = false;
    bool waits_readable_ = false;
    bool waits_writable_ = false;
    std::uint64_t next_number_ = 0;
    std::unique_ptr<RequestReader> reader_;  ///< while a request is being read
    std::string input_;                      ///< read ahead
    std::vector<Exchange> exchanges_;        ///< in the requests' order
    std::string output_;
    std::size_t written_ = 0;
    std::size_t written_mark_ = 0;  ///< the write timeout began anew here
    std::size_t memory_counted_ = 0;
    Steady::time_point read_deadline_;  ///< of what is being read, or of idleness
    Steady::time_point write_deadline_;
    Steady::time_point phase_deadline_;
    std::unique_ptr<boost::asio::steady_timer> delay_timer_;
};

}  // namespace tuma::net
