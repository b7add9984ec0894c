#include "switch/http/http_loop.h"

#include "ledger/words/ensure.h"
#include "switch/http/http_session.h"
#include "switch/http/listener.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace tuma::net {

http::HttpReply plain_error_reply(int status, std::string_view reason) {
    http::HttpReply reply;
    reply.status = status;
    reply.headers = {{"Content-Type", "text/plain; charset=utf-8"}};
    reply.body = std::string(reason) + "\n";
    return reply;
}

void HttpResponder::answer(http::HttpReply reply) {
    ensure(deliver_ != nullptr, "a request is answered once");
    std::exchange(deliver_, nullptr)(std::move(reply));
}

void HttpResponder::drop() {
    // The handler went away without an answer. The session makes an error of it.
    if (deliver_ != nullptr) std::exchange(deliver_, nullptr)(std::nullopt);
}

HttpServer::HttpServer(const Parts& parts, Metrics& metrics, const HttpServerLimits& limits)
    : Server(std::make_unique<Listener<HttpLoop>>(
          std::make_shared<HttpService>(parts, metrics, limits))),
      has_certificate_(parts.tls != nullptr) {}

Endpoint HttpServer::listen_tls(const Endpoint& endpoint) {
    ensure(has_certificate_, "a listener under TLS needs a certificate");
    return listener_->listen(endpoint, true);
}

Duration HttpService::shortest_timeout() const {
    return std::min({limits.header_timeout, limits.body_timeout, limits.idle_timeout,
                     limits.reply_timeout, limits.write_timeout, limits.handshake_timeout});
}

// Under TLS nothing can be said before a handshake.
std::string HttpService::farewell(bool is_tls) {
    std::string words;
    if (is_tls) return words;
    metrics.http_requests[4].add();
    append_reply(words, parts.error_reply(503, "too many connections are open"),
                 {.keeps_open = false});
    return words;
}

HttpLoop::HttpLoop(std::shared_ptr<HttpService> service)
    : SessionLoop(std::move(service)),
      scratch_(std::make_unique_for_overwrite<char[]>(scratch_bytes)) {}

void HttpLoop::deliver(std::vector<HttpSessionAnswer>& answers) {
    for (HttpSessionAnswer& answer : answers) {
        answer.session->take_answer(answer.number, std::move(answer.reply));
        answer.session->advance();
    }
}

void HttpLoop::on_remove(const std::shared_ptr<HttpSession>& session) {
    std::erase(awaiting_handshake_, session);
}

bool HttpLoop::take_handshake(const std::shared_ptr<HttpSession>& session) {
    const std::size_t all = service().limits.handshakes_max;
    const std::size_t threads = std::max<std::size_t>(service().limits.io_threads, 1);
    // Each loop has its share, so that loops need to share nothing; at least one, or nobody would
    // get in.
    if (handshakes_ < std::max<std::size_t>(all / threads, 1)) {
        ++handshakes_;
        return true;
    }
    awaiting_handshake_.push_back(session);
    return false;
}

void HttpLoop::give_handshake_back() {
    if (awaiting_handshake_.empty()) {
        --handshakes_;
        return;
    }
    // The place goes to the next one, so the count stays as it is.
    const std::shared_ptr<HttpSession> next = std::move(awaiting_handshake_.front());
    awaiting_handshake_.pop_front();
    // Not from within the session that gives its turn back.
    boost::asio::post(context, [next] { next->begin_handshake(); });
}

}  // namespace tuma::net
