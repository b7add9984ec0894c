#include "loadgen/command_load.h"

#include "ledger/words/command_words.h"
#include "loadgen/command_options.h"
#include "loadgen/peers/pg_parameters.h"
#include "loadgen/peers/pg_peer.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace tuma::loadgen {
namespace {

/// Unless asked otherwise: one request at a time goes over each, and none should wait for a place.
constexpr std::uint32_t http_connections = 64;
/// PostgreSQL commits the transactions of a connection one after another, and those of several
/// together.
constexpr std::uint32_t pg_connections = 32;

void add_on_loss(CLI::App& app, LoadOptions& load) {
    add_text(app, "--on-loss", "end",
             "What happens when a connection is lost: end (nothing more is sent) or reconnect "
             "(connect again, send what was in flight on it again under the same references, go "
             "on; --timeout then counts anew, latency does not)",
             [&load](const std::string& given) -> std::string {
                 const auto parsed = parse_on_loss(given);
                 if (!parsed) return "must be end or reconnect";
                 load.on_loss = *parsed;
                 return {};
             })
        ->type_name("end|reconnect");
    add_duration(
        app, "--reconnect-for", load.reconnect_for, std::chrono::milliseconds{1},
        std::chrono::hours{1},
        "With --on-loss=reconnect: how long a connection may be gone before the server is");
}

/// Unless told otherwise a profile lasts as long as it does, and users have all begun before
/// anything is measured.
void take_times(const CLI::App& used, LoadOptions& load) {
    load.has_duration = load.has_duration || used.count("--duration") > 0;
    if (!load.profile.empty() && !load.has_duration)
        load.duration = std::chrono::duration_cast<Duration>(length_of(load.profile));
    // A search has no users, nor options of theirs.
    if (load.users == 0 || !load.think) return;
    const bool thinks = used.count("--users") + used.count("--think") > 0;
    if (thinks && used.count("--warmup") == 0)
        load.warmup = std::max(load.warmup, load.think->mean);
}

}  // namespace

void add_rate(CLI::App& app, const std::string& name, std::optional<Rate>& value,
              const std::string& fallback, const std::string& sentence) {
    add_text(app, name, fallback, sentence,
             [&value](const std::string& given) { return take(parse_rate(given), value); });
}

void add_load_rate(CLI::App& app, LoadOptions& load, const std::string& sentence) {
    add_text(app, "--rate", "max", sentence, [&load](const std::string& given) -> std::string {
        const auto wrong = set_rate(given, load);
        return wrong ? wrong->reason : std::string();
    });
}

CLI::Option* add_connection(CLI::App& app, LoadOptions& load) {
    // No default: a load must not hit a server by accident.
    CLI::Option* target = add_text(
        app, "--target", "", "Where the server listens: " + known_targets(true),
        [&load](const std::string& given) { return take(parse_target(given), load.target); });
    add_text(
        app, "--admin", "",
        "The switch's admin HOST:PORT, for where the time goes in it, what it costs, and the size "
        "of its queue",
        [&load](const std::string& given) -> std::string {
            const auto parsed = parse_endpoint(given);
            if (!parsed) return parsed.error().reason;
            load.admin = *parsed;
            return {};
        });
    add_duration(app, "--wait-for-projection", load.projection_wait, Duration{0},
                 std::chrono::hours{24},
                 "Before each run wait until the switch's SQL projection has caught up, so that an "
                 "earlier run's work is not in it; at most so long, 0s: not at all");
    add_number(app, "--connections", load.connections, 1, 20'000,
               "TCP connections; unless given 64 over HTTP, and 32 to PostgreSQL");
    add_number(app, "--workers", load.workers, 1, 64,
               "Threads that make the load, each with a share of the connections and of the rate; "
               "more than one only where one is not enough, since none knows the others' delays");
    // Without a default here: the right one depends on other options, and a given one must be told
    // from none.
    app.add_option(
           "--in-flight", load.in_flight,
           "Most requests in flight on a connection (1 to 65535) [16 in a closed loop, or "
           "fewer if the switch's queue would not hold them, which is asked with --admin "
           "and otherwise taken to be the usual --queue; 65536 operations' worth in an open "
           "one]")
        ->check(CLI::Range(1, 65'535));
    add_number(app, "--participant", load.participant, 1, 4'294'967'295,
               "Number of the participant who sends");
    add_text(
        app, "--pg", "",
        "Of a pg: target: further parameters for libpq, as \"dbname=bench user=me\"; what they "
        "leave out comes from PGDATABASE, PGUSER, PGPASSWORD and their like",
        [&load](const std::string& given) -> std::string {
            if (const auto wrong = check_pg_parameters(given)) return wrong->reason;
            load.pg_parameters = given;
            return {};
        });
    add_duration(app, "--timeout", load.timeout, std::chrono::milliseconds{1},
                 std::chrono::hours{1},
                 "A request that has no answer after this time has timed out");
    add_on_loss(app, load);
    return target;
}

namespace {

/// What only a plain http: target has. No defaults here: what was given must be told from what was
/// not.
void add_plain(CLI::App& app, PlainRequest& plain) {
    app.add_option("--path", plain.path, "Of a plain http: target: what is asked for [/]")
        ->type_name("PATH");
    app.add_option("--body", plain.body,
                   "Of a plain http: target: the file that is posted; without it, it is GET")
        ->type_name("FILE");
    app.add_option("--content-type", plain.content_type,
                   "Of a plain http: target: what --body is [application/json]")
        ->type_name("TYPE");
}

}  // namespace

void add_users(CLI::App& app, LoadOptions& load) {
    add_number(app, "--users", load.users, 1, 1'000'000,
               "Instead of a rate: so many users, each of whom asks, waits for the answer, thinks, "
               "and asks again")
        ->default_str("");
    add_text(app, "--think", "",
             "How long each of --users thinks: 2s or fixed:2s, exp:30s (on average) or "
             "uniform:1s..3s",
             [&load](const std::string& given) -> std::string {
                 const auto law = parse_time_law(given);
                 if (!law) return law.error().reason;
                 load.think = *law;
                 return {};
             })
        ->type_name("LAW");
}

void add_http(CLI::App& app, LoadOptions& load) {
    app.add_option("--client-file", load.client_file,
                   "Of targets over HTTP: who asks, DATA/clients/mpesa.json and its like")
        ->type_name("FILE");
    add_text(app, "--callbacks", "wait",
             "wait: callbacks are matched and timed, and a lost one makes the run invalid; "
             "ignore: they are answered and thrown away, and the run ends with its last "
             "reply",
             [&load](const std::string& given) -> std::string {
                 const auto parsed = parse_callbacks(given);
                 if (!parsed) return "must be wait or ignore";
                 load.callbacks = *parsed;
                 return {};
             })
        ->type_name("wait|ignore");
    add_text(app, "--until", "reply",
             "What ends an operation over HTTP: its reply, or its callback (until then its "
             "connection takes no other request); callbacks have histograms of their own "
             "either way",
             [&load](const std::string& given) -> std::string {
                 const auto parsed = parse_until(given);
                 if (!parsed) return "must be reply or callback";
                 load.until = *parsed;
                 return {};
             })
        ->type_name("reply|callback");
    add_duration(app, "--grace", load.grace, Duration{0}, std::chrono::hours{1},
                 "Callbacks that have not come this long after the last answer are lost");
    add_duration(app, "--act-after", load.act_after, Duration{0}, std::chrono::hours{1},
                 "How long the simulated customer waits before it pays");
    add_number(app, "--verify-each", load.verify_each, 0, 1'000'000,
               "The signature of every Nth reply and callback is verified; 0: none");
    add_plain(app, load.plain);
}

void add_load(CLI::App& app, LoadOptions& load) {
    app.add_option("--scenario", load.scenario,
                   "p2p, kenya-day, hot-merchant, two-phase, FILE.toml or trace:FILE.csv")
        ->capture_default_str();
    add_number(app, "--batch", load.batch, 1, native::commands_max,
               "Operations in a request, all of one kind");
    add_duration(
        app, "--duration", load.duration, std::chrono::milliseconds{1}, std::chrono::hours{24 * 7},
        "How long to measure, after the warm-up; a --rate of several parts says it itself");
    add_duration(
        app, "--warmup", load.warmup, Duration{0}, std::chrono::hours{1},
        "Load before the measurement; none for a trace or with --stop-after; with --users one "
        "mean time of thinking, if that is longer");
    add_text(app, "--arrival", "poisson", "Gaps between requests: poisson or constant",
             [&load](const std::string& given) -> std::string {
                 if (given != "poisson" && given != "constant")
                     return "must be poisson or constant";
                 load.arrival = given == "poisson" ? Arrival::poisson : Arrival::constant;
                 return {};
             })
        ->type_name("poisson|constant");
    add_text(app, "--overload", "queue",
             "What happens when all places for requests in flight are taken: queue (wait; "
             "latency counts from the intended time), skip (never send, but count) or abort "
             "(end the run, invalid)",
             [&load](const std::string& given) -> std::string {
                 const auto parsed = parse_overload(given);
                 if (!parsed) return "must be queue, skip or abort";
                 load.overload = *parsed;
                 return {};
             })
        ->type_name("queue|skip|abort");
    add_seed(app, load.seed, "new each time",
             "Makes the run repeatable; another seed means other request keys");
    // The scenario knows its own number, so that only a given one replaces it.
    add_text(app, "--customers", "",
             "Number of wallets, instead of the scenario's; for mpesa: of phones [1000] (2 "
             "to 10000000)",
             [&load](const std::string& given) -> std::string {
                 std::uint32_t number = 0;
                 if (!CLI::detail::lexical_cast(given, number) || number < 2 || number > 10'000'000)
                     return "must be a whole number of 2 to 10000000";
                 load.customers = number;
                 return {};
             });
    add_text(
        app, "--day-length", "",
        "How long a day of the scenario takes; the rate then follows its hours",
        [&load](const std::string& given) -> std::string {
            const auto parsed = parse_duration(given);
            if (!parsed || *parsed < std::chrono::seconds{1} || *parsed > std::chrono::hours{24})
                return "must be a duration of 1s to 1d, as 10m";
            load.day_length = *parsed;
            return {};
        });
}

void add_output(CLI::App& app, LoadOptions& load) {
    app.add_option("--report", load.report,
                   "Directory for report.json, report.html, latency.hlog, timeline.csv")
        ->type_name("DIR");
    app.add_option("--acks", load.acks,
                   "Appends every acknowledged request to this file, for tuma audit --acks")
        ->type_name("FILE");
    app.add_option("--probe-dir", load.probe_directory,
                   "Where fsync is measured; choose the disk of the switch's data")
        ->type_name("DIR")
        ->capture_default_str();
    app.add_flag("--quiet", load.is_quiet, "No progress on standard error");
}

std::optional<InputError> finish_load(LoadOptions& load, const CLI::App& used,
                                      std::uint64_t random_seed) {
    // A new seed each time, or a second run on the same data would be answered from the server's
    // memory.
    if (used.count("--seed") == 0) load.seed = random_seed;
    // These have defaults, so that only the command line tells whether somebody wanted them.
    if (load.target.protocol != native_protocol && used.count("--participant") > 0)
        return InputError{"--participant", "belongs to a native: target; leave it out"};
    if (load.is_http()) {
        if (used.count("--scenario") > 0)
            return InputError{"--scenario", "is not played over HTTP; leave it out"};
        // The usual few are for requests side by side on one connection, which HTTP does not have.
        if (used.count("--connections") == 0) load.connections = http_connections;
    }
    if (load.target.protocol == pg_protocol && used.count("--connections") == 0)
        load.connections = pg_connections;
    take_times(used, load);
    const bool is_counted = load.is_trace() || load.operations_max > 0;
    // Operations of a warm-up are counted apart, and a number that was asked for exactly would be
    // split.
    if (is_counted && used.count("--warmup") == 0) load.warmup = Duration{0};
    return contradiction(load);
}

std::optional<InputError> apply_settings(std::string_view settings, LoadOptions& load) {
    CLI::App app{"the settings of one side"};
    add_load_rate(app, load, "");
    add_users(app, load);
    add_connection(app, load);
    add_load(app, load);
    add_http(app, load);
    std::vector<std::string> words;
    for (std::size_t begin = 0; begin < settings.size();) {
        const std::size_t end = std::min(settings.find(' ', begin), settings.size());
        if (end > begin) words.emplace_back(settings.substr(begin, end - begin));
        begin = end + 1;
    }
    if (const auto misspelt = misspelt_argument(command_words(app), words))
        return InputError{std::string(settings), *misspelt};
    // CLI11 takes them from the back.
    std::reverse(words.begin(), words.end());
    try {
        app.parse(words);
    } catch (const CLI::ParseError& error) {
        return InputError{std::string(settings), error.what()};
    }
    take_times(app, load);
    return contradiction(load);
}

}  // namespace tuma::loadgen
