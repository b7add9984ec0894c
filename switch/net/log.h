// The server's log: one JSON object a line on standard error, one line an event.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace tuma::net {

/// One named value of a log line.
struct LogField {
    std::string_view name;
    std::variant<std::string, std::int64_t, std::uint64_t> value;
};

enum class LogLevel : std::uint8_t { debug, info, warn, error };

/// Sets up the log for the process. `level` is a choice of the log-level setting.
void start_log(std::string_view level);

/// Writes {"ts":…,"level":…,"event":…, fields…}; RFC 3339 UTC with microseconds. `event` is stable
/// snake_case. Values that name a person (MSISDN, identity) go through `mask` first.
void log_event(LogLevel level, std::string_view event, std::initializer_list<LogField> fields);

/// Keeps the first three and last two characters of a personal number: "254******01"; short ones
/// become stars altogether.
std::string mask(std::string_view personal);

}  // namespace tuma::net
