#include "tests/support/fake_shop_server.h"

#include "ledger/words/ensure.h"
#include "loadgen/client/http_stream.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <vector>

namespace tuma::testing {
namespace {

using loadgen::HttpStream;

bool is_each(std::uint64_t number, std::uint64_t each) {
    return each != 0 && number % each == 0;
}

std::string post(const std::string& host, const std::string& body) {
    std::string bytes;
    http::append_request(bytes,
                         {.method = "POST", .target = "/callback", .host = host, .body = body});
    return bytes;
}

void send_all(HttpStream& stream, const std::string& bytes) {
    stream.queue(bytes);
    while (stream.has_unsent())
        if (stream.flush()) return;
}

}  // namespace

FakeShopServer::FakeShopServer(const FakeShopFaults& faults) : faults_(faults) {
    listener_ = loadgen::Socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    ensure(::bind(listener_.descriptor(), generic, size) == 0, "a free port on loopback");
    ensure(::listen(listener_.descriptor(), 128) == 0, "the test's port listens");
    ensure(::getsockname(listener_.descriptor(), generic, &size) == 0, "the port has a number");
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
}

void FakeShopServer::stop() {
    is_stopping_ = true;
    if (thread_.joinable()) thread_.join();
}

void FakeShopServer::serve() {
    while (!is_stopping_) {
        std::vector<pollfd> polled{{listener_.descriptor(), POLLIN, 0}};
        for (const auto& [descriptor, stream] : streams_) polled.push_back({descriptor, POLLIN, 0});
        if (::poll(polled.data(), polled.size(), 5) <= 0) continue;
        for (const pollfd& one : polled) {
            if (one.revents == 0) continue;
            if (one.fd != listener_.descriptor()) {
                take_all(one.fd);
                continue;
            }
            loadgen::Socket socket(
                ::accept4(one.fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
            const int descriptor = socket.descriptor();
            streams_[descriptor] = HttpStream(std::move(socket));
            ++connections_;
        }
    }
}

void FakeShopServer::take_all(int descriptor) {
    HttpStream& stream = streams_.at(descriptor);
    std::string reason;
    const HttpStream::Reading reading = stream.receive(reason);
    bool stays = reading != HttpStream::Reading::ended;
    while (stays) {
        const auto request = stream.take_request();
        if (!request) return;
        stays = answer(descriptor, *request);
    }
    streams_.erase(descriptor);
}

bool FakeShopServer::answer(int descriptor, const http::HttpRequest& request) {
    const std::uint64_t number = ++requests_;
    HttpStream& stream = streams_.at(descriptor);
    if (number == faults_.drop_at) return false;
    if (number == faults_.silent_at) return true;
    if (number == faults_.garble_at) {
        send_all(stream, "mumble\n");
        return true;
    }
    const bool is_refused = is_each(number, faults_.refuse_each);
    const std::string host = *request.find("Callback");
    if (!is_refused && faults_.calls_back_first) call_back(host, request.body, number);
    std::string reply;
    http::append_reply(reply, {.body = is_refused ? "no busy" : "ok " + request.body}, {});
    send_all(stream, reply);
    if (!is_refused && !faults_.calls_back_first) call_back(host, request.body, number);
    return !faults_.closes_after_each;
}

void FakeShopServer::call_back(const std::string& host, const std::string& key,
                               std::uint64_t number) {
    if (is_each(number, faults_.lose_each)) return;
    if (!calling_.is_open())
        calling_ = HttpStream(
            loadgen::connect_to(*loadgen::parse_endpoint(host), std::chrono::seconds{5}));
    const std::string word = is_each(number, faults_.decline_each) ? "unpaid " : "paid ";
    const int times = is_each(number, faults_.repeat_each) ? 2 : 1;
    for (int i = 0; i < times; ++i)
        loadgen::call(calling_, post(host, word + key), std::chrono::seconds{5});
}

void FakeShopDialect::make(loadgen::HttpOperation& operation) {
    constexpr std::string_view scheme = "http://";
    const std::string rest = callback_url_.substr(scheme.size());
    operation.bytes.clear();
    http::append_request(operation.bytes,
                         {.method = "POST",
                          .target = "/pay",
                          .host = "shop",
                          .headers = {{"Callback", rest.substr(0, rest.find('/'))}},
                          .body = std::to_string(++made_)});
}

std::optional<loadgen::HttpVerdict> FakeShopDialect::read_reply(
    const http::HttpAnswer& reply, const loadgen::HttpOperation& /*operation*/) {
    if (reply.body.starts_with("ok ")) return loadgen::HttpVerdict{{}, reply.body.substr(3)};
    if (reply.body.starts_with("no ")) return loadgen::HttpVerdict{reply.body.substr(3), {}};
    return std::nullopt;
}

std::optional<loadgen::CallbackNews> FakeShopDialect::read_callback(
    const http::HttpRequest& callback) {
    const std::size_t blank = callback.body.find(' ');
    if (blank == std::string::npos) return std::nullopt;
    return loadgen::CallbackNews{callback.body.substr(blank + 1),
                                 callback.body.starts_with("paid")};
}

}  // namespace tuma::testing
