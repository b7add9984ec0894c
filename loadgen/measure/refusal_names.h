// Refusals that servers name by words of their own, as numbers for the recorder.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace tuma::loadgen {

/// Refusals that a protocol names by words. Words by number, from 1 in the order in which they were
/// met. After the hundredth all further ones are "others".
class RefusalNames {
public:
    static constexpr std::uint16_t names_max = 100;

    /// The number of these words.
    std::uint16_t number(const std::string& words);
    const std::map<std::uint16_t, std::string>& by_number() const { return by_number_; }

private:
    std::map<std::string, std::uint16_t> numbers_;
    std::map<std::uint16_t, std::string> by_number_;
};

}  // namespace tuma::loadgen
