// The kinds of option that every command of tuma-load has: each says its bounds in --help and when
// it refuses.
#pragma once

#include "ledger/words/result.h"
#include "ledger/words/time.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace tuma::loadgen {

/// The error of a value, without a name in front: CLI11 adds the option's.
template <typename Value>
std::string take(Result<Value> parsed, Value& value) {
    if (!parsed) return parsed.error().reason;
    value = std::move(parsed).value();
    return {};
}

/// An option whose text is read by `read`, which gives what is wrong or an empty text.
CLI::Option* add_text(CLI::App& app, const std::string& name, std::string fallback,
                      std::string sentence,
                      const std::function<std::string(const std::string&)>& read);

/// A duration of `low` to `high`; what `value` holds is the default.
CLI::Option* add_duration(CLI::App& app, const std::string& name, Duration& value, Duration low,
                          Duration high, const std::string& sentence);

/// A whole number of `low` to `high`; what `value` holds is the default.
template <typename Number>
CLI::Option* add_number(CLI::App& app, const std::string& name, Number& value, std::uint64_t low,
                        std::uint64_t high, const std::string& sentence) {
    // Bounds are in the sentence as well, because the manual page leaves out what CLI11 says of
    // them.
    return app.add_option(name, value, fmt::format("{} ({} to {})", sentence, low, high))
        ->check(CLI::Range(low, high))
        ->capture_default_str();
}

/// --seed, any number of 64 bits.
void add_seed(CLI::App& app, std::uint64_t& seed, std::string fallback,
              const std::string& sentence);

}  // namespace tuma::loadgen
