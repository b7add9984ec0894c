// The server's log: one JSON object a line on standard error, one line an event.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
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

/// Whether lines of this level are written.
bool is_logged(LogLevel level);

/// Writes {"ts":…,"level":…,"event":…, fields…}; RFC 3339 UTC with microseconds. `event` is stable
/// snake_case. No value names a person: accounts are logged by number, identities (MSISDNs) never.
void log_event(LogLevel level, std::string_view event, std::span<const LogField> fields);
inline void log_event(LogLevel level, std::string_view event,
                      std::initializer_list<LogField> fields) {
    log_event(level, event, std::span{fields.begin(), fields.size()});
}

}  // namespace tuma::net
