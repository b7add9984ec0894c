#include "loadgen/arrivals/users.h"

#include "ledger/words/ensure.h"

namespace tuma::loadgen {
namespace {

/// So that thinking shares no numbers with gaps and amounts.
constexpr std::uint64_t think_stream = 0x7468696e6b;

}  // namespace

Users::Users(std::uint32_t users, const TimeLaw& think, std::uint64_t seed, Offset end)
    : think_(think), end_(end), random_(seed, think_stream) {
    ensure(users > 0, "somebody asks");
    // All at once would be a crowd that no pause of different lengths takes apart for a while.
    for (std::uint32_t user = 0; user < users; ++user)
        thinking_.push(Offset{think.mean} * std::int64_t{user} / std::int64_t{users});
}

std::optional<Offset> Users::peek() const {
    if (thinking_.empty() || thinking_.top() >= end_) return std::nullopt;
    return thinking_.top();
}

Offset Users::take() {
    ensure(peek().has_value(), "nobody asks");
    const Offset time = thinking_.top();
    thinking_.pop();
    return time;
}

void Users::ended(Offset now) {
    thinking_.push(now + think_.draw(random_));
}

}  // namespace tuma::loadgen
