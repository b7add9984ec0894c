#include "loadgen/command_line.h"

#include "ledger/words/command_page.h"
#include "ledger/words/command_words.h"
#include "loadgen/client/listener.h"
#include "loadgen/command_load.h"
#include "loadgen/command_options.h"
#include "loadgen/drive/trials/find_max.h"
#include "loadgen/drive/version.h"
#include "loadgen/exit_codes.h"
#include "loadgen/report/compare.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <memory>
#include <optional>

namespace tuma::loadgen {
namespace {

void add_live(CLI::App& app, LiveSettings& live) {
    add_text(app, "--stream", "",
             "A line of JSON a second while it runs, and one at its end: ndjson:FILE, or ndjson:- "
             "for standard output, which then has nothing else",
             [&live](const std::string& given) { return take(parse_stream(given), live.stream); })
        ->type_name("ndjson:FILE");
    add_text(app, "--metrics", "",
             "Where Prometheus finds the run while it goes on, as 127.0.0.1:9200",
             [&live](const std::string& given) -> std::string {
                 const auto parsed = parse_listen_endpoint(given);
                 if (!parsed) return parsed.error().reason;
                 live.metrics = *parsed;
                 return {};
             })
        ->type_name("HOST:PORT");
}

/// Everything that parsing fills in, alive as long as CLI11 needs it.
struct Parsed {
    RunCommand run;
    FindMaxCommand find_max;
    CompareCommand compare;
    SampleCommand sample;
    FakeCommand fake;
    DoctorCommand doctor;
    MergeCommand merge;
    AbCommand ab;
    SweepCommand sweep;
    std::optional<Rate> start = Rate::per_second(1000);
    std::optional<Rate> highest = Rate::per_second(10'000'000);
};

CLI::App* add_run(CLI::App& app, Parsed& parsed) {
    CLI::App* run = app.add_subcommand("run", "Drive one load and report on it");
    LoadOptions& load = parsed.run.load;
    add_connection(*run, load)->required();
    // Not a part of `add_load`: a search has no rate of its own.
    add_load_rate(
        *run, load,
        "Operations a second on an absolute schedule (open loop), as 500, 250k, 1.2M; max "
        "sends as answers come (closed loop); or parts with commas between them, each a "
        "phase of the report: 1k:10s, ramp:1k..20k:30s, step:1k,2k,4k:10s or "
        "spike:2k+20k@10s/1s");
    add_users(*run, load);
    add_text(*run, "--slo", "",
             "What must hold, as p99<20ms,errors<0.1%; tells by the exit code whether it did. "
             "Measures " +
                 slo_measures(),
             [&load](const std::string& given) -> std::string {
                 const auto slo = parse_slo(given);
                 if (!slo) return slo.error().reason;
                 load.slo = given;
                 return {};
             });
    add_text(*run, "--abort-when", "",
             "When to give the run up, as p99>1s,errors>5%: once a measure (p50, p99, max, errors, "
             "refused) is above its limit for 3 seconds on end",
             [&load](const std::string& given) -> std::string {
                 const auto terms = parse_abort(given);
                 if (!terms) return terms.error().reason;
                 load.abort_when = given;
                 return {};
             });
    add_load(*run, load);
    add_http(*run, load);
    add_number(*run, "--stop-after", load.operations_max, 0, 1'000'000'000'000,
               "Send exactly this many operations instead of --duration; 0: no limit");
    add_text(*run, "--speed", "max",
             "For a trace: N plays N hours in the time of one; max waits for nothing",
             [&load](const std::string& given) { return take(parse_speed(given), load.speed); });
    add_output(*run, load);
    add_live(*run, load.live);
    return run;
}

CLI::App* add_find_max(CLI::App& app, Parsed& parsed) {
    CLI::App* find = app.add_subcommand(
        "find-max", "Search the highest rate that keeps a service-level objective");
    FindMaxCommand& command = parsed.find_max;
    add_connection(*find, command.load)->required();
    add_text(*find, "--slo", "",
             "What must hold, as p99<20ms,errors<0.1%; measures " + slo_measures() +
                 ". Unless it says otherwise, errors must stay below 1 %, and refused and skipped "
                 "below the limit of errors",
             [&command](const std::string& given) -> std::string {
                 // Read for the message only. The text itself is kept, as results are told with it.
                 const auto slo = parse_slo(given);
                 if (!slo) return slo.error().reason;
                 command.slo = given;
                 return {};
             })
        ->required();
    add_rate(*find, "--start", parsed.start, "1000", "The first rate that is tried");
    add_rate(*find, "--highest", parsed.highest, "10M", "No higher rate is tried");
    add_number(*find, "--precision", command.precision_percent, 1, 50,
               "Search until the rate found is within this many percent of one that failed");
    add_duration(*find, "--cool-down", command.cool_down, Duration{0}, std::chrono::minutes{10},
                 "Rest between trials");
    add_load(*find, command.load);
    add_http(*find, command.load);
    add_output(*find, command.load);
    return find;
}

CLI::App* add_compare(CLI::App& app, Parsed& parsed) {
    CLI::App* compare =
        app.add_subcommand("compare", "Judge report directories B against A, allowing for noise");
    // Several a side, because one run against one cannot tell a difference from noise.
    compare->footer(power_table(Order::any) +
                    "\nSo 5 % of runs that differ by 2.5 % needs 8 runs a side; 4 or fewer decide "
                    "nothing.\n"
                    "Exit codes: 0 B is better; 6 B is worse; 7 undecided; 2 wrong usage, or the\n"
                    "loads were not the same.");
    compare->add_option("--a", parsed.compare.a, "Report directories of side A")
        ->expected(1, 100)
        ->type_name("DIR");
    compare->add_option("--b", parsed.compare.b, "Report directories of side B")
        ->expected(1, 100)
        ->type_name("DIR");
    // Two directories are the usual case, and need no options.
    compare
        ->add_option_function<std::vector<std::filesystem::path>>(
            "A B",
            [&parsed](const std::vector<std::filesystem::path>& both) {
                parsed.compare.a.push_back(both[0]);
                parsed.compare.b.push_back(both[1]);
            },
            "One report directory a side: shown, never decided")
        ->expected(2)
        ->type_name("DIR");
    compare->add_flag("--in-turns", parsed.compare.in_turns,
                      "The runs were made ABBA, and stand here in their order: neighbours are set "
                      "against each other, which takes a drift of the machine out");
    compare->add_flag("--force", parsed.compare.is_forced,
                      "Compare although scenario, rate, batch, connections or the like differ");
    compare->add_flag("--json", parsed.compare.as_json, "Print JSON");
    return compare;
}

CLI::App* add_sample(CLI::App& app, Parsed& parsed) {
    CLI::App* sample = app.add_subcommand(
        "sample-merchant",
        "Make up the sales of a merchant who does not exist, as a CSV for tuma replay");
    SampleCommand& command = parsed.sample;
    add_text(*sample, "--kind", "",
             "kiosk (many small tickets, buyers who return, mostly card), takeaway (evenings, "
             "weekends) or wholesale (weekday daytime, refunds, few big customers)",
             [&command](const std::string& given) -> std::string {
                 const auto kind = parse_merchant_kind(given);
                 if (!kind) return "must be kiosk, takeaway or wholesale";
                 command.merchant.kind = *kind;
                 return {};
             })
        ->type_name("kiosk|takeaway|wholesale")
        ->required();
    add_seed(*sample, command.merchant.seed, "1",
             "The same seed makes the same file, on every machine");
    add_number(*sample, "--days", command.merchant.days, 1, sample_days_max, "Days of sales");
    add_text(*sample, "--from", "2024-01-01", "The first day",
             [&command](const std::string& given) -> std::string {
                 const auto day = parse_sample_day(given);
                 if (!day) return day.error().reason;
                 command.merchant.from = *day;
                 return {};
             });
    sample
        ->add_option("--out", command.out,
                     "Where to write it, - for standard output [synthetic-KIND-seedN.csv]")
        ->type_name("FILE");
    sample->footer(
        "The sales are synthetic: every id begins with SYN-. Their shapes (sales a day, weekdays,\n"
        "hours, tickets, refunds, returning buyers) are published figures of a coffee machine in\n"
        "Ukraine (amounts of hryvnia size), a takeaway and an online wholesaler in England "
        "(pounds).");
    return sample;
}

/// The command line as it can be given to a shell again.
std::string shell_words(const std::vector<std::string>& arguments) {
    std::string line = "tuma-load";
    for (const std::string& argument : arguments) {
        const bool is_plain = argument.find_first_not_of(
                                  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-_=.,:/%@+") == std::string::npos;
        line += ' ';
        if (is_plain && !argument.empty()) {
            line += argument;
            continue;
        }
        line += '\'';
        for (const char letter : argument)
            line += letter == '\'' ? std::string("'\\''") : std::string(1, letter);
        line += '\'';
    }
    return line;
}

NoCommand refuse(const InputError& error) {
    fmt::print(stderr, "tuma-load: {}\nRun with --help for all options.\n", error.text());
    return {exit_usage};
}

CommandLine chosen(Parsed& parsed, const CLI::App& run, const CLI::App& find,
                   const CLI::App& sample, std::uint64_t random_seed) {
    // Exactly one of them was parsed, because CLI11 has asked for a command.
    if (sample.parsed()) {
        SampleCommand& command = parsed.sample;
        // The name depends on kind and seed, which are known only once all options are read.
        if (command.out.empty()) command.out = sample_file_name(command.merchant);
        return command;
    }
    if (run.parsed()) {
        if (const auto wrong = finish_load(parsed.run.load, run, random_seed))
            return refuse(*wrong);
        return parsed.run;
    }
    if (find.parsed()) {
        // "max" is a rate for `run`, where it means a closed loop. A search needs numbers.
        if (!parsed.start || !parsed.highest ||
            parsed.start->millihertz > parsed.highest->millihertz)
            return refuse({"--start", "must be a rate that is not above --highest; lower it"});
        parsed.find_max.start = *parsed.start;
        parsed.find_max.highest = *parsed.highest;
        // What contradicts a rate is found before the first trial, and not by it.
        parsed.find_max.load.rate = parsed.find_max.start;
        if (parsed.find_max.load.is_trace())
            return refuse({"--scenario", "a trace has its own times; use run for it"});
        if (const auto wrong = finish_load(parsed.find_max.load, find, random_seed))
            return refuse(*wrong);
        return parsed.find_max;
    }
    if (parsed.compare.a.empty() || parsed.compare.b.empty())
        return refuse({"compare", "give two report directories, or --a DIR... --b DIR..."});
    if (parsed.compare.in_turns && parsed.compare.a.size() != parsed.compare.b.size())
        return refuse({"--in-turns", "needs as many runs of A as of B"});
    return parsed.compare;
}

}  // namespace

CommandLine read_command_line(int argc, const char* const* argv, std::uint64_t random_seed) {
    // CLI11 writes into it while it parses, so that it must outlive the app.
    Parsed parsed;
    CLI::App app{"tuma-load drives a payment switch with load and measures it.", "tuma-load"};
    app.footer(std::string(exit_codes_text));
    app.set_version_flag("--version", fmt::format("tuma-load {}", version()));
    app.require_subcommand(1);
    const CLI::App* run = add_run(app, parsed);
    const CLI::App* find = add_find_max(app, parsed);
    add_compare(app, parsed);
    const CLI::App* sample = add_sample(app, parsed);
    const CLI::App* fake = add_fake(app, parsed.fake);
    const CLI::App* doctor = add_doctor(app, parsed.doctor);
    const CLI::App* merge = add_merge(app, parsed.merge);
    const CLI::App* ab = add_ab(app, parsed.ab);
    const CLI::App* sweep = add_sweep(app, parsed.sweep);
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    // Before parsing, which would ask for a command.
    if (const auto page = printed_page(command_page(app), arguments)) {
        fmt::print("{}", *page);
        return NoCommand{0};
    }
    // Before CLI11, whose message has neither the list of right words nor the nearest one.
    if (const auto misspelt = misspelt_argument(command_words(app), arguments)) {
        fmt::print(stderr, "tuma-load: {}\n", *misspelt);
        return NoCommand{exit_usage};
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // Help and version are exceptions of CLI11 as well. They end with 0.
        return NoCommand{app.exit(error) == 0 ? 0 : exit_usage};
    }
    for (LoadOptions* load :
         {&parsed.run.load, &parsed.find_max.load, &parsed.ab.load, &parsed.sweep.load})
        load->command = shell_words(arguments);
    if (ab->parsed()) {
        if (const auto wrong = finish_ab(parsed.ab, *ab, random_seed)) return refuse(*wrong);
        return parsed.ab;
    }
    if (sweep->parsed()) {
        if (const auto wrong = finish_sweep(parsed.sweep, *sweep, random_seed))
            return refuse(*wrong);
        return parsed.sweep;
    }
    if (fake->parsed()) {
        if (const auto wrong = finish_fake(parsed.fake, *fake)) return refuse(*wrong);
        return parsed.fake;
    }
    if (doctor->parsed()) return parsed.doctor;
    if (merge->parsed()) return parsed.merge;
    return chosen(parsed, *run, *find, *sample, random_seed);
}

}  // namespace tuma::loadgen
