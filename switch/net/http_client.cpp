#include "switch/net/http_client.h"

#include <boost/asio/connect.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>
#include <openssl/ssl.h>

#include <deque>
#include <map>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace tuma::net {
namespace {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t url_bytes_max = 2'048;

// A callback's address taken apart.
struct Address {
    bool is_tls = false;
    std::string host;
    std::string port;
    std::string target;
    std::string authority;  ///< as it goes into the Host field

    std::string key() const { return host + ":" + port; }
};

Result<Address> read_address(const std::string& text) {
    if (text.size() > url_bytes_max) return InputError{"url", "is longer than 2048 bytes"};
    const auto url = boost::urls::parse_uri(text);
    if (!url) return InputError{"url", "is not an absolute address"};
    Address address;
    address.is_tls = url->scheme() == "https";
    if (!address.is_tls && url->scheme() != "http")
        return InputError{"url", "is neither http:// nor https://"};
    address.host = std::string(url->host_address());
    if (address.host.empty()) return InputError{"url", "has no host"};
    address.port = url->has_port() ? std::string(url->port()) : address.is_tls ? "443" : "80";
    address.target = std::string(url->encoded_resource());
    if (!address.target.starts_with('/')) address.target.insert(0, "/");
    address.authority = std::string(url->encoded_host_and_port());
    return address;
}

std::string request_bytes(const protocols::Callback& callback, const Address& address) {
    std::string bytes = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\n", callback.method,
                                    address.target, address.authority);
    for (const auto& [name, value] : callback.headers) bytes += name + ": " + value + "\r\n";
    bytes += fmt::format("Content-Length: {}\r\nConnection: close\r\n\r\n", callback.body.size());
    return bytes + callback.body;
}

protocols::CallbackResult failure(std::string why) {
    return {.failure = std::move(why)};
}

// One callback on its way.
class Call : public std::enable_shared_from_this<Call> {
public:
    using Ended = std::function<void(protocols::CallbackResult)>;

    Call(asio::io_context& context, asio::ssl::context& tls, const HttpClientLimits& limits,
         Address address, const protocols::Callback& callback, Ended ended)
        : limits_(limits),
          address_(std::move(address)),
          timeout_(callback.timeout),
          bytes_(request_bytes(callback, address_)),
          resolver_(context),
          timer_(context),
          stream_(context, tls),
          ended_(std::move(ended)) {
        parser_.header_limit(static_cast<std::uint32_t>(limits.head_bytes_max));
        parser_.body_limit(limits.answer_bytes_max);
    }

    void start() {
        timer_.expires_after(timeout_);
        timer_.async_wait([self = shared_from_this()](const error_code& error) {
            if (!error) self->end(failure("no answer in time"));
        });
        resolver_.async_resolve(
            address_.host, address_.port,
            [self = shared_from_this()](const error_code& error,
                                        const tcp::resolver::results_type& results) {
                if (error) return self->end(failure("cannot find the host: " + error.message()));
                self->connect(results);
            });
    }

    void cancel() { end(failure("the switch is stopping")); }

private:
    void connect(const tcp::resolver::results_type& results) {
        asio::async_connect(
            stream_.next_layer(), results,
            [self = shared_from_this()](const error_code& error, const tcp::endpoint&) {
                if (error) return self->end(failure("cannot connect: " + error.message()));
                if (self->address_.is_tls)
                    self->handshake();
                else
                    self->write(self->stream_.next_layer());
            });
    }

    void handshake() {
        // What the macro for it does, without its cast.
        std::string name = address_.host;
        SSL_ctrl(stream_.native_handle(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                 name.data());
        if (limits_.verifies_tls)
            stream_.set_verify_callback(asio::ssl::host_name_verification(address_.host));
        stream_.async_handshake(asio::ssl::stream_base::client,
                                [self = shared_from_this()](const error_code& error) {
                                    if (error)
                                        return self->end(failure("no TLS: " + error.message()));
                                    self->write(self->stream_);
                                });
    }

    template <typename Stream>
    void write(Stream& stream) {
        asio::async_write(
            stream, asio::buffer(bytes_),
            [self = shared_from_this(), &stream](const error_code& error, std::size_t) {
                if (error) return self->end(failure("cannot send: " + error.message()));
                self->read(stream);
            });
    }

    template <typename Stream>
    void read(Stream& stream) {
        beast_http::async_read(stream, buffer_, parser_,
                               [self = shared_from_this()](const error_code& error, std::size_t) {
                                   if (error)
                                       return self->end(failure("no answer: " + error.message()));
                                   auto& answer = self->parser_.get();
                                   self->end({.status = static_cast<int>(answer.result_int()),
                                              .body = std::move(answer.body())});
                               });
    }

    void end(protocols::CallbackResult result) {
        if (!ended_) return;
        error_code ignored;
        timer_.cancel();
        resolver_.cancel();
        stream_.next_layer().close(ignored);
        std::exchange(ended_, nullptr)(std::move(result));
    }

    const HttpClientLimits& limits_;
    Address address_;
    Duration timeout_;
    std::string bytes_;
    tcp::resolver resolver_;
    asio::steady_timer timer_;
    asio::ssl::stream<tcp::socket> stream_;
    boost::beast::flat_buffer buffer_;
    beast_http::response_parser<beast_http::string_body> parser_;
    Ended ended_;
};

}  // namespace

// Queues by host on one thread; calls run on it too, so that nothing here needs a lock.
class HttpClient::Implementation : public std::enable_shared_from_this<Implementation> {
public:
    explicit Implementation(const HttpClientLimits& limits) : limits_(limits) {
        if (limits.verifies_tls) {
            tls_.set_default_verify_paths();
            tls_.set_verify_mode(asio::ssl::verify_peer);
        }
        thread_ = std::thread([this] { context_.run(); });
    }

    void send(protocols::Callback callback, Done done) {
        asio::post(context_, [self = shared_from_this(), callback = std::move(callback),
                              done = std::move(done)]() mutable {
            if (self->is_stopped_) return done(failure("the switch is stopping"));
            Result<Address> address = read_address(callback.url);
            if (!address) return done(failure(address.error().text()));
            const std::string key = address->key();
            self->hosts_[key].waiting.push_back(
                {std::move(address).value(), std::move(callback), std::move(done)});
            self->start_some(key);
        });
    }

    void stop() {
        asio::post(context_, [this] {
            is_stopped_ = true;
            for (auto& [key, host] : hosts_) {
                for (Waiting& one : host.waiting) one.done(failure("the switch is stopping"));
                host.waiting.clear();
            }
            const auto calls = calls_;
            for (const auto& [number, call] : calls) call->cancel();
            work_.reset();
        });
        if (thread_.joinable()) thread_.join();
    }

private:
    struct Waiting {
        Address address;
        protocols::Callback callback;
        Done done;
    };
    struct Host {
        std::deque<Waiting> waiting;
        std::size_t under_way = 0;
    };

    void start_some(const std::string& key) {
        Host& host = hosts_[key];
        while (!host.waiting.empty() && host.under_way < limits_.per_host_max &&
               calls_.size() < limits_.at_once_max) {
            Waiting one = std::move(host.waiting.front());
            host.waiting.pop_front();
            ++host.under_way;
            const std::uint64_t number = next_++;
            auto ended = [self = shared_from_this(), number, key,
                          done = std::move(one.done)](protocols::CallbackResult result) {
                self->calls_.erase(number);
                done(std::move(result));
                self->ended(key);
            };
            const auto call = std::make_shared<Call>(
                context_, tls_, limits_, std::move(one.address), one.callback, std::move(ended));
            calls_.emplace(number, call);
            call->start();
        }
        if (host.waiting.empty() && host.under_way == 0) hosts_.erase(key);
    }

    void ended(const std::string& key) {
        --hosts_[key].under_way;
        start_some(key);
        // There is room now for hosts that waited for others.
        if (calls_.size() + 1 != limits_.at_once_max) return;
        std::vector<std::string> keys;
        for (const auto& [other, host] : hosts_) keys.push_back(other);
        for (const std::string& other : keys) start_some(other);
    }

    HttpClientLimits limits_;
    asio::io_context context_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_{context_.get_executor()};
    asio::ssl::context tls_{asio::ssl::context::tls_client};
    std::map<std::string, Host> hosts_;
    std::map<std::uint64_t, std::shared_ptr<Call>> calls_;
    std::uint64_t next_ = 1;
    bool is_stopped_ = false;
    std::thread thread_;
};

HttpClient::HttpClient(const HttpClientLimits& limits)
    : implementation_(std::make_shared<Implementation>(limits)) {}

HttpClient::~HttpClient() {
    stop();
}

void HttpClient::send(protocols::Callback callback, Done done) {
    implementation_->send(std::move(callback), std::move(done));
}

void HttpClient::stop() {
    implementation_->stop();
}

}  // namespace tuma::net
