#include "loadgen/drive/options.h"

#include "ledger/words/text.h"
#include "loadgen/merchants/http_protocols.h"
#include "loadgen/peers/peers.h"
#include "loadgen/peers/pg_peer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace tuma::loadgen {
namespace {

constexpr std::string_view http_scheme = "http://";

std::optional<InputError> profile_contradiction(const LoadOptions& options) {
    if (options.profile.empty()) return std::nullopt;
    const Duration length = std::chrono::duration_cast<Duration>(length_of(options.profile));
    if (options.duration != length)
        return InputError{"--duration",
                          fmt::format("this --rate lasts {}; leave --duration out", text(length))};
    if (options.operations_max > 0)
        return InputError{"--stop-after",
                          "a --rate of several parts ends with the last of them; leave "
                          "--stop-after out"};
    if (options.is_trace() || options.day_length)
        return InputError{options.is_trace() ? "--scenario" : "--day-length",
                          "has times of its own, and so has this --rate; give one of both"};
    return std::nullopt;
}

std::optional<Rate> lowest_rate(const LoadOptions& options) {
    std::optional<Rate> lowest = options.rate;
    for (const RatePiece& piece : options.profile)
        lowest = std::min({*lowest, piece.from, piece.to});
    return lowest;
}

std::optional<InputError> users_contradiction(const LoadOptions& options) {
    if (options.users == 0 && options.think)
        return InputError{"--think", "is how long --users think; give their number too"};
    if (options.users == 0) return std::nullopt;
    if (!options.think) return InputError{"--users", "need a --think, as exp:30s; 0s for none"};
    if (options.rate)
        return InputError{"--users",
                          "ask when they have their answers, so that nobody can set a --rate; "
                          "give one of both"};
    if (options.batch != 1)
        return InputError{"--batch", "each of --users asks for himself; leave --batch out"};
    if (options.is_trace())
        return InputError{"--scenario",
                          "a trace has its own times; leave --users out, or take a scenario"};
    if (options.operations_max > 0)
        return InputError{"--stop-after",
                          "--users go on until --duration is over; leave --stop-after out"};
    if (options.workers > 1)
        return InputError{"--workers", "--users are told apart by one thread; leave --workers out"};
    if (options.overload != Overload::queue)
        return InputError{"--overload", "--users wait for a place; leave --overload out"};
    return std::nullopt;
}

bool has_merchant_options(const LoadOptions& options) {
    return !options.client_file.empty() || options.until == Until::callback ||
           options.callbacks == Callbacks::ignore;
}

InputError no_merchant(const LoadOptions& options) {
    return {"--target", fmt::format("a {}: target has no callbacks and needs no client; leave "
                                    "--client-file, --callbacks and --until out",
                                    options.target.protocol)};
}

/// Options of one kind of target, given for another.
std::optional<InputError> misplaced(const LoadOptions& options) {
    if (!options.plain.is_usual() && options.target.protocol != plain_http_protocol)
        return InputError{"--path",
                          "with --body and --content-type, belongs to --target=http:"
                          "HOST:PORT; leave them out"};
    if (!options.pg_parameters.empty() && options.target.protocol != pg_protocol)
        return InputError{"--pg", "belongs to --target=pg:HOST:PORT; leave it out"};
    return std::nullopt;
}

std::optional<InputError> peer_contradiction(const LoadOptions& options) {
    if (options.batch != 1)
        return InputError{"--batch",
                          "a peer is asked for one transfer at a time; leave it out, "
                          "and take more --in-flight"};
    if (!options.acks.empty())
        return InputError{"--acks", "are those of a native: target; leave it out"};
    if (options.admin)
        return InputError{"--admin", "is a switch's; a peer has none, so leave it out"};
    if (options.workers > 1)
        return InputError{"--workers", "belongs to a native: target; leave it out"};
    if (options.on_loss == OnLoss::reconnect)
        return InputError{"--on-loss", "reconnect belongs to a native: target; leave it out"};
    return std::nullopt;
}

std::optional<InputError> http_contradiction(const LoadOptions& options) {
    const HttpProtocol* const protocol = find_http_protocol(options.target.protocol);
    // Each with the remedy: whoever comes from the native protocol has put in options that are
    // right there.
    if (!protocol->has_merchant()) {
        if (has_merchant_options(options)) return no_merchant(options);
    } else if (options.client_file.empty())
        return InputError{"--client-file",
                          fmt::format("is needed for this --target: DATA/clients/{}, as tuma serve "
                                      "has written it",
                                      protocol->client_file)};
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
    if (options.workers > 1)
        return InputError{"--workers",
                          "callbacks come to one thread, so that several belong to a native: "
                          "target; leave it out"};
    if (options.on_loss == OnLoss::reconnect)
        return InputError{
            "--on-loss",
            "a payment that is asked for again over HTTP could be asked for twice, so "
            "that reconnect belongs to a native: target; leave it out"};
    if (protocol->run_max != Duration{0} && options.warmup + options.duration > protocol->run_max)
        return InputError{"--duration",
                          "an access token is good for an hour; take at most 55m, "
                          "warm-up included"};
    return std::nullopt;
}

}  // namespace

bool LoadOptions::is_http() const {
    return find_http_protocol(target.protocol) != nullptr;
}

bool LoadOptions::is_peer() const {
    return find_peer(target.protocol) != nullptr;
}

std::string Target::text() const {
    if (protocol == plain_http_protocol) return fmt::format("{}{}", http_scheme, endpoint.text());
    return fmt::format("{}:{}{}", protocol,
                       find_http_protocol(protocol) == nullptr ? "" : http_scheme, endpoint.text());
}

std::string known_targets(bool explains) {
    std::string list = fmt::format("{}:HOST:PORT", native_protocol);
    const auto add = [&](std::string_view before, std::string_view name,
                         std::string_view sentence) {
        list += fmt::format("{}{}:HOST:PORT", before, name);
        if (explains) list += fmt::format(" ({})", sentence);
    };
    for (const HttpProtocol& one : http_protocols()) add(", ", one.name, one.sentence);
    for (const PeerKind& one : peer_kinds())
        add(&one == &peer_kinds().back() ? " or " : ", ", one.name, one.sentence);
    return list;
}

Result<Target> parse_target(std::string_view text) {
    const std::size_t colon = std::min(text.find(':'), text.size());
    const HttpProtocol* const known = find_http_protocol(text.substr(0, colon));
    const PeerKind* const peer = find_peer(text.substr(0, colon));
    const bool is_native = text.substr(0, colon) == native_protocol;
    if (colon == text.size() || (known == nullptr && peer == nullptr && !is_native))
        return InputError{"--target", fmt::format("\"{}\" is not {}", text, known_targets(false))};
    std::string_view where = text.substr(colon + 1);
    if (known != nullptr) {
        // As merchants write their base address, and as everybody writes one of plain HTTP.
        if (where.starts_with(http_scheme)) where.remove_prefix(http_scheme.size());
        if (known->name == plain_http_protocol && where.starts_with("//")) where.remove_prefix(2);
        if (where.ends_with('/')) where.remove_suffix(1);
    }
    auto endpoint = parse_endpoint(where);
    if (!endpoint) return InputError{"--target", endpoint.error().reason};
    const std::string_view name = known != nullptr  ? known->name
                                  : peer != nullptr ? peer->name
                                                    : native_protocol;
    return Target{name, std::move(endpoint).value()};
}

std::optional<InputError> set_rate(std::string_view text, LoadOptions& options) {
    if (!is_rate_profile(text)) {
        const auto rate = parse_rate(text);
        if (!rate) return rate.error();
        options.rate = *rate;
        options.profile.clear();
        return std::nullopt;
    }
    auto profile = parse_rate_profile(text);
    if (!profile) return profile.error();
    options.profile = std::move(profile).value();
    options.rate = mean_rate(options.profile);
    return std::nullopt;
}

Result<std::uint64_t> parse_speed(std::string_view text) {
    if (text == "max") return std::uint64_t{0};
    const auto speed = read_number<std::uint64_t>(text);
    if (!speed || *speed < 1 || *speed > 1'000'000)
        return InputError{"--speed", fmt::format("\"{}\" is not \"max\" or a whole number of 1 to "
                                                 "1000000",
                                                 text)};
    return *speed;
}

std::optional<InputError> contradiction(const LoadOptions& options) {
    if (auto wrong = misplaced(options)) return wrong;
    if (auto wrong = profile_contradiction(options)) return wrong;
    if (auto wrong = users_contradiction(options)) return wrong;
    if (options.projection_wait > Duration{0} && !options.admin)
        return InputError{"--wait-for-projection",
                          "asks the switch's admin address how far it is; give --admin too"};
    if (options.is_http()) return http_contradiction(options);
    if (has_merchant_options(options)) return no_merchant(options);
    if (options.is_peer())
        if (auto wrong = peer_contradiction(options)) return wrong;
    // A rate in thousandths by the batch: a tenth of a request a second.
    const std::optional<Rate> lowest = lowest_rate(options);
    if (!options.is_trace() && lowest && lowest->millihertz < 100ULL * options.batch)
        return InputError{"--batch", fmt::format("{} operations a request at this --rate is less "
                                                 "than one request in ten seconds; take a smaller "
                                                 "--batch or a higher --rate",
                                                 options.batch)};
    if (options.day_length && (options.is_trace() || !options.rate))
        return InputError{"--day-length",
                          "bends a --rate into the hours of a day; give --rate=N and a scenario "
                          "that is no trace"};
    if (options.workers > 1 && options.is_trace())
        return InputError{"--workers", "a trace is played by one thread; leave this out"};
    if (options.workers > options.connections)
        return InputError{"--workers",
                          fmt::format("{} threads need a connection each; give --connections={} "
                                      "or more",
                                      options.workers, options.workers)};
    if (options.is_trace() && options.operations_max > 0)
        return InputError{"--stop-after", "a trace sends exactly what it counts; leave this out"};
    return std::nullopt;
}

}  // namespace tuma::loadgen
