// Carries notices out: has them sent by their dialect's words, tells the engine what became of
// them, and remembers what was said for who asks.
#pragma once

#include "switch/core/effect.h"
#include "switch/gateway/gateway.h"
#include "switch/gateway/line_budget.h"
#include "switch/ops/metrics.h"

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace tuma::net {

/// A notice that is to be sent once the receiver's host has a turn for it.
struct Outgoing {
    std::string url;
    bool goes_first = false;  ///< somebody waits for the answer
    std::optional<Steady::time_point> useless_at{};
    /// Makes what is sent, signatures and all, when the turn has come; called once. Tells it on
    /// another thread; nothing if there is nothing to send.
    std::function<void(std::function<void(std::optional<protocols::Callback>)>)> make;
};

/// What became of it.
struct Sent {
    protocols::CallbackResult result;
    bool was_begun = true;  ///< false: it is left for the next start of the switch
};

/// Sends a notice and tells once, on any thread, what came of it.
using SendOutgoing = std::function<void(Outgoing, std::function<void(Sent)>)>;

/// Carries out what a dialect asks; the reply in the end is told once, on any thread.
using CarryOn = std::function<void(protocols::Answer, Respond)>;

/// One attempt as it went.
struct Delivery {
    NoticeId notice;
    OrderId order;
    std::uint8_t channel = 0;
    std::uint16_t attempt = 0;
    Timestamp time{};
    std::string dialect;
    protocols::Callback callback;  ///< no URL: there was no address
    protocols::CallbackResult result;
    bool is_delivered = false;
    Duration took{};             ///< from its turn to its end
    bool is_from_books = false;  ///< of a process before: neither texts nor dialect are known
};

/// A notice whose last attempt has failed.
struct GivenUp {
    NoticeId notice;
    OrderId order;
    std::uint8_t channel = 0;
    std::uint16_t attempts = 0;
    Timestamp time{};  ///< of the last attempt
    std::string dialect;
    std::string host;  ///< with its port, long numbers masked; empty: there was no address
    int status = 0;
    std::string why;
};

/// Takes the engine's effects. Each is sent when its receiver's host has a turn for it, and made
/// only then; what a dialect does itself is carried out at once. Beyond `waiting_max` attempts that
/// wait or are under way, one more counts as failed at once.
class Notifier {
public:
    Notifier(Engine& engine, Translation& translation, Metrics& metrics, SendOutgoing send,
             CarryOn carry_on, std::size_t threads, std::size_t waiting_max = 1'000'000);
    ~Notifier();
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;

    /// Any thread; does not block.
    void take(std::vector<core::Effect> effects);
    /// No attempt waits or is under way.
    bool is_idle() const { return under_way_.load() == 0; }
    /// The newest attempts, newest first, those about `order` only if one is given.
    std::vector<Delivery> deliveries(std::optional<OrderId> order, std::size_t most) const;
    /// The notices given up last since the start, newest first, likewise.
    std::vector<GivenUp> given_up(std::optional<OrderId> order, std::size_t most) const;
    /// Renders nothing more and waits for what is being rendered. Requires: what sends has stopped,
    /// the engine is drained.
    void stop();

private:
    class Told;
    struct Attempt;
    using AttemptPointer = std::shared_ptr<Attempt>;

    void attempt(const core::Effect& effect);
    void carry_out(const AttemptPointer& attempt, protocols::Answer answer);
    void make(const AttemptPointer& attempt,
              const std::function<void(std::optional<protocols::Callback>)>& ready);
    void end(const AttemptPointer& attempt, protocols::CallbackResult result);
    void settled(const AttemptPointer& attempt, ledger::NoticeState state);
    void keep(Delivery delivery);
    void count_in(Attempt& attempt);
    void count_out();

    Engine& engine_;
    Translation& translation_;
    Metrics& metrics_;
    SendOutgoing send_;
    CarryOn carry_on_;
    const std::size_t waiting_max_;
    LineBudget lines_{"notice"};
    std::atomic<std::size_t> under_way_{0};
    mutable std::mutex mutex_;
    std::deque<Delivery> kept_;
    std::deque<GivenUp> given_up_;
    std::unique_ptr<boost::asio::thread_pool> threads_;
};

}  // namespace tuma::net
