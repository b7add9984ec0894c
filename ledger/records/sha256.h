// SHA-256 in pieces.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <span>

namespace tuma::ledger {

using Hash = std::array<std::byte, 32>;

/// A running SHA-256. After `finish` it starts anew.
class Sha256 {
public:
    Sha256();

    void update(std::span<const std::byte> bytes);
    Hash finish();

private:
    struct FreeContext {
        void operator()(void* context) const;
    };
    std::unique_ptr<void, FreeContext> context_;
};

}  // namespace tuma::ledger
