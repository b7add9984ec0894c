// What the command line of tuma-load asks for, as values.
#pragma once

#include "ledger/words/result.h"
#include "ledger/words/time.h"
#include "loadgen/arrivals/rate_words.h"
#include "loadgen/arrivals/schedule.h"
#include "loadgen/arrivals/time_law.h"
#include "loadgen/client/socket.h"
#include "loadgen/drive/driver.h"
#include "loadgen/drive/http_driver.h"
#include "loadgen/drive/live_output.h"
#include "loadgen/merchants/plain_request.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// The switch's own protocol.
inline constexpr std::string_view native_protocol = "native";

/// Where the server listens for what.
struct Target {
    /// "native", or the name of a row of `http_protocols` or `peer_kinds`, of which it is a part.
    std::string_view protocol = native_protocol;
    Endpoint endpoint;

    bool operator==(const Target&) const = default;
    /// "native:127.0.0.1:7000", "mpesa:http://127.0.0.1:8080", "http://127.0.0.1:80".
    std::string text() const;
};

/// Everything that shapes one run.
struct LoadOptions {
    Target target;
    std::optional<Endpoint> admin;
    std::string scenario = "p2p";
    /// Operations; nothing: closed loop. Of a profile the mean.
    std::optional<Rate> rate;
    std::vector<RatePiece> profile{};  ///< behind the warm-up; empty: the rate stays the same
    std::uint32_t users = 0;           ///< who ask, think and ask again; 0: none
    std::optional<TimeLaw> think;      ///< how long each of them thinks
    Duration duration = std::chrono::seconds{10};  ///< measured, behind the warm-up
    bool has_duration = false;                     ///< it was given
    Duration warmup = std::chrono::seconds{2};
    Duration timeout = std::chrono::seconds{5};
    std::uint32_t connections = 4;
    std::uint32_t workers = 1;  ///< threads, among which the connections are divided
    std::uint32_t batch = 1;
    /// Requests in flight on a connection at most; nothing: `in_flight_max` decides.
    std::optional<std::uint32_t> in_flight;
    Arrival arrival = Arrival::poisson;
    Overload overload = Overload::queue;
    OnLoss on_loss = OnLoss::end;
    Duration reconnect_for = std::chrono::seconds{30};  ///< with OnLoss::reconnect
    std::string slo;         ///< what must hold of the run; empty: nothing
    std::string abort_when;  ///< when it is given up; empty: never
    std::string command;     ///< the command line, for the report
    std::uint64_t seed = 0;
    std::uint32_t participant = 1;
    std::uint64_t operations_max = 0;  ///< 0: no limit
    std::uint64_t speed = 0;           ///< of a trace; 0: as fast as possible
    std::optional<Duration> day_length;
    std::optional<std::uint32_t> customers;
    std::optional<std::uint32_t> zipf_permille;            ///< instead of the scenario's
    std::optional<std::uint32_t> hot_merchant_permille;    ///< likewise
    std::optional<std::uint32_t> customers_zipf_permille;  ///< likewise
    std::filesystem::path report;                          ///< empty: none is written
    std::filesystem::path acks;                            ///< empty: none are kept
    std::filesystem::path probe_directory = ".";
    Duration projection_wait{0};  ///< how long a run waits for the server's SQL projection at most
    bool is_quiet = false;
    LiveSettings live;

    // Of protocols over HTTP only.
    std::filesystem::path client_file;  ///< DATA/clients/mpesa.json or wechat.json
    Callbacks callbacks = Callbacks::wait;
    Until until = Until::reply;
    Duration grace = std::chrono::seconds{5};  ///< callbacks are awaited so long
    Duration act_after{0};                     ///< when the simulated customer acts
    std::uint32_t verify_each = 10;            ///< signatures; 0: none
    PlainRequest plain;                        ///< of a plain http: target only

    std::string pg_parameters;  ///< of a pg: target only, see `check_pg_parameters`

    bool is_http() const;
    bool is_peer() const;
    bool is_trace() const { return scenario.starts_with("trace:"); }
};

/// "native:HOST:PORT, mpesa:HOST:PORT or ...", for people; with what is played over each.
std::string known_targets(bool explains);
/// Reads "native:HOST:PORT", or another protocol's name like "mpesa:HOST:PORT", where "http://" may
/// stand before HOST.
Result<Target> parse_target(std::string_view text);
/// Reads "max" (0) or a whole number of 1 to 1,000,000.
Result<std::uint64_t> parse_speed(std::string_view text);

/// Sets the rate, or the profile with its mean rate and its length as the duration.
std::optional<InputError> set_rate(std::string_view text, LoadOptions& options);

/// The first pair of options that do not fit together, naming both and the remedy.
std::optional<InputError> contradiction(const LoadOptions& options);

}  // namespace tuma::loadgen
