// Requests that are signed before they are needed, because a signature takes longer than sending.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace tuma::loadgen {

/// What signing cost the generator.
struct SigningCost {
    std::uint64_t ahead = 0;   ///< requests signed before the run
    std::uint64_t during = 0;  ///< by the workers, beside the run
    std::uint64_t late = 0;    ///< where they were sent, because none was ready or it was too old
    std::chrono::nanoseconds cpu{0};  ///< processor time of all of them

    double microseconds_each() const;
};

/// How much is kept ready.
struct StockSettings {
    std::uint64_t requests_max = 0;  ///< no more are signed in all; what is taken beyond is late
    std::size_t ready_max = 0;       ///< ready at first; later, a quarter of it
    std::size_t workers = 1;
    std::chrono::seconds age_max{240};  ///< older ones are signed again: receivers take 300 s
};

/// Makes requests on threads of its own and hands them out in about the order of their numbers.
class SignedStock {
public:
    /// A request and the number that it is made of.
    struct Request {
        std::uint64_t number = 0;
        std::string bytes;
    };

    /// `make` gives the bytes of the request with this number, signed now; called on any thread.
    SignedStock(const StockSettings& settings, std::function<std::string(std::uint64_t)> make);
    ~SignedStock();
    SignedStock(const SignedStock&) = delete;
    SignedStock& operator=(const SignedStock&) = delete;

    /// Starts the workers and returns when the stock is full. Once.
    void fill();
    /// The next request. Signs it here when none is ready. Requires: `fill` before.
    Request take();
    SigningCost cost() const;

private:
    struct Ready {
        Request request;
        std::chrono::steady_clock::time_point signed_at;
    };
    void work();
    bool has_room() const;
    std::string make_measured(std::uint64_t number, std::chrono::nanoseconds& cpu) const;

    StockSettings settings_;
    std::function<std::string(std::uint64_t)> make_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Ready> ready_;
    std::uint64_t next_number_ = 0;
    std::uint64_t being_made_ = 0;
    SigningCost cost_;
    bool is_filled_ = false;
    bool is_stopping_ = false;
    std::vector<std::jthread> workers_;
};

}  // namespace tuma::loadgen
