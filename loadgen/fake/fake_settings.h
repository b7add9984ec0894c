// What a server of known behaviour does, as its options say it.
#pragma once

#include "ledger/words/refusal.h"
#include "ledger/words/result.h"
#include "loadgen/client/socket.h"
#include "loadgen/fake/service_model.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace tuma::loadgen {

/// A part of all, in millionths.
struct Share {
    std::uint32_t millionths = 0;

    bool operator==(const Share&) const = default;
    bool draw(Random& random) const { return random.chance(millionths, 1'000'000); }
};

/// A share of the operations that is refused, and with what.
struct Refusing {
    Share share;
    Refusal code = Refusal::insufficient_funds;

    bool operator==(const Refusing&) const = default;
};

/// So many connections are closed at this time.
struct Dropping {
    std::uint32_t connections = 0;
    Duration at{0};

    bool operator==(const Dropping&) const = default;
};

/// What a server sends that does not speak the protocol, or no more.
enum class Garble : std::uint8_t { http, bytes, nothing };

/// From this time on every answer is of another kind; at once also those of the set-up.
struct Garbling {
    Garble kind = Garble::http;
    Duration at{0};

    bool operator==(const Garbling&) const = default;
};

/// Times count from the first operation that is no set-up.
struct FakeSettings {
    Endpoint listen{"127.0.0.1", 0};
    std::uint64_t seed = 1;
    /// The last part of every wait is spun, because the kernel wakes a thread that late.
    Duration spin{50};
    ServiceSettings service;
    Refusing refusing;
    Share silent;     ///< of the requests: never answered
    Share duplicate;  ///< of the answers: sent twice
    std::optional<Dropping> drop;
    std::optional<Garbling> garble;
    std::optional<Duration> die;  ///< everything is closed then
    bool is_durable = true;       ///< what answers say of themselves: synced, or memory
};

/// Reads "30%", "0.5%", "100%", with at most four decimals.
Result<Share> parse_share(std::string_view text);
/// Reads "30%" or "30%:insufficient_funds"; names of `refusal_table`.
Result<Refusing> parse_refusing(std::string_view text);
/// Reads "200ms/2s": of every 2 s the last 200 ms. Refuses lengths that are not shorter.
Result<Stalls> parse_stalls(std::string_view text);
/// Reads "1@3s": one connection, three seconds after the first operation.
Result<Dropping> parse_dropping(std::string_view text);
/// Reads "http@3s"; http, bytes or nothing.
Result<Garbling> parse_garbling(std::string_view text);
std::string_view name(Garble kind);

/// The first pair of settings that do not fit together, with the remedy.
std::optional<InputError> contradiction(const FakeSettings& settings);

}  // namespace tuma::loadgen
