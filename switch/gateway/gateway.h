// From an HTTP request to its reply: picks the dialect, asks the engine, applies faults.
#pragma once

#include "protocols/kit/adapter.h"
#include "switch/engine/clock.h"
#include "switch/engine/engine.h"
#include "switch/engine/history.h"
#include "switch/gateway/fault_rules.h"
#include "switch/gateway/request_log.h"
#include "switch/ops/metrics.h"
#include "switch/ops/stage_times.h"

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace boost::asio {
class thread_pool;
}

namespace tuma::net {

/// Draws the random bytes that dialects need for one purpose, "request" or "notice", with a number
/// that comes once; any thread.
using EntropySource = std::function<protocols::Entropy(std::string_view, std::uint64_t)>;
/// Called exactly once with the reply; any thread.
using Respond = std::function<void(http::HttpReply)>;

/// Everything that dialects work with. Requires: outlives who uses it.
struct Translation {
    std::vector<const protocols::Adapter*> adapters;
    protocols::Directory& directory;
    Clock& clock;
    const EntropySource entropy;
    std::atomic<std::uint64_t> counter{0};

    Translation(std::vector<const protocols::Adapter*> the_adapters,
                protocols::Directory& the_directory, Clock& the_clock, EntropySource the_entropy)
        : adapters(std::move(the_adapters)),
          directory(the_directory),
          clock(the_clock),
          entropy(std::move(the_entropy)) {}

    /// For the next request.
    protocols::Context context() {
        const std::uint64_t number = counter.fetch_add(1) + 1;
        return context("request", number, number);
    }
    /// For an attempt to tell something. Its entropy is its own: attempts run beside requests.
    protocols::Context context(const core::Effect& effect) {
        return context("notice", (effect.notice.value << 16U) | effect.attempt, counter.load());
    }

private:
    protocols::Context context(std::string_view purpose, std::uint64_t number,
                               std::uint64_t count) {
        return {clock.now(), directory,       entropy(purpose, number),
                count,       clock.outside(), clock.is_by_hand()};
    }
};

/// Hands requests to dialects, their commands to the engine and their reading to the history.
/// Outcomes come back on other threads; what is made of them is made on `threads` threads of the
/// gateway's own.
class Gateway {
public:
    Gateway(Engine& engine, History& history, Translation& translation, FaultRules& faults,
            Metrics& metrics, std::size_t threads);
    ~Gateway();
    Gateway(const Gateway&) = delete;
    Gateway& operator=(const Gateway&) = delete;

    /// Any thread. A path that no dialect owns gets 404.
    void handle(http::HttpRequest request, Respond respond);
    /// Waits for what is being made; what comes later is dropped. Requires: the engine is drained.
    void stop();

    /// What became of the requests.
    const RequestLog& requests() const { return requests_; }

    /// Runs `work`, which may take long, on one of the gateway's threads.
    void post(std::function<void()> work);

    /// Carries out what a dialect or an administrator asks; `respond` gets the reply in the end.
    void carry_on(protocols::Answer answer, Respond respond);

private:
    class Exchange;
    class Lookup;

    /// What has become of a request's time before its reply.
    struct Spent {
        std::optional<Steady::time_point> begun{};  ///< nothing for what is no operation
        bool asked = false;                         ///< the engine, at least once
        StageTimes engine{};

        void add(const StageTimes& times) {
            asked = true;
            engine.add(times);
        }
    };

    void carry_on(protocols::Answer answer, Respond respond, const Spent& spent);
    Respond logged(const http::HttpRequest& request, std::string_view dialect,
                   std::string_view fault, Respond respond);
    void serve(const protocols::Adapter* adapter, const http::HttpRequest& request, Respond respond,
               std::string_view words, Steady::time_point begun);

    Engine& engine_;
    History& history_;
    Translation& translation_;
    FaultRules& faults_;
    Metrics& metrics_;
    RequestLog requests_;
    std::unique_ptr<boost::asio::thread_pool> threads_;
};

}  // namespace tuma::net
