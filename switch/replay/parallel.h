// The same work for many, on several threads.
#pragma once

#include <cstddef>
#include <functional>

namespace tuma::replay {

/// Calls `work` once for each number below `count`, on at most `threads` threads, the calling one
/// included; returns when all are done. What the lowest number threw is thrown then.
/// Requires: threads >= 1.
void for_each_number(int threads, std::size_t count, const std::function<void(std::size_t)>& work);

}  // namespace tuma::replay
