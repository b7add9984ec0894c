#include "loadgen/measure/refusal_names.h"

namespace tuma::loadgen {

std::uint16_t RefusalNames::number(const std::string& words) {
    if (const auto known = numbers_.find(words); known != numbers_.end()) return known->second;
    const auto next = static_cast<std::uint16_t>(by_number_.size() + 1);
    // The words come from the server. One that makes up new ones for each request must not fill the
    // memory.
    if (next > names_max) {
        by_number_.insert_or_assign(names_max, "others");
        return names_max;
    }
    numbers_.emplace(words, next);
    by_number_.emplace(next, words);
    return next;
}

}  // namespace tuma::loadgen
