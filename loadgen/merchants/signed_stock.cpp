#include "loadgen/merchants/signed_stock.h"

#include "ledger/words/ensure.h"

#include <algorithm>
#include <ctime>
#include <utility>

namespace tuma::loadgen {
namespace {

using Clock = std::chrono::steady_clock;

std::chrono::nanoseconds thread_cpu() {
    // Of this thread and no wall time: on a machine that is busy the work of others would be in it.
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

}  // namespace

double SigningCost::microseconds_each() const {
    const std::uint64_t all = ahead + during + late;
    return all == 0 ? 0 : static_cast<double>(cpu.count()) / 1e3 / static_cast<double>(all);
}

SignedStock::SignedStock(const StockSettings& settings,
                         std::function<std::string(std::uint64_t)> make)
    : settings_(settings), make_(std::move(make)) {
    ensure(settings.workers > 0, "somebody must sign");
}

SignedStock::~SignedStock() {
    // The workers are the last member: they end before anything that they use does.
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    changed_.notify_all();
}

void SignedStock::fill() {
    ensure(workers_.empty(), "a stock is filled once");
    for (std::size_t i = 0; i < settings_.workers; ++i) workers_.emplace_back([this] { work(); });
    std::unique_lock lock(mutex_);
    // Also what is being made, or the run would begin with some of it unfinished.
    changed_.wait(lock, [this] { return !has_room() && being_made_ == 0; });
    is_filled_ = true;
}

SignedStock::Request SignedStock::take() {
    std::unique_lock lock(mutex_);
    ensure(is_filled_, "a stock is filled before it is used");
    std::uint64_t number = 0;
    if (ready_.empty()) {
        // Each number is given to one request, whoever signs it.
        number = next_number_++;
    } else {
        Ready ready = std::move(ready_.front());
        ready_.pop_front();
        changed_.notify_one();
        // The receiver would refuse an older one. It is signed again under its number, which nobody
        // has seen yet.
        if (Clock::now() - ready.signed_at < settings_.age_max) return std::move(ready.request);
        number = ready.request.number;
    }
    // The workers go on meanwhile; signing takes longer than everything else here.
    lock.unlock();
    std::chrono::nanoseconds cpu{0};
    Request request{number, make_measured(number, cpu)};
    lock.lock();
    ++cost_.late;
    cost_.cpu += cpu;
    return request;
}

SigningCost SignedStock::cost() const {
    const std::lock_guard lock(mutex_);
    return cost_;
}

bool SignedStock::has_room() const {
    // Signing beside the run takes the processor from what is measured: as late as is safe.
    const std::size_t wanted = is_filled_ ? settings_.ready_max / 4 : settings_.ready_max;
    // What is in the making counts, or all workers would start on the last one.
    return next_number_ < settings_.requests_max && ready_.size() + being_made_ < wanted;
}

void SignedStock::work() {
    std::unique_lock lock(mutex_);
    while (true) {
        changed_.wait(lock, [this] { return is_stopping_ || has_room(); });
        if (is_stopping_) return;
        // Taken under the lock, so that two workers never make the same.
        const std::uint64_t number = next_number_++;
        ++being_made_;
        lock.unlock();
        std::chrono::nanoseconds cpu{0};
        Ready made{{number, make_measured(number, cpu)}, Clock::now()};
        lock.lock();
        --being_made_;
        ready_.push_back(std::move(made));
        ++(is_filled_ ? cost_.during : cost_.ahead);
        cost_.cpu += cpu;
        // Both wait on it: whoever fills the stock, and workers that are to stop.
        changed_.notify_all();
    }
}

std::string SignedStock::make_measured(std::uint64_t number, std::chrono::nanoseconds& cpu) const {
    const auto before = thread_cpu();
    std::string bytes = make_(number);
    cpu = thread_cpu() - before;
    return bytes;
}

}  // namespace tuma::loadgen
