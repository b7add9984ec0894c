// Random bytes from the system; only the program itself draws chance.
#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace tuma {

/// Fills `bytes` from the system's generator. Throws std::system_error when there is none.
void draw(std::span<std::byte> bytes);

template <std::size_t n>
std::array<std::byte, n> draw_bytes() {
    std::array<std::byte, n> bytes{};
    draw(bytes);
    return bytes;
}

}  // namespace tuma
