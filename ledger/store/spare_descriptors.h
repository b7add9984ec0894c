// File descriptors kept back for what must not fail because others took them all.
#pragma once

#include <cstddef>
#include <vector>

namespace tuma::ledger {

/// Holds descriptors of nothing. Released, they are free for a moment.
class SpareDescriptors {
public:
    /// Takes as many as there are, at most `count`.
    explicit SpareDescriptors(std::size_t count);
    ~SpareDescriptors();
    SpareDescriptors(const SpareDescriptors&) = delete;
    SpareDescriptors& operator=(const SpareDescriptors&) = delete;

    void take();
    void release();

private:
    std::size_t count_;
    std::vector<int> descriptors_;
};

}  // namespace tuma::ledger
