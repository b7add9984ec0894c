// An HTTP listener in this process, its requests at the test's hands, and a raw client.
#pragma once

#include "switch/http/http_server.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace tuma::test {

/// One reply as read from the wire.
struct RawReply {
    int status = 0;
    std::string head;
    std::string body;

    bool closes() const { return head.find("\r\nConnection: close\r\n") != std::string::npos; }
};

/// A client that sends any bytes and reads replies one by one.
class RawClient {
public:
    explicit RawClient(const net::Endpoint& endpoint) : socket_(context_) {
        socket_.connect({boost::asio::ip::make_address(endpoint.address), endpoint.port});
    }

    boost::asio::ip::tcp::socket& socket() { return socket_; }
    /// What the server has closed already is not the test's failure.
    void send(std::string_view bytes) {
        boost::system::error_code ignored;
        boost::asio::write(socket_, boost::asio::buffer(bytes), ignored);
    }
    void end_sending() { socket_.shutdown(boost::asio::ip::tcp::socket::shutdown_send); }

    /// The next reply; nothing when the connection ends instead.
    std::optional<RawReply> receive(bool is_head = false) {
        std::size_t end = 0;
        while ((end = bytes_.find("\r\n\r\n")) == std::string::npos)
            if (!more()) return std::nullopt;
        RawReply reply;
        reply.head = bytes_.substr(0, end + 2);
        reply.status = std::stoi(reply.head.substr(9, 3));
        bytes_.erase(0, end + 4);
        const std::string length_name = "\r\nContent-Length: ";
        const std::size_t at = reply.head.find(length_name);
        const bool has_body = at != std::string::npos && !is_head;
        const std::size_t length =
            has_body ? std::stoul(reply.head.substr(at + length_name.size())) : 0;
        while (bytes_.size() < length)
            if (!more()) return std::nullopt;
        reply.body = bytes_.substr(0, length);
        bytes_.erase(0, length);
        return reply;
    }
    /// True when the server ends the connection without another byte.
    bool is_ended() { return bytes_.empty() && !more(); }

private:
    bool more() {
        char room[16 * 1024];
        boost::system::error_code error;
        const std::size_t count = socket_.read_some(boost::asio::buffer(room), error);
        bytes_.append(room, count);
        return !error;
    }

    boost::asio::io_context context_;
    boost::asio::ip::tcp::socket socket_;
    std::string bytes_;
};

inline http::HttpReply text_reply(std::string body) {
    http::HttpReply reply;
    reply.body = std::move(body);
    return reply;
}

/// Answers with what was asked: "GET /x host=a tls=0 [body]".
inline void echo(const http::HttpRequest& request, net::HttpResponder responder) {
    responder.answer(text_reply(request.method + " " + request.target + " host=" + request.host +
                                " tls=" + (request.is_tls ? "1" : "0") + " [" + request.body +
                                "]"));
}

/// Keeps requests until the test answers them.
class Inbox {
public:
    struct Asked {
        http::HttpRequest request;
        net::HttpResponder responder;
    };

    net::HttpHandler handler() {
        return [this](http::HttpRequest request, net::HttpResponder responder) {
            {
                const std::lock_guard lock(mutex_);
                asked_.push_back({std::move(request), std::move(responder)});
            }
            changed_.notify_all();
        };
    }
    /// Waits for the next request.
    Asked next() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !asked_.empty(); });
        Asked first = std::move(asked_.front());
        asked_.pop_front();
        return first;
    }
    std::size_t size() {
        const std::lock_guard lock(mutex_);
        return asked_.size();
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Asked> asked_;
};

/// A listener in the clear and, with a certificate, one under TLS.
struct HttpWorld {
    explicit HttpWorld(const net::HttpServer::Parts& parts,
                       const net::HttpServerLimits& limits = {})
        : server(parts, metrics, limits) {
        endpoint = server.listen({"127.0.0.1", 0});
        if (parts.tls) tls_endpoint = server.listen_tls({"127.0.0.1", 0});
        server.start();
    }

    RawClient client() const { return RawClient(endpoint); }

    net::Metrics metrics;
    net::HttpServer server;
    net::Endpoint endpoint;
    net::Endpoint tls_endpoint;
};

inline std::string get(const std::string& target, const std::string& fields = "") {
    return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

inline std::string post(const std::string& target, const std::string& body,
                        const std::string& fields = "") {
    return "POST " + target + " HTTP/1.1\r\nHost: a\r\n" + fields +
           "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace tuma::test
