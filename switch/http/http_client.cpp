#include "switch/http/http_client.h"

#include "switch/http/closing_connection.h"
#include "switch/http/endpoint.h"
#include "switch/http/host_line.h"
#include "switch/http/name_lookup.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <unordered_set>
#include <utility>

namespace tuma::net {
namespace {

HttpFailure not_begun() {
    return {HttpFailureKind::not_begun, "the client makes no more calls"};
}

std::shared_ptr<const TlsContext> unverified_context() {
    // Cannot fail: what verifies nothing reads no certificates.
    auto made = TlsContext::client(false, "");
    return std::move(made).value();
}

std::shared_ptr<const TlsContext> system_trust() {
    // Cannot fail: there is no text of certificates to be wrong.
    auto made = TlsContext::client(true, "");
    return std::move(made).value();
}

// One word for what is one host: the least of its addresses, those of this machine being one.
std::string host_key(const Addresses& addresses, std::uint16_t port) {
    std::string least;
    for (boost::asio::ip::address address : addresses) {
        if (address.is_v6() && address.to_v6().is_v4_mapped())
            address = boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
        // localhost has an address in each family. Both are this machine.
        const bool is_here = address.is_unspecified() || (address.is_v6() && address.is_loopback());
        const std::string text = is_here ? "127.0.0.1" : address.to_string();
        if (least.empty() || text < least) least = text;
    }
    return fmt::format("{} {}", least, port);
}

}  // namespace

class HttpClient::Implementation {
public:
    Implementation(const HttpClientLimits& limits, std::shared_ptr<const TlsContext> trust,
                   CallbackRules rules, ResolveName resolve)
        : limits_(limits),
          rules_(std::move(rules)),
          trust_(std::move(trust)),
          lookup_(context_, std::move(resolve)),
          sweep_(context_),
          work_(context_.get_executor()),
          thread_([this] { context_.run(); }) {}

    void send(HttpCall call, HttpCompletion completion) {
        auto url = http::parse_url(call.url);
        if (!url) return completion(HttpFailure{HttpFailureKind::bad_url, url.error().text()});
        std::unique_lock lock(mutex_);
        if (is_held_ || queued_ >= limits_.queued_max) {
            HttpFailure failure = not_begun();
            if (!is_held_)
                failure = {HttpFailureKind::overloaded,
                           fmt::format("{} calls wait already", limits_.queued_max)};
            // Not under the lock: a completion may send again.
            lock.unlock();
            return completion(std::move(failure));
        }
        ++queued_;
        ++outstanding_;
        auto waiting = std::make_shared<WaitingCall>(
            WaitingCall{std::move(call), std::move(url).value(), std::move(completion)});
        // Under the lock: before whatever `hold` and `stop` post.
        boost::asio::post(context_, [this, waiting] { take(std::move(*waiting)); });
    }

    void hold() {
        const std::lock_guard lock(mutex_);
        if (std::exchange(is_held_, true)) return;
        boost::asio::post(context_, [this] { end_what_was_not_sent(); });
    }

    bool finish(Duration timeout) {
        std::unique_lock lock(mutex_);
        return ended_.wait_for(lock, timeout, [this] { return outstanding_ == 0; });
    }

    void add_own(const Endpoint& endpoint) { rules_.add_own(endpoint); }

    void stop() {
        hold();
        if (!thread_.joinable()) return;
        // Before the context ends, since a look-up under way still posts to it.
        lookup_.stop();
        boost::asio::post(context_, [this] {
            is_ending_ = true;
            // A copy of the list, because each call that ends leaves its line.
            for (const auto& call : all_under_way())
                call->fail(HttpFailureKind::stopped, "the switch stopped before the answer came");
            // After the calls, whose ends look for their lines.
            lines_.clear();
            turns_.clear();
            sweep_.cancel();
            const std::vector<std::shared_ptr<ClosingConnection>> closing(closing_.begin(),
                                                                          closing_.end());
            for (const auto& connection : closing) connection->end();
            work_.reset();
        });
        thread_.join();
    }

private:
    // --- On the client's thread: a call's way to its host

    void take(WaitingCall waiting) {
        // It was posted before `hold`, and its turn has come after it.
        if (is_holding_) return drop(std::move(waiting), not_begun());
        const std::string name = lower_case(waiting.url.host);
        const Addresses plain = plain_addresses(name);
        if (!plain.empty()) return put_in_line(std::move(waiting), plain);
        // One look-up for all calls that wait for this name.
        std::vector<WaitingCall>& same = unresolved_[name];
        same.push_back(std::move(waiting));
        if (same.size() > 1) return;
        lookup_.find(name, [this, name](const Addresses& found) { resolved(name, found); });
    }

    void resolved(const std::string& name, const Addresses& addresses) {
        auto waited = unresolved_.extract(name);
        // `hold` has ended them meanwhile.
        if (waited.empty()) return;
        for (WaitingCall& waiting : waited.mapped()) {
            if (addresses.empty())
                drop(std::move(waiting),
                     {HttpFailureKind::unresolved, "the host's name has no address"});
            else
                put_in_line(std::move(waiting), addresses);
        }
    }

    void put_in_line(WaitingCall waiting, const Addresses& addresses) {
        for (const auto& address : addresses)
            waiting.endpoints.emplace_back(address, waiting.url.port);
        // One that may not be called is enough: a name is not tried until it leads somewhere else.
        for (const auto& endpoint : waiting.endpoints)
            if (auto refusal = rules_.refusal(waiting.url.host, endpoint))
                return drop(std::move(waiting), {HttpFailureKind::forbidden, *std::move(refusal)});
        // By address: two names of one machine share what it can take.
        const std::string key = host_key(addresses, waiting.url.port);
        HostLine& line = lines_.try_emplace(key, limits_.calls_per_host_max).first->second;
        if (line.waiting() >= limits_.queued_per_host_max)
            return drop(std::move(waiting),
                        {HttpFailureKind::overloaded,
                         fmt::format("{} calls wait for this host already", line.waiting())});
        (waiting.call.goes_first ? line.first : line.others).push_back(std::move(waiting));
        give_turn(key, line);
        begin_calls();
    }

    // Nothing was sent.
    void drop(WaitingCall&& waiting, HttpFailure why) {
        count_one_out();
        complete(waiting.completion, std::move(why));
    }

    void complete(const HttpCompletion& completion, HttpResult result) {
        // Without the lock, because a completion may send. It counts as outstanding until it has
        // returned, as `finish` promises.
        completion(std::move(result));
        const std::lock_guard lock(mutex_);
        if (--outstanding_ == 0) ended_.notify_all();
    }

    void count_one_out() {
        const std::lock_guard lock(mutex_);
        --queued_;
    }

    // --- Turns

    void give_turn(const std::string& key, HostLine& line) {
        if (line.has_turn || !line.can_begin()) return;
        line.has_turn = true;
        turns_.push_back(key);
    }

    // The hosts take turns, so that a busy one does not hold the others up.
    void begin_calls() {
        while (under_way_ < limits_.calls_max && !turns_.empty()) {
            const std::string key = std::move(turns_.front());
            turns_.pop_front();
            HostLine& line = lines_.at(key);
            line.has_turn = false;
            // Things may have changed since the turn was given.
            if (line.can_begin()) begin_next(key, line);
            // Its next turn comes behind the other hosts'.
            give_turn(key, line);
            forget_idle(key);
        }
    }

    void begin_next(const std::string& key, HostLine& line) {
        std::deque<WaitingCall>& queue = line.next_queue();
        const HttpCall& next = queue.front().call;
        // Looked at only here: no call that waits needs a timer.
        if (next.useless_at && Steady::now() >= *next.useless_at) {
            drop(take_first(queue),
                 {HttpFailureKind::too_late, "its turn came after the answer was needed"});
            return;
        }
        const std::string flavour = OutgoingCall::flavour(queue.front().url, next.verify_tls);
        auto kept = take_kept(key, line, flavour);
        // All places are taken, and those that wait cannot serve this call. One is closed for it,
        // and its end brings the next turn.
        if (!kept && line.connections() >= line.most) {
            if (!line.kept.empty()) close(key, line, take_oldest_kept(line));
            return;
        }
        WaitingCall waiting = take_first(queue);
        count_one_out();
        const auto call = std::make_shared<OutgoingCall>(
            context_, std::move(waiting.call), std::move(waiting.url), std::move(waiting.endpoints),
            limits_.message);
        line.under_way.push_back(call);
        ++under_way_;
        call->start(std::move(kept), context_for(*call),
                    {.ended =
                         [this, key, completion = std::move(waiting.completion)](
                             OutgoingCall& ended, HttpResult result) {
                             // The line first, since the completion may send to the same host.
                             on_ended(key, ended, result);
                             complete(completion, std::move(result));
                         },
                     .slow = [this, key](const OutgoingCall& slow) { on_slow(key, slow); }});
    }

    static WaitingCall take_first(std::deque<WaitingCall>& queue) {
        WaitingCall waiting = std::move(queue.front());
        queue.pop_front();
        return waiting;
    }

    void forget_idle(const std::string& key) {
        const auto found = lines_.find(key);
        if (found != lines_.end() && found->second.is_idle()) lines_.erase(found);
    }

    const std::shared_ptr<const TlsContext>& context_for(const OutgoingCall& call) {
        if (!call.is_tls()) return no_tls_;
        if (!call.verifies()) {
            if (!unverified_) unverified_ = unverified_context();
            return unverified_;
        }
        // Only when it is needed, since reading the system's certificates takes a while.
        if (!trust_) trust_ = system_trust();
        return trust_;
    }

    // --- What becomes of calls

    void on_ended(const std::string& key, OutgoingCall& call, const HttpResult& result) {
        HostLine& line = lines_.at(key);
        // Before the call leaves the list that both of these look at.
        learn(line, call, result);
        const bool is_in_the_way = line.is_in_the_way(call);
        std::erase(line.under_way, call.shared_from_this());
        --under_way_;
        if (auto stream = call.take_stream()) {
            if (call.may_keep() && !is_in_the_way && !is_holding_)
                keep(line, std::move(stream), call.flavour());
            else
                close(key, line, std::move(stream));
        }
        go_on_with(key);
    }

    static void learn(HostLine& line, const OutgoingCall& call, const HttpResult& result) {
        const Steady::time_point now = Steady::now();
        if (result) {
            line.answered_at = now;
            line.window.on_answer(std::chrono::duration_cast<Duration>(now - call.begun()),
                                  call.timeout());
            return;
        }
        const HttpFailureKind kind = result.error().kind;
        const bool is_out_of_time =
            kind == HttpFailureKind::timed_out ||
            (kind == HttpFailureKind::unreachable && now - call.begun() >= call.timeout());
        // If anything was answered meanwhile, the host is crowded and not silent. `on_slow` deals
        // with that.
        if (is_out_of_time && line.answered_at <= call.begun()) line.window.on_silence();
    }

    void on_slow(const std::string& key, const OutgoingCall& call) {
        HostLine& line = lines_.at(key);
        if (line.answered_at > call.begun())
            line.window.on_crowd(Steady::now(), call.timeout() / 4);
    }

    // Not from within the end of another call.
    void go_on_with(const std::string& key) {
        if (is_ending_) return;
        boost::asio::post(context_, [this, key] {
            const auto found = lines_.find(key);
            if (found == lines_.end()) return;
            give_turn(key, found->second);
            forget_idle(key);
            begin_calls();
        });
    }

    std::vector<std::shared_ptr<OutgoingCall>> all_under_way() const {
        std::vector<std::shared_ptr<OutgoingCall>> all;
        for (const auto& [key, line] : lines_)
            all.insert(all.end(), line.under_way.begin(), line.under_way.end());
        return all;
    }

    void end_what_was_not_sent() {
        is_holding_ = true;
        for (auto& [name, waited] : std::exchange(unresolved_, {}))
            for (WaitingCall& waiting : waited) drop(std::move(waiting), not_begun());
        for (auto& [key, line] : lines_)
            for (auto* queue : {&line.first, &line.others})
                while (!queue->empty()) drop(take_first(*queue), not_begun());
        // What was sent goes on, because the receiver may act upon it: its answer counts.
        for (const auto& call : all_under_way())
            if (!call->has_sent()) call->fail(HttpFailureKind::not_begun, not_begun().reason);
    }

    // --- Connections

    std::unique_ptr<ByteStream> take_kept(const std::string& key, HostLine& line,
                                          const std::string& flavour) {
        // The newest first: it is the last that the server will close.
        for (std::size_t i = line.kept.size(); i-- > 0;) {
            if (line.kept[i].flavour != flavour) continue;
            KeptConnection kept = std::move(line.kept[i]);
            line.kept.erase(line.kept.begin() + static_cast<std::ptrdiff_t>(i));
            // On a connection that the server has closed meanwhile the request would be lost, and
            // it is not sent twice.
            if (is_fresh(kept) && kept.stream->is_quiet()) return std::move(kept.stream);
            close(key, line, std::move(kept.stream));
        }
        return nullptr;
    }

    static std::unique_ptr<ByteStream> take_oldest_kept(HostLine& line) {
        auto oldest = std::move(line.kept.front().stream);
        line.kept.erase(line.kept.begin());
        return oldest;
    }

    bool is_fresh(const KeptConnection& kept) const {
        return Steady::now() < kept.since + limits_.idle_timeout;
    }

    void keep(HostLine& line, std::unique_ptr<ByteStream> stream, std::string flavour) {
        line.kept.push_back({std::move(stream), std::move(flavour), Steady::now()});
        if (!is_sweeping_) sweep_later();
    }

    void close(const std::string& key, HostLine& line, std::unique_ptr<ByteStream> stream) {
        const auto connection = std::make_shared<ClosingConnection>(std::move(stream));
        closing_.insert(connection);
        ++line.closing;
        connection->start(limits_.closing_timeout, [this, key](ClosingConnection& closed) {
            closing_.erase(closed.shared_from_this());
            const auto found = lines_.find(key);
            // The client has stopped, and its lines are gone.
            if (found == lines_.end()) return;
            --found->second.closing;
            go_on_with(key);
        });
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
        for (auto& [key, line] : lines_) {
            // Kept in order of age, so the look ends at the first that is fresh.
            while (!line.kept.empty() && !is_fresh(line.kept.front()))
                close(key, line, take_oldest_kept(line));
            is_any_left = is_any_left || !line.kept.empty();
        }
        if (is_any_left) sweep_later();
    }

    const HttpClientLimits limits_;
    CallbackRules rules_;
    boost::asio::io_context context_{1};

    std::mutex mutex_;
    std::condition_variable ended_;
    std::size_t queued_ = 0;       ///< guarded by mutex_
    std::size_t outstanding_ = 0;  ///< guarded by mutex_
    bool is_held_ = false;         ///< guarded by mutex_

    std::shared_ptr<const TlsContext> trust_;
    std::shared_ptr<const TlsContext> unverified_;
    const std::shared_ptr<const TlsContext> no_tls_;
    NameLookup lookup_;
    std::map<std::string, std::vector<WaitingCall>> unresolved_;
    std::map<std::string, HostLine> lines_;
    std::deque<std::string> turns_;
    std::size_t under_way_ = 0;
    std::unordered_set<std::shared_ptr<ClosingConnection>> closing_;
    boost::asio::steady_timer sweep_;
    bool is_sweeping_ = false;
    bool is_holding_ = false;
    bool is_ending_ = false;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::thread thread_;
};

HttpClient::HttpClient(const HttpClientLimits& limits, std::shared_ptr<const TlsContext> trust,
                       CallbackRules rules, ResolveName resolve)
    : implementation_(std::make_unique<Implementation>(limits, std::move(trust), std::move(rules),
                                                       std::move(resolve))) {}

HttpClient::~HttpClient() {
    implementation_->stop();
}

void HttpClient::send(HttpCall call, HttpCompletion completion) {
    implementation_->send(std::move(call), std::move(completion));
}

void HttpClient::add_own(const Endpoint& endpoint) {
    implementation_->add_own(endpoint);
}

void HttpClient::hold() {
    implementation_->hold();
}

bool HttpClient::finish(Duration timeout) {
    return implementation_->finish(timeout);
}

void HttpClient::stop() {
    implementation_->stop();
}

}  // namespace tuma::net
