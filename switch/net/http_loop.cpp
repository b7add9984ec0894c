#include "switch/net/http_loop.h"

#include "switch/net/http_session.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace tuma::net {
namespace {

constexpr Duration http_tick_max = std::chrono::seconds{1};
constexpr Duration http_tick_min = std::chrono::milliseconds{5};

}  // namespace

bool HttpService::admit() {
    const std::lock_guard lock(mutex);
    if (open >= limits.connections_max) return false;
    ++open;
    ++unsettled;
    metrics.http_connections.set(static_cast<std::int64_t>(open));
    return true;
}

void HttpService::settle() {
    const std::lock_guard lock(mutex);
    if (--unsettled == 0) emptied.notify_all();
}

void HttpService::leave() {
    const std::lock_guard lock(mutex);
    --open;
    metrics.http_connections.set(static_cast<std::int64_t>(open));
}

HttpLoop::HttpLoop(std::shared_ptr<HttpService> service)
    : context(1),
      service_(std::move(service)),
      scratch_(std::make_unique_for_overwrite<char[]>(scratch_bytes)),
      timer_(context),
      work_(context.get_executor()) {}

void HttpLoop::run() {
    tick();
    context.run();
}

void HttpLoop::add(boost::asio::ip::tcp::socket socket, bool is_tls) {
    if (is_ended_) {
        service_->settle();
        service_->leave();
        return;
    }
    auto session = std::make_shared<HttpSession>(shared_from_this(), std::move(socket), is_tls);
    sessions_.insert(session);
    if (stops_reading_)
        session->close();
    else
        session->start();
}

void HttpLoop::remove(const std::shared_ptr<HttpSession>& session) {
    std::erase(awaiting_handshake_, session);
    sessions_.erase(session);
}

void HttpLoop::stop_reading() {
    stops_reading_ = true;
    // A session that is closed leaves the set, so the walk is over a copy.
    const std::vector<std::shared_ptr<HttpSession>> all(sessions_.begin(), sessions_.end());
    for (const auto& session : all) session->stop_reading();
}

// Nothing may be left that waits: what waits holds its session, and that holds the loop.
void HttpLoop::end() {
    is_ended_ = true;
    const std::vector<std::shared_ptr<HttpSession>> all(sessions_.begin(), sessions_.end());
    for (const auto& session : all) session->close();
    timer_.cancel();
    const std::lock_guard lock(mutex_);
    takes_no_more_ = true;
    if (!is_woken_) work_.reset();
}

// One coarse timer for all sessions, instead of one for each step.
void HttpLoop::tick() {
    const HttpServerLimits& limits = service_->limits;
    const Duration shortest =
        std::min({limits.header_timeout, limits.body_timeout, limits.idle_timeout,
                  limits.reply_timeout, limits.write_timeout, limits.handshake_timeout});
    timer_.expires_after(std::clamp(shortest / 4, http_tick_min, http_tick_max));
    timer_.async_wait([this](const boost::system::error_code& error) {
        if (error || is_ended_) return;
        const Steady::time_point now = Steady::now();
        std::vector<std::shared_ptr<HttpSession>> late;
        for (const auto& session : sessions_)
            if (session->is_late(now)) late.push_back(session);
        for (const auto& session : late) session->give_up(now);
        tick();
    });
}

void HttpLoop::answered(std::shared_ptr<HttpSession> session, std::uint64_t number,
                        std::optional<http::HttpReply> reply) {
    {
        const std::lock_guard lock(mutex_);
        if (takes_no_more_) return;
        answered_.push_back({std::move(session), number, std::move(reply)});
        if (is_woken_) return;
        is_woken_ = true;
    }
    boost::asio::post(context, [self = shared_from_this()] { self->take_answers(); });
}

void HttpLoop::take_answers() {
    std::vector<Answer> taken;
    {
        const std::lock_guard lock(mutex_);
        is_woken_ = false;
        taken.swap(answered_);
        // The loop was ended while this wake-up was on its way, and ran on to get it.
        if (takes_no_more_) work_.reset();
    }
    for (Answer& answer : taken) {
        answer.session->take_answer(answer.number, std::move(answer.reply));
        answer.session->advance();
    }
}

bool HttpLoop::take_handshake(const std::shared_ptr<HttpSession>& session) {
    const std::size_t all = service_->limits.handshakes_max;
    const std::size_t threads = std::max<std::size_t>(service_->limits.io_threads, 1);
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
    const std::shared_ptr<HttpSession> next = std::move(awaiting_handshake_.front());
    awaiting_handshake_.pop_front();
    // Not from within the session that gives its turn back.
    boost::asio::post(context, [next] { next->begin_handshake(); });
}

}  // namespace tuma::net
