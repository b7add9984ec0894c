// tuma-load ab: servers or settings in turns, each run on fresh data, and the verdict on the pairs.
#include "loadgen/command_ab.h"

#include "loadgen/command_load.h"
#include "loadgen/command_options.h"
#include "loadgen/commands.h"
#include "loadgen/drive/prepared_load.h"
#include "loadgen/drive/trials/ab.h"
#include "loadgen/drive/trials/server_process.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <thread>

namespace tuma::loadgen {
namespace {

constexpr Duration end_patience = std::chrono::seconds{20};
constexpr std::string_view data_word = "{data}";
constexpr std::string_view ab_footer =
    "Examples:\n"
    "  tuma-load ab --pairs=8 --rate=2000 --report=out \\\n"
    "    --a='build/old/tuma serve --data={data} --native=127.0.0.1:0' \\\n"
    "    --b='build/new/tuma serve --data={data} --native=127.0.0.1:0'\n"
    "  tuma-load ab --target=native:127.0.0.1:7000 --a=--batch=1 --b='--batch=8 --in-flight=2'\n\n"
    "The order is A B B A A B B A: what changes slowly on the machine weighs on both sides. All\n"
    "pairs are run: to stop as soon as a difference shows would find one too often.\n"
    "Exit codes: 0 B is better; 6 B is worse; 7 undecided; 3 a server did not start or went away.";

/// A directory that is gone with everything in it when this is.
class FreshDirectory {
public:
    explicit FreshDirectory(const std::filesystem::path& where) {
        std::string name = (where / "tuma-ab-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
            throw WriteError(fmt::format("no directory can be made in {}: {}", where.string(),
                                         std::generic_category().message(errno)));
        path_ = std::filesystem::absolute(name);
    }
    ~FreshDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    FreshDirectory(const FreshDirectory&) = delete;
    FreshDirectory& operator=(const FreshDirectory&) = delete;
    const std::filesystem::path& path() const { return path_; }

private:
    std::filesystem::path path_;
};

/// For a shell: within single quotes everything stands for itself.
std::string quoted(const std::string& text) {
    std::string out = "'";
    for (const char each : text) out += each == '\'' ? std::string("'\\''") : std::string(1, each);
    return out + "'";
}

std::string with_data(std::string command, const std::filesystem::path& data) {
    const std::string path = quoted(data.string());
    for (std::size_t at = command.find(data_word); at != std::string::npos;
         at = command.find(data_word, at + path.size()))
        command.replace(at, data_word.size(), path);
    return command;
}

/// Makes the runs of both sides.
class Turns {
public:
    Turns(const AbCommand& command, const std::atomic<bool>& stop)
        : command_(command),
          stop_(stop),
          progress_(Progress::style_for_terminal(command.load.is_quiet)) {}

    /// One run; the error is a load that does not fit, which the first run of a side shows.
    Result<RunReport> run(const TurnRun& turn) {
        LoadOptions load = command_.load;
        // Pairs differ, and the two of a pair do the same.
        load.seed += turn.pair;
        load.report.clear();
        const std::string& side = turn.side == SideName::a ? command_.a : command_.b;
        auto report =
            command_.has_servers() ? on_server(load, side) : with_settings(load, turn, side);
        if (report)
            progress_.say(fmt::format("{}: {:.0f}/s, p99 {} us", turn_name(turn),
                                      report->attained_per_s(),
                                      report->quoted.response.value_at_percentile(99)));
        return report;
    }

private:
    Result<RunReport> on_server(LoadOptions load, const std::string& side) {
        const FreshDirectory fresh(command_.work_directory);
        ServerProcess server(with_data(side, fresh.path() / "data"), fresh.path(),
                             command_.start_timeout, stop_);
        load.target.endpoint = server.native();
        const auto run_once = prepare(load, stop_, progress_);
        if (!run_once) return run_once.error();
        RunReport report = (*run_once)(load);
        if (!report.server_gone.empty() && !server.last_words().empty())
            report.server_gone += "; " + server.last_words();
        server.end(end_patience);
        return report;
    }

    Result<RunReport> with_settings(LoadOptions load, const TurnRun& turn,
                                    const std::string& side) {
        if (const auto wrong = apply_settings(side, load)) return *wrong;
        // One server remembers the references of both sides.
        load.seed += turn.side == SideName::a ? 0 : command_.pairs;
        const auto run_once = prepare(load, stop_, progress_);
        if (!run_once) return run_once.error();
        RunReport report = (*run_once)(load);
        std::this_thread::sleep_for(work_left(report));
        return report;
    }

    const AbCommand& command_;
    const std::atomic<bool>& stop_;
    Progress progress_;
};

void write_ab(const AbResult& result, const std::filesystem::path& directory) {
    if (directory.empty()) return;
    write_file_aside(directory / "ab.html", ab_html(result));
    write_file_aside(directory / "ab.json", ab_json(result));
    fmt::print(stderr, "report: {}\n", (directory / "ab.html").string());
}

/// Takes one turn after the other; the error is wrong usage.
std::optional<InputError> take_turns(const AbCommand& command, const std::atomic<bool>& stop,
                                     AbResult& result) {
    Turns runs(command, stop);
    for (TurnRun& turn : turns(command.pairs)) {
        if (!result.runs.empty()) std::this_thread::sleep_for(command.cool_down);
        std::string gone;
        try {
            auto report = runs.run(turn);
            if (!report) return report.error();
            if (!command.load.report.empty())
                write_report(*report, command.load.report / turn_name(turn));
            gone = report->server_gone;
            turn.run = measured_run(*report, turn_name(turn));
            // What differs between settings is what is compared.
            if (!command.has_servers()) turn.run.setup.clear();
        } catch (const StartError& error) {
            gone = error.what();
        } catch (const ConnectionError& error) {
            gone = error.what();
        }
        if (stop.load())
            result.cut_short = "it was stopped";
        else if (!gone.empty())
            result.cut_short = fmt::format("{}: {}", turn_name(turn), gone);
        if (!result.cut_short.empty()) return std::nullopt;
        result.runs.push_back(std::move(turn));
    }
    return std::nullopt;
}

}  // namespace

CLI::App* add_ab(CLI::App& app, AbCommand& command) {
    CLI::App* ab = app.add_subcommand(
        "ab", "Measure two servers, or two settings, in turns, and judge B against A");
    ab->add_option("--a", command.a,
                   "Side A: a command that starts a server and prints \"ready native=HOST:PORT\", "
                   "with {data} for a fresh directory; or settings of the load, as --batch=1")
        ->type_name("COMMAND|SETTINGS")
        ->required();
    ab->add_option("--b", command.b, "Side B, likewise")->type_name("COMMAND|SETTINGS")->required();
    add_number(*ab, "--pairs", command.pairs, 1, 100,
               "Runs of each side; fewer than 6 decide nothing, or 5 where one measure is judged");
    add_duration(*ab, "--cool-down", command.cool_down, Duration{0}, std::chrono::minutes{10},
                 "Rest between runs");
    add_duration(*ab, "--start-timeout", command.start_timeout, std::chrono::milliseconds{100},
                 std::chrono::hours{1}, "A server that is not ready by then has failed");
    ab->add_option("--work-dir", command.work_directory,
                   "Where fresh directories are made; choose the disk that is to be measured")
        ->type_name("DIR")
        ->capture_default_str();
    ab->add_flag("--json", command.as_json, "Print JSON");
    add_load_rate(*ab, command.load, "As of run: operations a second, a profile, or max");
    add_users(*ab, command.load);
    add_connection(*ab, command.load);
    add_load(*ab, command.load);
    add_http(*ab, command.load);
    add_output(*ab, command.load);
    ab->footer(power_table(Order::in_turns) + "\n" + std::string(ab_footer));
    return ab;
}

std::optional<InputError> finish_ab(AbCommand& command, const CLI::App& used,
                                    std::uint64_t random_seed) {
    if (command.has_servers() == command.b.starts_with("--"))
        return InputError{"--b", "must be what --a is: both a command, or both settings"};
    const bool has_target = used.count("--target") > 0;
    if (command.has_servers() && has_target)
        return InputError{"--target", "is told by the servers that are started; leave it out"};
    if (!command.has_servers() && !has_target)
        return InputError{"--target", "is needed where --a and --b are settings"};
    if (!std::filesystem::is_directory(command.work_directory))
        return InputError{"--work-dir",
                          fmt::format("\"{}\" is no directory", command.work_directory.string())};
    if (command.load.is_trace() || !command.load.acks.empty())
        return InputError{command.load.is_trace() ? "--scenario" : "--acks",
                          "belongs to run; leave it out"};
    if (const auto wrong = finish_load(command.load, used, random_seed)) return wrong;
    if (command.has_servers()) return std::nullopt;
    for (const std::string* side : {&command.a, &command.b}) {
        LoadOptions load = command.load;
        if (auto wrong = apply_settings(*side, load)) return wrong;
    }
    return std::nullopt;
}

int ab_command(const AbCommand& command, const std::atomic<bool>& stop) {
    if (!command.load.report.empty()) make_report_directory(command.load.report);
    AbResult result{.a = command.a, .b = command.b, .runs = {}, .cut_short = {}, .comparison = {}};
    if (const auto wrong = take_turns(command, stop, result)) return wrong_usage(*wrong);
    judge_turns(result);
    fmt::print("{}", command.as_json ? ab_json(result) : ab_text(result));
    write_ab(result, command.load.report);
    if (!result.cut_short.empty() && !stop.load()) {
        fmt::print(stderr, "tuma-load: {}\n", result.cut_short);
        return exit_server_gone;
    }
    return exit_code_of(result.comparison.verdict);
}

}  // namespace tuma::loadgen
