// Two lists of money movements, the books' and the bank's, and where they differ.
#pragma once

#include "switch/core/rules/calendar.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::reconcile {

/// Money that reached a bank account, or left it again.
struct Movement {
    core::LocalDay day{};      ///< of the scheme's zone in the books, as written at the bank
    std::int64_t amount = 0;   ///< minor units; positive: paid out, negative: collected; never 0
    std::string account;       ///< identity of the bank account
    std::string reference;     ///< for people; nothing is matched by it
    std::uint64_t number = 0;  ///< of the transfer in the books, of the line in the bank's file

    bool operator==(const Movement&) const = default;
};

/// What can be wrong with a movement.
enum class BreakKind : std::uint8_t {
    missing = 1,     ///< in the books, not at the bank
    unexpected = 2,  ///< at the bank, not in the books
    duplicate = 3,   ///< at the bank once more than in the books: same account, day and amount
    amount = 4,      ///< same account, day and direction, another amount
    wrong_day = 5,   ///< same account and amount, another day, at most `days_apart_max` away
};
std::string_view name(BreakKind kind);

inline constexpr std::int64_t days_apart_max = 10;

/// One difference. Which movements it is about follows from the kind: `book` for missing, `bank`
/// for unexpected and duplicate, both for amount and wrong_day.
struct Break {
    BreakKind kind = BreakKind::missing;
    std::optional<Movement> book;
    std::optional<Movement> bank;

    const Movement& either() const { return book ? *book : *bank; }
    /// What the bank has more than the books by this break; negative: less.
    std::int64_t difference() const {
        return (bank ? bank->amount : 0) - (book ? book->amount : 0);
    }
    bool operator==(const Break&) const = default;
};

struct Matching {
    std::size_t matched = 0;    ///< pairs that agree in account, day and amount
    std::vector<Break> breaks;  ///< by day of the books (else of the bank), account, kind
};

/// Pairs movements off, each at most once: first those that agree, then those of another day, the
/// nearest days first. What the bank has left over is a duplicate if the same account, day and
/// amount is paired already. Then come those of another amount, the nearest amounts first. The rest
/// is missing or unexpected. The order of the lists does not matter.
Matching match(std::span<const Movement> book, std::span<const Movement> bank);

}  // namespace tuma::reconcile
