// One HTTP connection: bytes → requests → handler, and the replies back in order.
#pragma once

#include "switch/net/byte_stream.h"
#include "switch/net/http_loop.h"
#include "switch/net/http_readers.h"

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
    void give_up(Steady::time_point now);

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
