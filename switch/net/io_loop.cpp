#include "switch/net/io_loop.h"

#include "switch/net/frame_connection.h"

#include <boost/asio/post.hpp>

#include <algorithm>
#include <utility>

namespace tuma::net {
namespace {

// Memory that is kept for reuse: a full exchange holds some 2.5 MB. A long reply's memory is not
// kept, because a short reply to a client that does not read might then hold it.
constexpr std::size_t spare_exchange_bytes_max = 32U << 20U;
constexpr std::size_t spare_bytes_max = 32;
constexpr std::size_t spare_bytes_capacity_max = 16 * 1024;
constexpr Duration frames_tick_max = std::chrono::seconds{1};
constexpr Duration frames_tick_min = std::chrono::milliseconds{5};
constexpr Duration memory_wait = std::chrono::milliseconds{5};

}  // namespace

bool FrameService::admit() {
    const std::lock_guard lock(mutex);
    if (open >= limits.connections_max) return false;
    ++open;
    ++unsettled;
    metrics.connections.set(static_cast<std::int64_t>(open));
    metrics.connections_total.add();
    return true;
}

void FrameService::settle() {
    const std::lock_guard lock(mutex);
    if (--unsettled == 0) emptied.notify_all();
}

void FrameService::leave() {
    const std::lock_guard lock(mutex);
    --open;
    metrics.connections.set(static_cast<std::int64_t>(open));
}

IoLoop::IoLoop(std::shared_ptr<FrameService> service)
    : context(1),
      service_(std::move(service)),
      scratch_(std::make_unique_for_overwrite<std::byte[]>(scratch_bytes)),
      timer_(context),
      memory_timer_(context),
      work_(context.get_executor()) {}

void IoLoop::run() {
    tick();
    context.run();
}

void IoLoop::add(boost::asio::ip::tcp::socket socket) {
    if (is_ended_) {
        service_->settle();
        service_->leave();
        return;
    }
    auto connection = std::make_shared<FrameConnection>(shared_from_this(), std::move(socket));
    connections_.insert(connection);
    if (stops_reading_)
        connection->stop_reading();
    else
        connection->start();
}

void IoLoop::remove(const std::shared_ptr<FrameConnection>& connection) {
    connections_.erase(connection);
    held_.erase(connection);
}

void IoLoop::stop_reading() {
    stops_reading_ = true;
    // A connection that is closed leaves the set, so the walk is over a copy.
    const std::vector<std::shared_ptr<FrameConnection>> all(connections_.begin(),
                                                            connections_.end());
    for (const auto& connection : all) connection->stop_reading();
}

// Nothing may be left that waits: what waits holds its connection, and that holds the loop.
void IoLoop::end() {
    is_ended_ = true;
    const std::vector<std::shared_ptr<FrameConnection>> all(connections_.begin(),
                                                            connections_.end());
    for (const auto& connection : all) connection->close();
    timer_.cancel();
    memory_timer_.cancel();
    const std::lock_guard lock(mutex_);
    takes_no_more_ = true;
    if (!is_woken_) work_.reset();
}

// One coarse timer for all connections, instead of one for each read.
void IoLoop::tick() {
    const Duration shortest =
        std::min(service_->limits.frame_timeout, service_->limits.write_timeout);
    timer_.expires_after(std::clamp(shortest / 4, frames_tick_min, frames_tick_max));
    timer_.async_wait([this](const boost::system::error_code& error) {
        // A timer that has run out already cannot be cancelled any more.
        if (error || is_ended_) return;
        const Steady::time_point now = Steady::now();
        std::vector<std::shared_ptr<FrameConnection>> late;
        for (const auto& connection : connections_)
            if (connection->is_late(now)) late.push_back(connection);
        for (const auto& connection : late) connection->give_up();
        shed_spares();
        tick();
    });
}

void IoLoop::hold(const std::shared_ptr<FrameConnection>& connection) {
    held_.insert(connection);
    if (!awaits_memory_ && !is_ended_) await_memory();
}

// Memory is given back on any of the threads, so it is looked for instead of being told.
void IoLoop::await_memory() {
    awaits_memory_ = true;
    memory_timer_.expires_after(memory_wait);
    memory_timer_.async_wait([this](const boost::system::error_code& error) {
        awaits_memory_ = false;
        if (error || is_ended_) return;
        let_go_on();
        if (!held_.empty() && !awaits_memory_) await_memory();
    });
}

void IoLoop::let_go_on() {
    const std::vector<std::shared_ptr<FrameConnection>> all(held_.begin(), held_.end());
    for (const auto& connection : all) {
        if (service_->memory_bytes >= service_->limits.memory_bytes_max) return;
        held_.erase(connection);
        connection->go_on();
    }
}

void IoLoop::answered(std::unique_ptr<FrameExchange> exchange) {
    {
        const std::lock_guard lock(mutex_);
        if (takes_no_more_) return;
        answered_.push_back(std::move(exchange));
        if (is_woken_) return;
        is_woken_ = true;
    }
    boost::asio::post(context, [self = shared_from_this()] { self->take_answers(); });
}

void IoLoop::take_answers() {
    {
        const std::lock_guard lock(mutex_);
        is_woken_ = false;
        taken_.swap(answered_);
        // The loop was ended while this wake-up was on its way, and ran on to get it.
        if (takes_no_more_) work_.reset();
    }
    std::vector<std::shared_ptr<FrameConnection>> touched;
    for (std::unique_ptr<FrameExchange>& exchange : taken_) {
        std::shared_ptr<FrameConnection> connection = exchange->connection;
        connection->encode(*exchange);
        recycle(std::move(exchange));
        if (touched.empty() || touched.back() != connection)
            touched.push_back(std::move(connection));
    }
    taken_.clear();
    for (const auto& connection : touched) connection->go_on();
}

std::unique_ptr<FrameExchange> IoLoop::take_exchange() {
    if (spare_exchanges_.empty()) return std::make_unique<FrameExchange>();
    auto exchange = std::move(spare_exchanges_.back());
    spare_exchanges_.pop_back();
    spare_exchange_bytes_ -= exchange->memory();
    spare_exchanges_unused_ = std::min(spare_exchanges_unused_, spare_exchanges_.size());
    return exchange;
}

void IoLoop::recycle(std::unique_ptr<FrameExchange> exchange) {
    exchange->clear();
    const std::size_t held = exchange->memory();
    const bool is_memory_short = service_->memory_bytes >= service_->limits.memory_bytes_max;
    if (is_memory_short || spare_exchange_bytes_ + held > spare_exchange_bytes_max) return;
    spare_exchange_bytes_ += held;
    spare_exchanges_.push_back(std::move(exchange));
}

// Gives back what was not needed since the last time; the ones at the front have waited longest.
void IoLoop::shed_spares() {
    const auto end =
        spare_exchanges_.begin() + static_cast<std::ptrdiff_t>(spare_exchanges_unused_);
    for (auto spare = spare_exchanges_.begin(); spare != end; ++spare)
        spare_exchange_bytes_ -= (*spare)->memory();
    spare_exchanges_.erase(spare_exchanges_.begin(), end);
    spare_exchanges_unused_ = spare_exchanges_.size();
}

std::vector<std::byte> IoLoop::take_bytes() {
    if (spare_bytes_.empty()) return {};
    std::vector<std::byte> bytes = std::move(spare_bytes_.back());
    spare_bytes_.pop_back();
    return bytes;
}

void IoLoop::recycle(std::vector<std::byte> bytes) {
    bytes.clear();
    const bool is_kept = bytes.capacity() > 0 && bytes.capacity() <= spare_bytes_capacity_max;
    if (is_kept && spare_bytes_.size() < spare_bytes_max) spare_bytes_.push_back(std::move(bytes));
}

}  // namespace tuma::net
