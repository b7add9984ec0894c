#include "loadgen/command_fake.h"

#include "loadgen/client/listener.h"
#include "loadgen/command_options.h"
#include "loadgen/fake/fake_server.h"

#include <cstdio>
#include <functional>
#include <string>

namespace tuma::loadgen {
namespace {

constexpr Duration die_time_max = std::chrono::hours{24};
constexpr std::uint64_t places_max = 1'000'000;

/// An option that `parse` reads into `value`.
template <typename Value, typename Parse>
CLI::Option* add_read(CLI::App& app, const std::string& name, const std::string& form, Value& value,
                      const std::string& fallback, const std::string& sentence,
                      const Parse& parse) {
    return add_text(app, name, fallback, sentence,
                    [&value, parse](const std::string& given) -> std::string {
                        auto parsed = parse(given);
                        if (!parsed) return parsed.error().reason;
                        value = std::move(parsed).value();
                        return {};
                    })
        ->type_name(form);
}

void add_times(CLI::App& app, ServiceSettings& service) {
    add_read(app, "--delay", "TIME", service.time, "0us",
             "Every request takes so long, however many there are: 2ms, exp:5ms for an "
             "exponential law of that mean, or uniform:1ms..3ms (up to 1h)",
             parse_time_law);
    add_read(app, "--serial", "TIME", service.time, "",
             "The same, but one request after the other, in the order of arrival", parse_time_law);
    add_number(app, "--places", service.places, 0, places_max,
               "With --delay: so many requests at once, the others wait in order; 0: any number");
    add_read(app, "--per-operation", "TIME", service.per_operation, "0us",
             "In addition for each operation of a request", parse_time_law);
    add_read(app, "--group", "TIME", service.time, "",
             "Group commit: what comes during one commit goes together with the next; a commit "
             "takes TIME",
             parse_time_law);
    add_number(app, "--group-max", service.group_max, 0, places_max,
               "Requests of one commit at most; 0: any number");
    add_read(app, "--stall", "LENGTH/PERIOD", service.stalls, "",
             "The whole server stops: 200ms/2s is the last 200 ms of every 2 s (period up to 1h)",
             parse_stalls);
}

void add_faults(CLI::App& app, FakeSettings& settings) {
    add_number(app, "--capacity", settings.service.capacity, 0, 10'000'000,
               "Operations a second; what is beyond (a bucket of 10 ms evens out) is answered "
               "overloaded at once; 0: no such bound");
    add_number(app, "--queue", settings.service.queue_max, 0, places_max,
               "So many requests may wait for a place, for their turn or for a commit; more are "
               "answered overloaded at once; 0: no such bound");
    add_read(app, "--refuse", "SHARE[:CODE]", settings.refusing, "0%",
             "Share of the operations that is refused, as 30% or 0.5%:ceiling_exceeded; the code "
             "is insufficient_funds unless given",
             parse_refusing);
    add_read(app, "--silent", "SHARE", settings.silent, "0%",
             "Share of the requests that is never answered", parse_share);
    add_read(app, "--duplicate", "SHARE", settings.duplicate, "0%",
             "Share of the answers that is sent twice", parse_share);
    add_read(app, "--drop", "N@TIME", settings.drop, "",
             "Close N connections so long after the first operation, as 1@3s", parse_dropping);
    add_read(app, "--garble", "KIND@TIME", settings.garble, "",
             "From then on every answer is a page of http, or bytes that mean nothing, or nothing; "
             "with @0s those of the set-up too",
             parse_garbling);
    add_read(app, "--die", "TIME", settings.die, "",
             "End the server so long after the first operation (up to 1d)",
             [](std::string_view text) -> Result<Duration> {
                 auto parsed = parse_duration(text);
                 if (parsed && *parsed <= die_time_max) return parsed;
                 return InputError{"die", "must be a duration of 0us to 1d, as 3s"};
             });
}

}  // namespace

CLI::App* add_fake(CLI::App& app, FakeCommand& command) {
    CLI::App* fake = app.add_subcommand(
        "fake", "Play a server whose every delay and fault is known, to hold measurements against");
    FakeSettings& settings = command.settings;
    add_read(*fake, "--listen", "HOST:PORT", settings.listen, settings.listen.text(),
             "Where it listens; port 0 finds a free one", parse_listen_endpoint);
    add_times(*fake, settings.service);
    add_faults(*fake, settings);
    fake->add_flag_callback(
        "--memory", [&settings] { settings.is_durable = false; },
        "Answers say that they are kept in memory only, and not synced");
    add_duration(*fake, "--spin", settings.spin, Duration{0}, std::chrono::milliseconds{10},
                 "The last part of every wait is spun, since the kernel wakes late; 0us leaves "
                 "the processor to others");
    add_seed(*fake, settings.seed, "1", "Equal seeds draw equal times and faults");
    fake->add_flag("--json", command.as_json, "Print the log as JSON");
    fake->footer(
        "Set-up (opening, funding, looking up accounts) is answered at once and has no faults.\n"
        "Prints \"ready native=HOST:PORT\", and at SIGTERM or Ctrl-C its own log: what it served,\n"
        "and quantiles of its true times. Examples:\n"
        "  tuma-load fake --delay=2ms --stall=200ms/2s      a hiccup that closed loops hide\n"
        "  tuma-load fake --serial=100us                    capacity 10,000/s (M/D/1)\n"
        "  tuma-load fake --delay=exp:5ms --refuse=30%      p50 3.47, p99 23.03 ms\n"
        "  tuma-load fake --delay=500us --capacity=2000     refuses what is too much");
    return fake;
}

std::optional<InputError> finish_fake(FakeCommand& command, const CLI::App& used) {
    ServiceSettings& service = command.settings.service;
    std::size_t laws = 0;
    for (const char* option : {"--delay", "--serial", "--group"}) laws += used.count(option);
    if (laws > 1)
        return InputError{"--delay",
                          "one law for all requests; leave two of --delay, --serial and --group "
                          "out"};
    service.groups = used.count("--group") > 0;
    if (used.count("--serial") > 0) {
        if (service.places > 0)
            return InputError{"--places", "belongs to --delay; --serial has one place"};
        service.places = 1;
    }
    return contradiction(command.settings);
}

int play_fake(const FakeCommand& command, const std::atomic<bool>& stop) {
    FakeServer server(command.settings);
    fmt::print("ready native={}\n", server.endpoint().text());
    // Whoever started it waits for this line.
    static_cast<void>(std::fflush(stdout));
    server.run(stop);
    fmt::print("{}", command.as_json ? fake_log_json(server.log()) : fake_log_text(server.log()));
    return 0;
}

}  // namespace tuma::loadgen
