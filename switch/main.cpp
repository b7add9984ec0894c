// `tuma`: the command line of the switch.
#include "ledger/audit_text.h"
#include "ledger/command_words.h"
#include "ledger/journal_end.h"
#include "ledger/journal_segment.h"
#include "ledger/projection.h"
#include "ledger/sqlite_journal.h"
#include "switch/command_result.h"
#include "switch/core/rulebook.h"
#include "switch/load_schemes.h"
#include "switch/net/callback_rules.h"
#include "switch/net/endpoint.h"
#include "switch/net/settings.h"
#include "switch/net/version.h"
#include "switch/open_files.h"
#include "switch/provision_file.h"
#include "switch/reconcile_command.h"
#include "switch/replay_command.h"
#include "switch/scheme_command.h"
#include "switch/score_command.h"
#include "switch/serve.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <atomic>
#include <cstdio>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma {
namespace {

// The flags of `tuma serve`, one for each row of the settings table.
struct ServeFlags {
    std::map<std::string, std::string> given;
    std::string config;
    bool print_settings = false;
};

void add_serve(CLI::App& app, ServeFlags& flags) {
    CLI::App* serve = app.add_subcommand("serve", "Run the switch until SIGTERM or SIGINT");
    serve
        ->add_option("--config", flags.config,
                     "TOML file with any of the settings below, - written as _; flags win")
        ->type_name("FILE");
    serve->add_flag("--print-settings", flags.print_settings,
                    "Print the settings in force as a settings file, and exit");
    for (const net::SettingRow& row : net::settings_table()) {
        const std::string name{row.name};
        const std::string shown =
            row.default_value.empty() ? "" : fmt::format(" [{}]", row.default_value);
        serve
            ->add_option_function<std::string>(
                "--" + name,
                [&flags, name](const std::string& value) { flags.given[name] = value; },
                std::string(row.sentence) + shown)
            ->type_name(std::string(row.value_name));
    }
    serve->footer(
        "Prints `ready native=HOST:PORT admin=HOST:PORT` once all listeners accept, with http= "
        "and\n"
        "https= where they do.\n"
        "Exit: 0 after a signal, 1 when something failed, 2 for bad usage.");
}

// Addresses are looked at before anything is opened, so that a slip leaves no directory behind.
std::optional<InputError> wrong_address(const net::Settings& settings,
                                        const net::SettingTexts& texts) {
    for (const auto& [name, value] : {std::pair{"native", settings.native},
                                      {"admin", settings.admin},
                                      {"http", settings.http},
                                      {"https", settings.https}}) {
        const auto given = texts.find(name);
        if (given == texts.end()) continue;
        if (value.empty() && std::string_view(name) != "native") continue;
        if (const auto parsed = net::parse_endpoint(value); !parsed)
            return InputError{given->second.place, parsed.error().reason};
    }
    if (const auto rules =
            net::CallbackRules::read(settings.callback_allow, settings.callback_deny);
        !rules) {
        const auto given = texts.find(rules.error().field);
        const std::string place =
            given == texts.end() ? "--" + rules.error().field : given->second.place;
        return InputError{place, rules.error().reason};
    }
    return std::nullopt;
}

// Dialects need the schemes of their services.
std::string schemes_of(const net::Settings& settings) {
    std::string list = settings.schemes;
    if (settings.http.empty() && settings.https.empty()) return list;
    for (const std::string_view name : {"mpesa-kenya", "wechat-china"}) {
        if (("," + list + ",").find(fmt::format(",{},", name)) != std::string::npos) continue;
        list += fmt::format("{}{}", list.empty() ? "" : ",", name);
    }
    return list;
}

int run_serve(const ServeFlags& flags) {
    net::SettingTexts texts;
    if (!flags.config.empty()) {
        Result<net::SettingTexts> file = net::read_settings_file(flags.config);
        if (!file) return usage_error(file.error());
        texts = *file;
    }
    for (const auto& [name, value] : flags.given) texts[name] = {value, "--" + name};
    const Result<net::Settings> settings = net::make_settings(texts);
    if (!settings) return usage_error(settings.error());
    if (const auto wrong = wrong_address(*settings, texts)) return usage_error(*wrong);
    if (flags.print_settings) {
        fmt::print("{}", net::settings_text(*settings));
        return exit_ok;
    }
    // Read again where it is used; without --http it would be used nowhere.
    if (!settings->provision.empty())
        if (const Result<ProvisionFile> file = read_provision_file(settings->provision); !file)
            return usage_error({"--provision=" + file.error().field, file.error().reason});
    // A bad scheme file, too, leaves no directory behind.
    const Result<std::vector<SchemeFile>> schemes =
        read_schemes(schemes_of(*settings), settings->holidays);
    if (!schemes) return usage_error(schemes.error());
    net::Settings fitted = *settings;
    const Result<std::string> lowered =
        fit_connections(fitted, raise_file_limit(), texts.contains("connections"));
    if (!lowered) return usage_error(lowered.error());
    return serve(fitted, *schemes, *lowered);
}

struct AuditFlags {
    std::string data;
    std::vector<std::string> acks;
    bool json = false;
};

void add_audit(CLI::App& app, AuditFlags& flags) {
    CLI::App* audit = app.add_subcommand(
        "audit", "Verify journal, snapshots, projection and books from the outside");
    audit->add_option("--data", flags.data, "Directory of the journal")
        ->required()
        ->type_name("DIR");
    audit
        ->add_option("--acks", flags.acks,
                     "File of acknowledgements that tuma-load wrote; may be given several times")
        ->type_name("FILE");
    audit->add_flag("--json", flags.json, "Print one JSON object instead of lines");
    audit->footer(
        "Reads only; works beside a running server.\n"
        "Exit: 0 clean, 1 broken with each finding on a line, 2 unusable input.");
}

int run_audit(const AuditFlags& flags) {
    ledger::AuditOptions options;
    options.data_directory = flags.data;
    options.acks.assign(flags.acks.begin(), flags.acks.end());
    options.own_funds_may_be_short = [](const ledger::State& state, Currency currency) {
        return core::own_funds_may_be_short(state.terms, currency);
    };
    return ledger::run_audit(options, flags.json, stdout, stderr);
}

struct ProjectFlags {
    std::string data;
};

void add_project(CLI::App& app, ProjectFlags& flags) {
    CLI::App* project =
        app.add_subcommand("project", "Bring the SQL projection up to date with the journal");
    project->add_option("--data", flags.data, "Directory of the journal")
        ->required()
        ->type_name("DIR");
    project->footer("Then: sqlite3 DIR/projection.sqlite 'SELECT * FROM trial_balance'");
}

int run_project(const ProjectFlags& flags) {
    if (ledger::list_segments(flags.data).empty()) {
        fmt::print(stderr,
                   "tuma: {}: there is no journal in it; name its directory with --data=DIR\n",
                   flags.data);
        return exit_failed;
    }
    ledger::require_journal_end(flags.data);
    ledger::SqliteJournalReader journal(flags.data);
    ledger::Projection projection(ledger::projection_path(flags.data));
    if (!projection.note().empty()) fmt::print(stderr, "tuma: {}\n", projection.note());
    projection.leave_foreign_journal(journal);
    const std::atomic<bool> never = false;
    const auto progress = [](const ledger::CatchUpFigures& done, std::uint64_t last) {
        fmt::print(stderr, "tuma: batch {} of {}, {} rows\n", done.sequence, last, done.rows);
    };
    const ledger::CatchUpFigures done =
        ledger::bring_up_to_date(projection, journal, never, progress);
    fmt::print("projected batches={} rows={} up_to={}\n", done.batches, done.rows,
               projection.position().sequence);
    return exit_ok;
}

struct Flags {
    ServeFlags serve;
    AuditFlags audit;
    ProjectFlags project;
    SchemeFlags scheme;
    ReplayFlags replay;
    ScoreFlags score;
    ReconcileFlags reconcile;
};

int run_command(const CLI::App& app, const Flags& flags) {
    if (app.got_subcommand("serve")) return run_serve(flags.serve);
    if (app.got_subcommand("audit")) return run_audit(flags.audit);
    if (app.got_subcommand("replay")) return run_replay(flags.replay);
    if (app.got_subcommand("scheme")) return run_scheme(flags.scheme);
    if (app.got_subcommand("score")) return run_score(flags.score);
    if (app.got_subcommand("reconcile")) return run_reconcile(flags.reconcile);
    return run_project(flags.project);
}

int run(int argc, char** argv) {
    CLI::App app{"tuma, a mobile-money payment switch that fits on a laptop"};
    app.name("tuma");
    app.set_version_flag("--version", fmt::format("tuma {}", net::build_version().version));
    app.require_subcommand(1);
    app.get_formatter()->column_width(34);
    Flags flags;
    add_serve(app, flags.serve);
    add_audit(app, flags.audit);
    add_project(app, flags.project);
    add_scheme(app, flags.scheme);
    add_replay(app, flags.replay);
    add_score(app, flags.score);
    add_reconcile(app, flags.reconcile);
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    if (const auto misspelt = misspelt_argument(command_words(app), arguments)) {
        fmt::print(stderr, "tuma: {}\n", *misspelt);
        return exit_usage;
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? exit_ok : exit_usage;
    }
    return run_command(app, flags);
}

}  // namespace
}  // namespace tuma

int main(int argc, char** argv) {
    try {
        return tuma::run(argc, argv);
    } catch (const std::exception& error) {
        fmt::print(stderr, "tuma: {}\n", error.what());
        return tuma::exit_failed;
    }
}
