#include "switch/ops/log.h"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace tuma::net {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
    switch (level) {
        case LogLevel::debug:
            return spdlog::level::debug;
        case LogLevel::info:
            return spdlog::level::info;
        case LogLevel::warn:
            return spdlog::level::warn;
        case LogLevel::error:
            return spdlog::level::err;
    }
    return spdlog::level::info;
}

std::string json_of(const std::string& value) {
    // Escaped by the JSON library: values come from outside and may hold anything.
    return boost::json::serialize(boost::json::value(value));
}

struct Text {
    std::string operator()(const std::string& value) const { return json_of(value); }
    std::string operator()(std::int64_t value) const { return std::to_string(value); }
    std::string operator()(std::uint64_t value) const { return std::to_string(value); }
};

}  // namespace

void start_log(std::string_view level) {
    // Standard error: standard output has the one line that scripts wait for.
    auto logger = spdlog::stderr_logger_mt("tuma");
    logger->set_pattern(R"({"ts":"%Y-%m-%dT%H:%M:%S.%fZ","level":"%l",%v})",
                        spdlog::pattern_time_type::utc);
    logger->set_level(spdlog::level::from_str(std::string(level)));
    // Every line at once. Those that matter come just before a process ends.
    logger->flush_on(spdlog::level::trace);
    spdlog::set_default_logger(std::move(logger));
}

bool is_logged(LogLevel level) {
    return spdlog::default_logger_raw()->should_log(to_spdlog(level));
}

void log_event(LogLevel level, std::string_view event, std::span<const LogField> fields) {
    // Asked before the line is made: on most levels most lines are dropped.
    if (!is_logged(level)) return;
    std::string line = fmt::format(R"("event":"{}")", event);
    for (const LogField& field : fields)
        line += fmt::format(R"(,"{}":{})", field.name, std::visit(Text{}, field.value));
    spdlog::default_logger_raw()->log(to_spdlog(level), "{}", line);
}

}  // namespace tuma::net
