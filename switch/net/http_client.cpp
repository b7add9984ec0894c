#include "switch/net/http_client.h"

#include "switch/net/outgoing_call.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

namespace tuma::net {
namespace {

using CallPointer = std::shared_ptr<OutgoingCall>;

struct KeptConnection {
    std::unique_ptr<ByteStream> stream;
    Steady::time_point since;
};

/// What goes to one host.
struct Route {
    std::size_t under_way = 0;
    std::deque<CallPointer> waiting{};  ///< some may have run out of time
    bool has_turn = false;              ///< it is in the line of routes
    std::vector<KeptConnection> kept{};
};

std::shared_ptr<const TlsContext> unverified_context() {
    auto made = TlsContext::client(false, "");
    return std::move(made).value();
}

std::shared_ptr<const TlsContext> system_trust() {
    auto made = TlsContext::client(true, "");
    return std::move(made).value();
}

}  // namespace

class HttpClient::Implementation {
public:
    Implementation(const HttpClientLimits& limits, std::shared_ptr<const TlsContext> trust,
                   CallbackRules rules)
        : limits_(limits),
          rules_(std::move(rules)),
          trust_(std::move(trust)),
          sweep_(context_),
          work_(context_.get_executor()),
          thread_([this] { context_.run(); }) {}

    void send(HttpCall call, HttpCompletion completion) {
        auto url = http::parse_url(call.url);
        if (!url) return completion(HttpFailure{HttpFailureKind::bad_url, url.error().text()});
        const Steady::time_point deadline = Steady::now() + call.timeout;
        std::unique_lock lock(mutex_);
        if (is_stopped_ || queued_ >= limits_.queued_max) {
            const bool is_stopped = is_stopped_;
            lock.unlock();
            return completion(
                is_stopped ? HttpFailure{HttpFailureKind::stopped, "the client has stopped"}
                           : HttpFailure{HttpFailureKind::overloaded, "too many calls wait"});
        }
        ++queued_;
        const auto outgoing = std::make_shared<OutgoingCall>(
            context_, rules_, std::move(call), std::move(url).value(), limits_.message);
        boost::asio::post(context_,
                          [this, outgoing, deadline, completion = std::move(completion)]() mutable {
                              take(outgoing, deadline, std::move(completion));
                          });
    }

    void add_own(const Endpoint& endpoint) { rules_.add_own(endpoint); }

    void stop() {
        {
            const std::lock_guard lock(mutex_);
            is_stopped_ = true;
        }
        if (!thread_.joinable()) return;
        boost::asio::post(context_, [this] {
            const std::vector<CallPointer> all(calls_.begin(), calls_.end());
            is_ending_ = true;
            for (const CallPointer& call : all)
                call->fail(HttpFailureKind::stopped, "the client has stopped");
            routes_.clear();
            turns_.clear();
            sweep_.cancel();
            work_.reset();
        });
        thread_.join();
    }

private:
    // --- On the client's thread

    void take(const CallPointer& call, Steady::time_point deadline, HttpCompletion completion) {
        calls_.insert(call);
        call->await_end(deadline, [this, completion = std::move(completion)](OutgoingCall& ended,
                                                                             HttpResult result) {
            on_ended(ended);
            completion(std::move(result));
        });
        if (is_ending_) return call->fail(HttpFailureKind::stopped, "the client has stopped");
        routes_[call->route()].waiting.push_back(call);
        give_turn(call->route());
        begin_calls();
    }

    void give_turn(const std::string& name) {
        Route& route = routes_[name];
        if (route.has_turn || route.waiting.empty() ||
            route.under_way >= limits_.calls_per_host_max)
            return;
        route.has_turn = true;
        turns_.push_back(name);
    }

    // The routes take turns, so that a busy host does not hold the others up.
    void begin_calls() {
        while (under_way_ < limits_.calls_max && !turns_.empty()) {
            const std::string name = std::move(turns_.front());
            turns_.pop_front();
            Route& route = routes_[name];
            route.has_turn = false;
            while (!route.waiting.empty() && !calls_.contains(route.waiting.front()))
                route.waiting.pop_front();
            if (route.waiting.empty()) {
                forget_idle(name);
                continue;
            }
            const CallPointer call = std::move(route.waiting.front());
            route.waiting.pop_front();
            ++route.under_way;
            ++under_way_;
            count_one_out();
            auto kept = take_kept(route);
            give_turn(name);
            call->start(std::move(kept), context_for(*call));
        }
    }

    void forget_idle(const std::string& name) {
        const Route& route = routes_[name];
        const bool is_idle = route.waiting.empty() && route.under_way == 0 && route.kept.empty();
        if (is_idle && !route.has_turn) routes_.erase(name);
    }

    void count_one_out() {
        const std::lock_guard lock(mutex_);
        --queued_;
    }

    void on_ended(OutgoingCall& call) {
        calls_.erase(call.shared_from_this());
        if (!call.was_started()) return count_one_out();
        --under_way_;
        Route& route = routes_[call.route()];
        --route.under_way;
        keep(route, call.take_kept());
        give_turn(call.route());
        forget_idle(call.route());
        // Not from within the end of another call, which may be within its start.
        if (!is_ending_) boost::asio::post(context_, [this] { begin_calls(); });
    }

    const std::shared_ptr<const TlsContext>& context_for(const OutgoingCall& call) {
        if (!call.is_tls()) return no_tls_;
        if (!call.verifies()) {
            if (!unverified_) unverified_ = unverified_context();
            return unverified_;
        }
        if (!trust_) trust_ = system_trust();
        return trust_;
    }

    std::unique_ptr<ByteStream> take_kept(Route& route) {
        while (!route.kept.empty()) {
            KeptConnection kept = std::move(route.kept.back());
            route.kept.pop_back();
            const bool is_fresh = Steady::now() < kept.since + limits_.idle_timeout;
            if (is_fresh && kept.stream->is_quiet()) return std::move(kept.stream);
        }
        return nullptr;
    }

    void keep(Route& route, std::unique_ptr<ByteStream> stream) {
        if (!stream || is_ending_ || route.kept.size() >= limits_.kept_per_host_max) return;
        route.kept.push_back({std::move(stream), Steady::now()});
        if (!is_sweeping_) sweep_later();
    }

    // One timer for all connections that are kept.
    void sweep_later() {
        is_sweeping_ = true;
        sweep_.expires_after(limits_.idle_timeout);
        sweep_.async_wait([this](const boost::system::error_code& error) {
            is_sweeping_ = false;
            if (!error) sweep();
        });
    }

    void sweep() {
        bool is_any_left = false;
        for (auto at = routes_.begin(); at != routes_.end();) {
            Route& route = at->second;
            std::erase_if(route.kept, [this](const KeptConnection& kept) {
                return Steady::now() >= kept.since + limits_.idle_timeout;
            });
            is_any_left = is_any_left || !route.kept.empty();
            const bool is_idle =
                route.kept.empty() && route.under_way == 0 && route.waiting.empty();
            at = is_idle && !route.has_turn ? routes_.erase(at) : std::next(at);
        }
        if (is_any_left) sweep_later();
    }

    const HttpClientLimits limits_;
    CallbackRules rules_;
    boost::asio::io_context context_{1};

    std::mutex mutex_;
    std::size_t queued_ = 0;   ///< guarded by mutex_
    bool is_stopped_ = false;  ///< guarded by mutex_

    std::shared_ptr<const TlsContext> trust_;
    std::shared_ptr<const TlsContext> unverified_;
    const std::shared_ptr<const TlsContext> no_tls_;
    std::unordered_set<CallPointer> calls_;
    std::map<std::string, Route> routes_;
    std::deque<std::string> turns_;
    std::size_t under_way_ = 0;
    boost::asio::steady_timer sweep_;
    bool is_sweeping_ = false;
    bool is_ending_ = false;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::thread thread_;
};

HttpClient::HttpClient(const HttpClientLimits& limits, std::shared_ptr<const TlsContext> trust,
                       CallbackRules rules)
    : implementation_(
          std::make_unique<Implementation>(limits, std::move(trust), std::move(rules))) {}

HttpClient::~HttpClient() {
    implementation_->stop();
}

void HttpClient::send(HttpCall call, HttpCompletion completion) {
    implementation_->send(std::move(call), std::move(completion));
}

void HttpClient::add_own(const Endpoint& endpoint) {
    implementation_->add_own(endpoint);
}

void HttpClient::stop() {
    implementation_->stop();
}

}  // namespace tuma::net
