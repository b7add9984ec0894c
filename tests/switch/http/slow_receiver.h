// A receiver of callbacks that answers them one by one, by hand or by itself, and counts its
// connections.
#pragma once

#include "switch/http/endpoint.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

namespace tuma::test {

/// Takes any number of connections and reads requests whose body is "{}"; answers the one that came
/// first when it is told to.
class SlowReceiver {
public:
    /// `closes`: a connection ends with its answer.
    explicit SlowReceiver(bool closes = false)
        : closes_(closes), acceptor_(context_, {boost::asio::ip::address_v4::loopback(), 0}) {
        accept();
        thread_ = std::thread([this] { context_.run(); });
    }
    ~SlowReceiver() {
        context_.stop();
        thread_.join();
    }
    SlowReceiver(const SlowReceiver&) = delete;
    SlowReceiver& operator=(const SlowReceiver&) = delete;

    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    std::string url(const std::string& host = "127.0.0.1") const {
        return "http://" + host + ":" + std::to_string(port()) + "/cb";
    }
    /// Waits for the next request and answers it.
    void answer_one() {
        std::unique_lock lock(mutex_);
        came_.wait(lock, [this] { return !waiting_.empty(); });
        const auto connection = waiting_.front();
        waiting_.pop_front();
        lock.unlock();
        boost::asio::post(context_, [this, connection] { answer(connection); });
    }
    void answer_many(int count) {
        for (int i = 0; i < count; ++i) answer_one();
    }
    /// Waits until so many requests wait for their answer.
    void wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        came_.wait(lock, [&] { return waiting_.size() >= count; });
    }
    std::size_t waiting() {
        const std::lock_guard lock(mutex_);
        return waiting_.size();
    }
    /// Most connections that were open at a time.
    std::size_t most_open() {
        const std::lock_guard lock(mutex_);
        return most_open_;
    }
    std::size_t requests() {
        const std::lock_guard lock(mutex_);
        return requests_;
    }

private:
    struct Connection {
        explicit Connection(boost::asio::ip::tcp::socket accepted) : socket(std::move(accepted)) {}
        boost::asio::ip::tcp::socket socket;
        std::string bytes;
    };
    using Pointer = std::shared_ptr<Connection>;

    void accept() {
        acceptor_.async_accept(
            [this](const boost::system::error_code& error, boost::asio::ip::tcp::socket socket) {
                if (error) return;
                {
                    const std::lock_guard lock(mutex_);
                    most_open_ = std::max(most_open_, ++open_);
                }
                read(std::make_shared<Connection>(std::move(socket)));
                accept();
            });
    }
    void read(const Pointer& connection) {
        boost::asio::async_read_until(
            connection->socket, boost::asio::dynamic_buffer(connection->bytes), "\r\n\r\n{}",
            [this, connection](const boost::system::error_code& error, std::size_t size) {
                if (error) return close(connection);
                connection->bytes.erase(0, size);
                {
                    const std::lock_guard lock(mutex_);
                    waiting_.push_back(connection);
                    ++requests_;
                }
                came_.notify_all();
            });
    }
    void answer(const Pointer& connection) {
        const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n";
        boost::system::error_code ignored;
        boost::asio::write(
            connection->socket,
            boost::asio::buffer(head + (closes_ ? "Connection: close\r\n\r\nok" : "\r\nok")),
            ignored);
        if (closes_)
            close(connection);
        else
            read(connection);
    }
    void close(const Pointer& connection) {
        boost::system::error_code ignored;
        connection->socket.close(ignored);
        const std::lock_guard lock(mutex_);
        --open_;
    }

    const bool closes_;
    boost::asio::io_context context_;
    boost::asio::ip::tcp::acceptor acceptor_;
    std::mutex mutex_;
    std::condition_variable came_;
    std::deque<Pointer> waiting_;
    std::size_t open_ = 0;
    std::size_t most_open_ = 0;
    std::size_t requests_ = 0;
    std::thread thread_;
};

}  // namespace tuma::test
