// From an HTTP request to its reply: picks the dialect, asks the engine, applies faults.
#pragma once

#include "protocols/adapter.h"
#include "switch/net/clock.h"
#include "switch/net/engine.h"
#include "switch/net/fault_rules.h"
#include "switch/net/history.h"

#include <atomic>
#include <functional>
#include <memory>
#include <vector>

namespace boost::asio {
class thread_pool;
}

namespace tuma::net {

/// Draws what dialects need of chance for one purpose, "request" or "notice", with a number that
/// comes once; any thread.
using ChanceSource = std::function<protocols::Chance(std::string_view, std::uint64_t)>;
/// Called exactly once with the reply; any thread.
using Respond = std::function<void(http::HttpReply)>;

/// Everything that dialects work with. Requires: outlives who uses it.
struct Translation {
    std::vector<const protocols::Adapter*> adapters;
    protocols::Directory& directory;
    Clock& clock;
    const ChanceSource chance;
    std::atomic<std::uint64_t> counter{0};

    Translation(std::vector<const protocols::Adapter*> the_adapters,
                protocols::Directory& the_directory, Clock& the_clock, ChanceSource the_chance)
        : adapters(std::move(the_adapters)),
          directory(the_directory),
          clock(the_clock),
          chance(std::move(the_chance)) {}

    /// For the next request.
    protocols::Context context() {
        const std::uint64_t number = counter.fetch_add(1) + 1;
        return context("request", number, number);
    }
    /// For an attempt to tell something. Its chance is its own: attempts run beside requests.
    protocols::Context context(const core::Effect& effect) {
        return context("notice", (effect.notice.value << 16U) | effect.attempt, counter.load());
    }

private:
    protocols::Context context(std::string_view purpose, std::uint64_t number,
                               std::uint64_t count) {
        return {clock.now(), directory,       chance(purpose, number),
                count,       clock.outside(), clock.is_by_hand()};
    }
};

/// Hands requests to dialects, their commands to the engine and their reading to the history.
/// Outcomes come back on other threads; what is made of them is made on `threads` threads of the
/// gateway's own.
class Gateway {
public:
    Gateway(Engine& engine, History& history, Translation& translation, FaultRules& faults,
            std::size_t threads);
    ~Gateway();
    Gateway(const Gateway&) = delete;
    Gateway& operator=(const Gateway&) = delete;

    /// Any thread. A path that no dialect owns gets 404.
    void handle(http::HttpRequest request, Respond respond);
    /// Waits for what is being made; what comes later is dropped. Requires: the engine is drained.
    void stop();

    /// Runs `work`, which may take long, on one of the gateway's threads.
    void post(std::function<void()> work);

    /// Carries out what a dialect or an administrator asks; `respond` gets the reply in the end.
    void carry_on(protocols::Answer answer, Respond respond);

private:
    class Exchange;
    class Lookup;

    Engine& engine_;
    History& history_;
    Translation& translation_;
    FaultRules& faults_;
    std::unique_ptr<boost::asio::thread_pool> threads_;
};

/// Puts what a durable outcome tells into the directory: accounts by identity, profiles.
void learn(protocols::Directory& directory, const core::Request& request,
           const core::Outcome& outcome);

}  // namespace tuma::net
