// Random bytes: drawn from the system, or made from a seed. Only the program itself draws entropy.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tuma {

/// Fills `bytes` from the system's generator. Throws std::system_error when there is none.
void draw(std::span<std::byte> bytes);

/// Where the switch's identifiers and secrets get their entropy.
class Entropy {
public:
    /// The system's generator.
    Entropy() = default;
    /// For runs that can be repeated: the same seed, start, books and questions give the same
    /// bytes. `start` counts the starts and `sequence` is the last batch of the books, so that no
    /// start repeats what an earlier one has given.
    Entropy(std::string_view seed, std::uint64_t start, std::uint64_t sequence);

    bool is_repeatable() const { return seed_.has_value(); }

    /// What a seed gives depends on what is asked and not on when, so that threads do not disturb
    /// each other. Ask for each `purpose` and `number` once. Any thread.
    void fill(std::string_view purpose, std::uint64_t number, std::span<std::byte> bytes) const;
    template <std::size_t n>
    std::array<std::byte, n> bytes(std::string_view purpose, std::uint64_t number = 0) const {
        std::array<std::byte, n> drawn{};
        fill(purpose, number, drawn);
        return drawn;
    }

private:
    std::optional<std::string> seed_;
};

}  // namespace tuma
