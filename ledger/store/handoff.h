// A bounded queue by which one thread hands its results to another.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

namespace tuma::ledger {

/// One thread pushes and finishes, another takes until there is nothing left, or abandons.
template <typename T>
class Handoff {
public:
    /// At most `ahead` items wait to be taken.
    explicit Handoff(std::size_t ahead) : ahead_(ahead) {}

    /// Waits for room. False when nobody takes any more: the item is gone, and so should be who
    /// made it.
    bool push(T item) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return items_.size() < ahead_ || is_abandoned_; });
        if (is_abandoned_) return false;
        items_.push_back(std::move(item));
        changed_.notify_all();
        return true;
    }

    /// The last call of who pushes. A `failure` is thrown to the taker behind the last item.
    void finish(std::exception_ptr failure = nullptr) {
        const std::lock_guard lock(mutex_);
        failure_ = std::move(failure);
        is_finished_ = true;
        changed_.notify_all();
    }

    /// Waits for the next item; nothing at the end.
    std::optional<T> take() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return !items_.empty() || is_finished_; });
        if (!items_.empty()) {
            std::optional<T> item(std::move(items_.front()));
            items_.pop_front();
            changed_.notify_all();
            return item;
        }
        if (failure_) std::rethrow_exception(failure_);
        return std::nullopt;
    }

    /// Nothing will be taken any more; who pushes is let go.
    void abandon() {
        const std::lock_guard lock(mutex_);
        is_abandoned_ = true;
        changed_.notify_all();
    }

private:
    const std::size_t ahead_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<T> items_;
    std::exception_ptr failure_;
    bool is_finished_ = false;
    bool is_abandoned_ = false;
};

}  // namespace tuma::ledger
