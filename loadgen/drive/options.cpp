#include "loadgen/options.h"

#include "ledger/ensure.h"

#include <fmt/format.h>

#include <charconv>

namespace tuma::loadgen {
namespace {

constexpr std::uint64_t millihertz_max = 100'000'000'000;
constexpr std::string_view http_scheme = "http://";

std::optional<std::uint64_t> whole(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (failed != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// "1.2" with `digits` as the number of decimals counted in: 1200 for three.
std::optional<std::uint64_t> fixed_point(std::string_view text, std::size_t digits) {
    const auto point = text.find('.');
    std::string all(text.substr(0, point));
    std::string decimals(point == std::string_view::npos ? "" : text.substr(point + 1));
    if (all.empty() || all.size() > 10 || decimals.size() > digits) return std::nullopt;
    if (point != std::string_view::npos && decimals.empty()) return std::nullopt;
    decimals.resize(digits, '0');
    return whole(all + decimals);
}

std::optional<InputError> http_contradiction(const LoadOptions& options) {
    constexpr Duration token_life = std::chrono::minutes{55};
    if (options.client_file.empty())
        return InputError{"--client-file",
                          "is needed for this --target: DATA/clients/mpesa.json "
                          "or wechat.json, as tuma serve has written it"};
    if (options.is_trace() || options.day_length)
        return InputError{"--scenario",
                          "belongs to a native: target; leave it and --day-length "
                          "out"};
    if (options.batch != 1 || options.in_flight)
        return InputError{"--batch",
                          "one request at a time goes over a connection of HTTP; leave "
                          "--batch and --in-flight out, take more --connections"};
    if (options.callbacks == Callbacks::ignore && options.until == Until::callback)
        return InputError{"--until",
                          "a callback that is ignored ends nothing; leave --until=callback or "
                          "--callbacks=ignore out"};
    if (!options.acks.empty())
        return InputError{"--acks", "are those of a native: target; leave it out"};
    if (options.target.protocol == Protocol::mpesa &&
        options.warmup + options.duration > token_life)
        return InputError{"--duration",
                          "an access token is good for an hour; take at most 55m, "
                          "warm-up included"};
    return std::nullopt;
}

}  // namespace

std::string_view name(Protocol protocol) {
    switch (protocol) {
        case Protocol::native:
            return "native";
        case Protocol::mpesa:
            return "mpesa";
        case Protocol::wechat_v3:
            return "wechat-v3";
    }
    unreachable("a protocol outside the table");
}

std::string Target::text() const {
    return fmt::format("{}:{}{}", name(protocol), protocol == Protocol::native ? "" : http_scheme,
                       endpoint.text());
}

Result<Target> parse_target(std::string_view text) {
    for (const Protocol protocol : {Protocol::native, Protocol::mpesa, Protocol::wechat_v3}) {
        const std::string scheme = std::string(name(protocol)) + ':';
        if (!text.starts_with(scheme)) continue;
        std::string_view where = text.substr(scheme.size());
        if (protocol != Protocol::native) {
            if (where.starts_with(http_scheme)) where.remove_prefix(http_scheme.size());
            if (where.ends_with('/')) where.remove_suffix(1);
        }
        auto endpoint = parse_endpoint(where);
        if (!endpoint) return InputError{"--target", endpoint.error().reason};
        return Target{protocol, std::move(endpoint).value()};
    }
    return InputError{"--target", fmt::format("\"{}\" is not native:HOST:PORT, "
                                              "mpesa:HOST:PORT or wechat-v3:HOST:PORT",
                                              text)};
}

Result<std::optional<Rate>> parse_rate(std::string_view text) {
    using Parsed = std::optional<Rate>;
    if (text == "max") return Parsed{};
    std::size_t digits = 3;
    std::string_view number = text;
    if (number.ends_with('k')) digits = 6;
    if (number.ends_with('M')) digits = 9;
    if (digits > 3) number.remove_suffix(1);
    const auto millihertz = fixed_point(number, digits);
    if (!millihertz || *millihertz < 1 || *millihertz > millihertz_max)
        return InputError{"--rate",
                          fmt::format("\"{}\" is not \"max\" or operations a second from 0.001 to "
                                      "100M, as 500, 0.5, 250k or 1.2M",
                                      text)};
    return Parsed{Rate{*millihertz}};
}

Result<std::uint64_t> parse_speed(std::string_view text) {
    if (text == "max") return std::uint64_t{0};
    const auto speed = whole(text);
    if (!speed || *speed < 1 || *speed > 1'000'000)
        return InputError{"--speed", fmt::format("\"{}\" is not \"max\" or a whole number of 1 to "
                                                 "1000000",
                                                 text)};
    return *speed;
}

std::optional<InputError> contradiction(const LoadOptions& options) {
    if (options.is_http()) return http_contradiction(options);
    if (!options.client_file.empty() || options.until == Until::callback ||
        options.callbacks == Callbacks::ignore)
        return InputError{"--target",
                          "a native: target has no callbacks and needs no client; leave "
                          "--client-file, --callbacks and --until out"};
    if (!options.is_trace() && options.rate && options.rate->millihertz < 100ULL * options.batch)
        return InputError{"--batch", fmt::format("{} operations a request at this --rate is less "
                                                 "than one request in ten seconds; take a smaller "
                                                 "--batch or a higher --rate",
                                                 options.batch)};
    if (options.day_length && (options.is_trace() || !options.rate))
        return InputError{"--day-length",
                          "bends a --rate into the hours of a day; give --rate=N and a scenario "
                          "that is no trace"};
    if (options.is_trace() && options.operations_max > 0)
        return InputError{"--stop-after", "a trace sends exactly what it counts; leave this out"};
    return std::nullopt;
}

}  // namespace tuma::loadgen
