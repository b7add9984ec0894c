// One HTTP connection. For http_server.cpp and http_session.cpp only.
#pragma once

#include "switch/net/clock.h"
#include "switch/net/http_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace tuma::net {

class HttpSession;

/// What all connections of a listener share.
struct HttpService {
    Metrics& metrics;
    HttpLimits limits;
    HttpHandler handler;
    std::optional<boost::asio::ssl::context> tls{};
    std::atomic<std::size_t> memory_bytes{0};
    std::mutex mutex{};
    std::condition_variable settled{};
    std::size_t connections = 0;  ///< guarded by mutex
    std::size_t unanswered = 0;   ///< guarded by mutex; requests read and not answered
};

/// The connections of one I/O thread; only that thread touches them.
struct HttpLoop {
    boost::asio::io_context context{1};
    std::unordered_set<std::shared_ptr<HttpSession>> sessions{};
    bool stops_reading = false;
};

/// One client. Everything runs on the loop's thread; replies are brought there from wherever they
/// were made.
class HttpSession : public std::enable_shared_from_this<HttpSession> {
public:
    HttpSession(boost::asio::ip::tcp::socket socket, std::shared_ptr<HttpService> service,
                HttpLoop& loop);
    ~HttpSession();
    HttpSession(const HttpSession&) = delete;
    HttpSession& operator=(const HttpSession&) = delete;

    void start(bool is_tls);
    /// Closes the connection if it has been idle or slow for too long.
    void tick(Steady::time_point now);
    void stop_reading();
    void close();

private:
    class Parser;
    using TlsStream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>;
    /// A request that is not answered yet, and its reply once it is there.
    struct Slot {
        std::uint64_t number = 0;
        unsigned minor_version = 1;
        bool keeps_alive = true;
        bool is_head = false;
        bool opens_tunnel = false;
        Steady::time_point begun{};
        std::optional<http::HttpReply> reply{};
    };

    void handshake();
    void read();
    void on_read(const boost::system::error_code& error, std::size_t size);
    /// Takes whole requests off the input. False: nothing more is to be read.
    bool take_requests();
    bool take_head();
    bool take_body();
    void dispatch();
    void refuse(int status, std::string_view why);
    Slot& open_slot();
    void answered(std::uint64_t number, http::HttpReply reply);
    void put_reply(std::uint64_t number, http::HttpReply reply);
    void write();
    void on_written(const boost::system::error_code& error);
    void open_tunnel();
    void set_deadline(std::chrono::milliseconds after);
    bool is_over_memory(std::size_t more);
    void count_memory();

    boost::asio::ip::tcp::socket socket_;
    std::shared_ptr<HttpService> service_;
    HttpLoop& loop_;
    std::unique_ptr<TlsStream> tls_;
    std::unique_ptr<Parser> parser_;
    std::string peer_;
    std::string input_;
    std::string output_;
    std::deque<Slot> slots_;
    std::uint64_t next_number_ = 0;
    std::size_t counted_bytes_ = 0;
    std::size_t begun_bytes_ = 0;  ///< of the input, before the read that is under way
    Steady::time_point deadline_{};
    Steady::time_point write_deadline_ = Steady::time_point::max();
    bool is_reading_ = false;
    bool is_writing_ = false;
    bool reads_no_more_ = false;
    bool is_closed_ = false;
};

}  // namespace tuma::net
