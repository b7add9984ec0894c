// Carries notices out: renders them by their dialect, sends them, tells the engine what became of
// them, and remembers what was said for who asks.
#pragma once

#include "switch/core/effect.h"
#include "switch/net/gateway.h"

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace tuma::net {

/// Sends a callback and tells once, on any thread, what came of it.
using SendCallback =
    std::function<void(protocols::Callback, std::function<void(protocols::CallbackResult)>)>;

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
};

/// Takes the engine's effects. A slow or dead receiver costs its own notices only: at most
/// `waiting_max` attempts are under way or queued, beyond that an attempt counts as failed at once.
class Notifier {
public:
    Notifier(Engine& engine, Translation& translation, SendCallback send, std::size_t threads,
             std::size_t waiting_max = 1'000'000);
    ~Notifier();
    Notifier(const Notifier&) = delete;
    Notifier& operator=(const Notifier&) = delete;

    /// Any thread; does not block.
    void take(std::vector<core::Effect> effects);
    /// No attempt is under way.
    bool is_idle() const { return under_way_.load() == 0; }
    /// The newest attempts, newest first, those about `order` only if one is given.
    std::vector<Delivery> deliveries(std::optional<OrderId> order, std::size_t most) const;
    /// Renders nothing more and waits for what is being rendered.
    void stop();

private:
    void attempt(const core::Effect& effect);
    void end(const core::Effect& effect, const protocols::Adapter& adapter, Delivery delivery);
    void tell_engine(const core::Effect& effect, const protocols::CallbackResult& result,
                     const protocols::Verdict& verdict);
    void keep(Delivery delivery);

    Engine& engine_;
    Translation& translation_;
    SendCallback send_;
    const std::size_t waiting_max_;
    std::atomic<std::size_t> under_way_{0};
    mutable std::mutex mutex_;
    std::deque<Delivery> kept_;
    std::unique_ptr<boost::asio::thread_pool> threads_;
};

}  // namespace tuma::net
