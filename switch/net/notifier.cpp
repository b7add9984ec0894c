#include "switch/net/notifier.h"

#include "switch/net/log.h"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace tuma::net {
namespace {

constexpr std::size_t kept_max = 10'000;
constexpr std::size_t kept_body_bytes = 2'048;

// The engine needs no answer; what it decides is in the journal.
class Told final : public Submission {
public:
    void durable(std::unique_ptr<Submission>, Steady::time_point) override {}
};

}  // namespace

Notifier::Notifier(Engine& engine, Translation& translation, SendCallback send, std::size_t threads,
                   std::size_t waiting_max)
    : engine_(engine),
      translation_(translation),
      send_(std::move(send)),
      waiting_max_(waiting_max),
      threads_(std::make_unique<boost::asio::thread_pool>(threads)) {}

Notifier::~Notifier() {
    stop();
}

void Notifier::stop() {
    threads_->join();
}

void Notifier::take(std::vector<core::Effect> effects) {
    for (core::Effect& effect : effects) {
        const std::size_t waiting = under_way_.fetch_add(1);
        if (waiting >= waiting_max_) {
            protocols::CallbackResult result;
            result.failure = "too many notices are under way";
            tell_engine(effect, result, {});
            continue;
        }
        boost::asio::post(*threads_, [this, kept = std::move(effect)] { attempt(kept); });
    }
}

void Notifier::attempt(const core::Effect& effect) {
    const auto& adapters = translation_.adapters;
    const auto found = std::find_if(
        adapters.begin(), adapters.end(),
        [&](const protocols::Adapter* one) { return one->owns(effect.order->terms.kind); });
    protocols::CallbackResult result;
    if (found == adapters.end()) {
        result.failure = "no dialect knows this kind of order";
        return tell_engine(effect, result, {});
    }
    const protocols::Adapter& adapter = **found;
    Delivery delivery{effect.notice,
                      effect.order->terms.id,
                      effect.channel,
                      effect.attempt,
                      effect.time,
                      std::string(adapter.name()),
                      {},
                      {},
                      false};
    std::optional<protocols::Callback> callback;
    try {
        callback = adapter.render(effect, translation_.context(effect));
    } catch (const std::exception& error) {
        log_event(LogLevel::error, "notice_failed", {{"why", std::string(error.what())}});
    }
    if (!callback) {
        delivery.result.failure = "there is no address to send it to";
        return end(effect, adapter, std::move(delivery));
    }
    delivery.callback = *callback;
    auto done = [this, effect, &adapter, delivery](protocols::CallbackResult answer) mutable {
        delivery.result = std::move(answer);
        end(effect, adapter, std::move(delivery));
    };
    send_(std::move(*callback), std::move(done));
}

void Notifier::end(const core::Effect& effect, const protocols::Adapter& adapter,
                   Delivery delivery) {
    const protocols::Verdict verdict = adapter.judge(effect, delivery.result);
    delivery.is_delivered = verdict.is_delivered;
    const protocols::CallbackResult result = delivery.result;
    keep(std::move(delivery));
    tell_engine(effect, result, verdict);
}

// Told to the engine before it counts as over, so that one of the two is always busy meanwhile.
void Notifier::tell_engine(const core::Effect& effect, const protocols::CallbackResult& result,
                           const protocols::Verdict& verdict) {
    auto told = std::make_unique<Told>();
    told->submitted = Steady::now();
    if (verdict.act) {
        core::Request& request = told->requests.emplace_back();
        request.command = core::MoveOrder{std::make_shared<const core::OrderAct>(*verdict.act)};
    }
    core::Request& request = told->requests.emplace_back();
    request.command = core::EndAttempt{
        effect.notice, effect.attempt,
        static_cast<std::uint16_t>(std::clamp(result.status, 0, 999)), verdict.is_delivered};
    // An engine that takes nothing leaves the attempt open: it is made again after a restart.
    if (engine_.submit(std::move(told)))
        log_event(LogLevel::warn, "notice_result_lost", {{"notice", effect.notice.value}});
    under_way_.fetch_sub(1);
}

void Notifier::keep(Delivery delivery) {
    if (delivery.callback.body.size() > kept_body_bytes)
        delivery.callback.body.resize(kept_body_bytes);
    if (delivery.result.body.size() > kept_body_bytes) delivery.result.body.resize(kept_body_bytes);
    const std::lock_guard lock(mutex_);
    kept_.push_front(std::move(delivery));
    if (kept_.size() > kept_max) kept_.pop_back();
}

std::vector<Delivery> Notifier::deliveries(std::optional<OrderId> order, std::size_t most) const {
    const std::lock_guard lock(mutex_);
    std::vector<Delivery> found;
    for (const Delivery& delivery : kept_) {
        if (found.size() >= most) break;
        if (!order || delivery.order == *order) found.push_back(delivery);
    }
    return found;
}

}  // namespace tuma::net
