#include "switch/native/io_loop.h"

#include "switch/native/frame_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tuma::net {
namespace {

// Memory that is kept for reuse: a full exchange holds some 2.5 MB. A long reply's memory is not
// kept, because a short reply to a client that does not read might then hold it.
constexpr std::size_t spare_exchange_bytes_max = 32U << 20U;
constexpr std::size_t spare_bytes_max = 32;
constexpr std::size_t spare_bytes_capacity_max = 16 * 1024;
constexpr Duration memory_wait = std::chrono::milliseconds{5};

}  // namespace

std::string FrameService::farewell(bool) {
    metrics.connections_rejected.add();
    std::vector<std::byte> bytes;
    native::append_error_frame(
        bytes,
        {native::ErrorCode::too_many_connections,
         fmt::format("{} connections are open; the server takes no more", limits.connections_max)},
        0);
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

IoLoop::IoLoop(std::shared_ptr<FrameService> service)
    : SessionLoop(std::move(service)),
      scratch_(std::make_unique_for_overwrite<std::byte[]>(scratch_bytes)),
      memory_timer_(context) {}

void IoLoop::hold(const std::shared_ptr<FrameConnection>& connection) {
    held_.insert(connection);
    if (!awaits_memory_ && !is_ended()) await_memory();
}

// Memory is given back on any of the threads, so it is looked for instead of being told.
void IoLoop::await_memory() {
    awaits_memory_ = true;
    memory_timer_.expires_after(memory_wait);
    memory_timer_.async_wait([this](const boost::system::error_code& error) {
        awaits_memory_ = false;
        if (error || is_ended()) return;
        let_go_on();
        // A connection that went on may have been held again, which has started the timer already.
        if (!held_.empty() && !awaits_memory_) await_memory();
    });
}

void IoLoop::let_go_on() {
    // A copy: a connection that goes on may be held again at once.
    const std::vector<std::shared_ptr<FrameConnection>> all(held_.begin(), held_.end());
    for (const auto& connection : all) {
        // Each takes memory as it goes on, so there may be none for the next.
        if (service().memory_bytes >= service().limits.memory_bytes_max) return;
        held_.erase(connection);
        connection->go_on();
    }
}

// The answers of one connection go out together.
void IoLoop::deliver(std::vector<std::unique_ptr<FrameExchange>>& exchanges) {
    std::vector<std::shared_ptr<FrameConnection>> touched;
    for (std::unique_ptr<FrameExchange>& exchange : exchanges) {
        std::shared_ptr<FrameConnection> connection = exchange->connection;
        connection->encode(*exchange);
        recycle(std::move(exchange));
        // Answers of one connection mostly come one behind the other. One that is listed twice goes
        // on twice, which does no harm.
        if (touched.empty() || touched.back() != connection)
            touched.push_back(std::move(connection));
    }
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
    const bool is_memory_short = service().memory_bytes >= service().limits.memory_bytes_max;
    // While memory is short nothing is kept for later.
    if (is_memory_short || spare_exchange_bytes_ + held > spare_exchange_bytes_max) return;
    spare_exchange_bytes_ += held;
    spare_exchanges_.push_back(std::move(exchange));
}

// Gives back what was not needed since the last time; the ones at the front have waited longest.
void IoLoop::on_tick() {
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
