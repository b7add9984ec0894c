#include "switch/replay/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <thread>
#include <vector>

namespace tuma::replay {

void for_each_number(int threads, std::size_t count, const std::function<void(std::size_t)>& work) {
    std::atomic<std::size_t> next{0};
    std::vector<std::exception_ptr> thrown(count);
    const auto take_numbers = [&] {
        for (std::size_t number = next++; number < count; number = next++) {
            try {
                work(number);
            } catch (...) {
                thrown[number] = std::current_exception();
            }
        }
    };
    {
        std::vector<std::jthread> others;
        const std::size_t wanted = std::min<std::size_t>(static_cast<std::size_t>(threads), count);
        others.reserve(wanted);
        for (std::size_t i = 1; i < wanted; ++i) others.emplace_back(take_numbers);
        take_numbers();
    }
    for (const std::exception_ptr& exception : thrown)
        if (exception) std::rethrow_exception(exception);
}

}  // namespace tuma::replay
