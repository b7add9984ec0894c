#include "switch/gateway/notifier.h"

#include "switch/gateway/attempt_words.h"
#include "switch/ops/log.h"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace tuma::net {
namespace {

using ledger::NoticeState;

constexpr std::size_t kept_max = 10'000;
constexpr std::size_t kept_body_bytes = 2'048;

bool is_question(const core::Effect& effect) {
    return effect.order->terms.channels.at(effect.channel).when == ledger::NoticeWhen::asked;
}

// When the order goes on without the merchant's answer.
std::optional<Steady::time_point> useless_at(const core::Effect& effect, Timestamp now) {
    if (!is_question(effect)) return std::nullopt;
    const ledger::Order& order = *effect.order;
    // The order has gone on: an answer could change nothing any more.
    if (order.state != ledger::OrderState::awaiting_merchant) return Steady::now();
    return Steady::now() + (order.acts_at - now);
}

template <typename Kept>
std::vector<Kept> newest(const std::deque<Kept>& all, std::optional<OrderId> order,
                         std::size_t most) {
    std::vector<Kept> found;
    for (const Kept& one : all) {
        if (found.size() >= most) break;
        if (!order || one.order == *order) found.push_back(one);
    }
    return found;
}

template <typename Kept>
void keep_newest(std::deque<Kept>& all, Kept one) {
    all.push_front(std::move(one));
    // Bounded, because this is only for looking at: what is open is in the books.
    if (all.size() > kept_max) all.pop_back();
}

}  // namespace

struct Notifier::Attempt {
    core::Effect effect;
    const protocols::Adapter* adapter = nullptr;
    std::string host{};
    Delivery delivery{};
    bool is_counted = false;
    std::optional<Steady::time_point> begun{};
};

// The engine's word on what becomes of the notice.
class Notifier::Told final : public Submission {
public:
    Told(Notifier& notifier, AttemptPointer attempt)
        : notifier_(notifier), attempt_(std::move(attempt)) {}

    void durable(std::unique_ptr<Submission>, Steady::time_point) override {
        // EndAttempt is the last of the commands; a step for the order stands before it.
        notifier_.settled(attempt_, static_cast<NoticeState>(outcomes.back().id));
    }

private:
    Notifier& notifier_;
    AttemptPointer attempt_;
};

Notifier::Notifier(Engine& engine, Translation& translation, Metrics& metrics, SendOutgoing send,
                   CarryOn carry_on, std::size_t threads, std::size_t waiting_max)
    : engine_(engine),
      translation_(translation),
      metrics_(metrics),
      send_(std::move(send)),
      carry_on_(std::move(carry_on)),
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
        // Counted before anything else happens to it: there must be no moment in which engine and
        // notifier both look idle (`VirtualTime`).
        const std::size_t waiting = under_way_.fetch_add(1);
        metrics_.notices_under_way.add(1);
        if (waiting < waiting_max_) {
            // Finding an address may take a while, which is not for the engine's threads.
            boost::asio::post(*threads_, [this, kept = std::move(effect)] { attempt(kept); });
            continue;
        }
        // As a failed attempt, so that the dialect's schedule of retries goes on.
        end(std::make_shared<Attempt>(Attempt{std::move(effect)}),
            {.failure = fmt::format("{} notices wait already; nothing was sent", waiting_max_)});
    }
}

void Notifier::attempt(const core::Effect& effect) {
    const auto attempt = std::make_shared<Attempt>(Attempt{effect});
    const auto& adapters = translation_.adapters;
    const auto found = std::find_if(
        adapters.begin(), adapters.end(),
        [&](const protocols::Adapter* one) { return one->owns(effect.order->terms.kind); });
    std::optional<std::string> address;
    if (found != adapters.end()) {
        attempt->adapter = *found;
        // Neither needs entropy; that is drawn when the notice is made.
        const protocols::Context context{.now = translation_.clock.now(),
                                         .directory = translation_.directory};
        if (auto answer = attempt->adapter->carry_out(effect, context))
            return carry_out(attempt, *std::move(answer));
        address = attempt->adapter->address(effect, context);
    }
    if (!address)
        return end(attempt,
                   {.failure = attempt->adapter == nullptr ? "no dialect knows this kind of order"
                                                           : "there is no address to send it to"});
    attempt->host = shown_host(*address);
    attempt->delivery.callback.url = *address;
    // What is sent is made when the turn has come, on these threads: signing takes time, and no
    // signature may be old.
    Outgoing outgoing{*std::move(address), is_question(effect),
                      useless_at(effect, translation_.clock.now()), [this, attempt](auto ready) {
                          boost::asio::post(*threads_, [this, attempt, ready = std::move(ready)] {
                              make(attempt, ready);
                          });
                      }};
    send_(std::move(outgoing), [this, attempt](Sent sent) {
        // Not begun: the switch is stopping. The attempt stays open in the books and is made after
        // the next start.
        if (sent.was_begun) return end(attempt, std::move(sent.result));
        count_out();
    });
}

void Notifier::carry_out(const AttemptPointer& attempt, protocols::Answer answer) {
    count_in(*attempt);
    attempt->begun = Steady::now();
    carry_on_(std::move(answer), [this, attempt](http::HttpReply reply) {
        end(attempt, {.status = reply.status, .body = std::move(reply.body)});
    });
}

void Notifier::make(const AttemptPointer& attempt,
                    const std::function<void(std::optional<protocols::Callback>)>& ready) {
    count_in(*attempt);
    attempt->begun = Steady::now();
    std::optional<protocols::Callback> callback;
    // A dialect that throws costs this attempt and not the process.
    try {
        callback = attempt->adapter->render(attempt->effect, translation_.context(attempt->effect));
    } catch (const std::exception& error) {
        log_event(LogLevel::error, "notice_not_rendered",
                  {{"notice", attempt->effect.notice.value}, {"why", std::string(error.what())}});
    }
    if (callback) attempt->delivery.callback = *callback;
    ready(std::move(callback));
}

// Told to the engine before it counts as over, so that one of the two is always busy meanwhile.
void Notifier::end(const AttemptPointer& attempt, protocols::CallbackResult result) {
    count_in(*attempt);
    const core::Effect& effect = attempt->effect;
    // Without a dialect nothing more is tried: so says a verdict by itself.
    protocols::Verdict verdict;
    if (attempt->adapter != nullptr) verdict = attempt->adapter->judge(effect, result);
    // It is recorded in 16 bits, and a foreign server may say anything.
    const int status = std::clamp(result.status, 0, 999);
    Delivery& delivery = attempt->delivery;
    delivery.notice = effect.notice;
    delivery.order = effect.order->terms.id;
    delivery.channel = effect.channel;
    delivery.attempt = effect.attempt;
    delivery.time = effect.time;
    if (attempt->adapter != nullptr) delivery.dialect = attempt->adapter->name();
    delivery.result = std::move(result);
    delivery.is_delivered = verdict.is_delivered;
    if (attempt->begun)
        delivery.took = std::chrono::floor<Duration>(Steady::now() - *attempt->begun);
    keep(delivery);

    auto told = std::make_unique<Told>(*this, attempt);
    told->submitted = Steady::now();
    // The merchant's answer goes first, so that the notice does not end before what it brought.
    if (verdict.act) {
        core::Request& request = told->requests.emplace_back();
        request.command = core::MoveOrder{std::make_shared<const core::OrderAction>(*verdict.act)};
    }
    core::Request& request = told->requests.emplace_back();
    request.command =
        core::EndAttempt{effect.notice, effect.attempt, static_cast<std::uint16_t>(status),
                         verdict.is_delivered, verdict.again_after};
    // An engine that takes nothing leaves the attempt open: it is made again after a restart.
    if (engine_.submit_result(std::move(told)))
        log_event(LogLevel::warn, "notice_result_lost", {{"notice", effect.notice.value}});
    count_out();
}

void Notifier::count_in(Attempt& attempt) {
    if (!std::exchange(attempt.is_counted, true)) metrics_.notice_attempts.add();
}

void Notifier::count_out() {
    metrics_.notices_under_way.add(-1);
    under_way_.fetch_sub(1);
}

// On the journal's thread, which is not to wait for the log.
void Notifier::settled(const AttemptPointer& attempt, NoticeState state) {
    const Delivery& delivery = attempt->delivery;
    const std::string why = attempt_words(delivery.result, delivery.is_delivered);
    const auto log = [&](LogLevel level, const char* event) {
        // What is given up is always told.
        if (level == LogLevel::info && !lines_.admits(Steady::now())) return;
        boost::asio::post(*threads_, [attempt, level, event, why] {
            const Delivery& told = attempt->delivery;
            log_event(level, event,
                      {{"notice", told.notice.value},
                       {"order", told.order.value},
                       {"channel", std::uint64_t{told.channel}},
                       {"dialect", told.dialect},
                       {"host", attempt->host},
                       {"attempts", std::uint64_t{told.attempt}},
                       {"status", std::int64_t{told.result.status}},
                       {"why", why},
                       {"duration_us", std::int64_t{told.took.count()}}});
        });
    };
    // The number may also be none of these: the books knew of another attempt, and nothing changed.
    switch (state) {
        case NoticeState::delivered:
            metrics_.notices_delivered.add();
            return log(LogLevel::info, "notice_delivered");
        case NoticeState::waiting:
            metrics_.notice_attempts_failed.add();
            return log(LogLevel::info, "notice_attempt_failed");
        case NoticeState::given_up: {
            metrics_.notices_given_up.add();
            log(LogLevel::warn, "notice_given_up");
            const std::lock_guard lock(mutex_);
            return keep_newest(given_up_, GivenUp{delivery.notice, delivery.order, delivery.channel,
                                                  delivery.attempt, delivery.time, delivery.dialect,
                                                  attempt->host, delivery.result.status, why});
        }
        case NoticeState::sending:
            break;
    }
}

void Notifier::keep(Delivery delivery) {
    // A foreign server may answer at any length; for looking at, the beginning is enough.
    if (delivery.callback.body.size() > kept_body_bytes)
        delivery.callback.body.resize(kept_body_bytes);
    if (delivery.result.body.size() > kept_body_bytes) delivery.result.body.resize(kept_body_bytes);
    const std::lock_guard lock(mutex_);
    keep_newest(kept_, std::move(delivery));
}

std::vector<Delivery> Notifier::deliveries(std::optional<OrderId> order, std::size_t most) const {
    const std::lock_guard lock(mutex_);
    return newest(kept_, order, most);
}

std::vector<GivenUp> Notifier::given_up(std::optional<OrderId> order, std::size_t most) const {
    const std::lock_guard lock(mutex_);
    return newest(given_up_, order, most);
}

}  // namespace tuma::net
