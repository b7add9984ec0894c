// One I/O thread of a listener: its event loop, the sessions that live on it and what they share.
#pragma once

#include "ledger/words/time.h"
#include "switch/engine/clock.h"
#include "switch/ops/metrics.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <iterator>
#include <memory>
#include <mutex>
#include <unordered_set>
#include <utility>
#include <vector>

namespace tuma::net {

/// How many sessions a listener has, and what memory they hold together. Any thread.
class SessionCount {
public:
    /// `gauge` shows how many are open. Requires: it stays.
    SessionCount(std::size_t sessions_max, Gauge& gauge)
        : sessions_max_(sessions_max), gauge_(gauge) {}

    /// Counts a new session, or refuses it when there are too many.
    bool admit();
    /// A session has got its last byte.
    void settle();
    /// A session is gone.
    void leave();
    /// True when every session has got its last byte within `deadline`.
    bool wait_settled(Duration deadline);

    /// Each session counts its own part.
    std::atomic<std::size_t> memory_bytes{0};

private:
    const std::size_t sessions_max_;
    Gauge& gauge_;
    std::mutex mutex_;
    std::condition_variable emptied_;
    std::size_t open_ = 0;       ///< guarded by mutex_
    std::size_t unsettled_ = 0;  ///< guarded by mutex_
};

/// The time between two looks at who is late, given the shortest time that a session may take.
Duration tick_for(Duration shortest);

/// `Own` is the class that derives from this one: it has `deliver(answers)` and may replace the
/// functions that begin with `on_`. `TheService` is a SessionCount that names its `Session` and
/// what comes back for one, its `Answer`, and has the limits' `shortest_timeout()` and the words
/// of `farewell(is_tls)` for whom there is no room. A session is made from (loop, socket, is_tls)
/// and has start, stop_reading, close, is_late(now), give_up.
///
/// Kept alive by its sessions, and these by their requests on other threads, so that a late answer
/// still finds them. All but `answered` is called on the loop's own thread.
template <typename Own, typename TheService>
class SessionLoop : public std::enable_shared_from_this<Own> {
public:
    using Service = TheService;
    using Session = typename Service::Session;
    using Answer = typename Service::Answer;

    explicit SessionLoop(std::shared_ptr<Service> service)
        : context(1),
          service_(std::move(service)),
          timer_(context),
          work_(context.get_executor()) {}

    boost::asio::io_context context;

    Service& service() { return *service_; }

    /// Runs until `end`.
    void run() {
        tick();
        context.run();
    }

    /// Takes an accepted socket; it was admitted.
    void add(boost::asio::ip::tcp::socket socket, bool is_tls) {
        // It was admitted before the end, so it is counted out.
        if (is_ended_) {
            service_->settle();
            service_->leave();
            return;
        }
        auto session =
            std::make_shared<Session>(this->shared_from_this(), std::move(socket), is_tls);
        sessions_.insert(session);
        if (stops_reading_)
            session->stop_reading();
        else
            session->start();
    }

    void remove(const std::shared_ptr<Session>& session) {
        own().on_remove(session);
        sessions_.erase(session);
    }

    /// Reads nothing more from any session, now and later.
    void stop_reading() {
        stops_reading_ = true;
        for (const auto& session : all()) session->stop_reading();
    }

    /// Closes all sessions, now and later, so that `run` returns. Nothing may be left that waits:
    /// what waits holds its session, and that holds the loop.
    void end() {
        is_ended_ = true;
        for (const auto& session : all()) session->close();
        timer_.cancel();
        own().on_end();
        const std::lock_guard lock(mutex_);
        takes_no_more_ = true;
        // A wake-up that is on its way does it instead.
        if (!is_woken_) work_.reset();
    }

    /// What a session waits for has come. Any thread; the loop is woken once for all that gather.
    void answered(Answer answer) {
        {
            const std::lock_guard lock(mutex_);
            if (takes_no_more_) return;
            answered_.push_back(std::move(answer));
            if (is_woken_) return;
            is_woken_ = true;
        }
        boost::asio::post(context, [self = this->shared_from_this()] { self->take_answers(); });
    }

protected:
    ~SessionLoop() = default;

    bool is_ended() const { return is_ended_; }
    void on_remove(const std::shared_ptr<Session>&) {}
    void on_tick() {}
    void on_end() {}

private:
    Own& own() { return static_cast<Own&>(*this); }

    // A session that is closed leaves the set, so a walk is over a copy.
    std::vector<std::shared_ptr<Session>> all() const {
        return {sessions_.begin(), sessions_.end()};
    }

    // One coarse timer for all sessions, instead of one for each step.
    void tick() {
        timer_.expires_after(tick_for(service_->shortest_timeout()));
        timer_.async_wait([this](const boost::system::error_code& error) {
            // A timer that has run out already cannot be cancelled any more.
            if (error || is_ended_) return;
            const Steady::time_point now = Steady::now();
            std::vector<std::shared_ptr<Session>> late;
            std::ranges::copy_if(sessions_, std::back_inserter(late),
                                 [now](const auto& session) { return session->is_late(now); });
            for (const auto& session : late) session->give_up();
            own().on_tick();
            tick();
        });
    }

    void take_answers() {
        {
            const std::lock_guard lock(mutex_);
            is_woken_ = false;
            taken_.swap(answered_);
            // The loop was ended while this wake-up was on its way, and ran on to get it.
            if (takes_no_more_) work_.reset();
        }
        // Without the lock, since delivering may bring further answers.
        own().deliver(taken_);
        taken_.clear();
    }

    std::shared_ptr<Service> service_;
    std::unordered_set<std::shared_ptr<Session>> sessions_;
    boost::asio::steady_timer timer_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    bool stops_reading_ = false;
    bool is_ended_ = false;
    std::vector<Answer> taken_;

    std::mutex mutex_;
    std::vector<Answer> answered_;  ///< guarded by mutex_
    bool is_woken_ = false;         ///< guarded by mutex_
    bool takes_no_more_ = false;    ///< guarded by mutex_
};

}  // namespace tuma::net
