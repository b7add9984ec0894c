// `tuma`: the command line of the switch.
#include "ledger/audit/audit_text.h"
#include "ledger/projection/projection.h"
#include "ledger/store/journal_end.h"
#include "ledger/store/journal_segment.h"
#include "ledger/store/sqlite_journal.h"
#include "ledger/words/command_page.h"
#include "ledger/words/command_words.h"
#include "switch/commands/command_result.h"
#include "switch/commands/listen_command.h"
#include "switch/commands/provision_command.h"
#include "switch/commands/reconcile_command.h"
#include "switch/commands/replay_command.h"
#include "switch/commands/scheme_command.h"
#include "switch/commands/score_command.h"
#include "switch/core/rules/rulebook.h"
#include "switch/http/callback_rules.h"
#include "switch/http/endpoint.h"
#include "switch/ops/settings.h"
#include "switch/ops/version.h"
#include "switch/serve/open_files.h"
#include "switch/serve/serve.h"
#include "switch/setup/dialects.h"
#include "switch/setup/load_schemes.h"
#include "switch/setup/option_sets.h"
#include "switch/setup/provision_file.h"

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
    // One flag for each row, so that flags, file keys and `--help` never differ.
    for (const net::SettingRow& row : net::settings_table()) {
        const std::string name{row.name};
        const std::string shown =
            row.default_value.empty() ? "" : fmt::format(" [{}]", row.default_value);
        // Kept as a text. It is read later together with those of the file, within the same bounds.
        CLI::Option* const option =
            serve
                ->add_option_function<std::string>(
                    "--" + name,
                    [&flags, name](const std::string& value) { flags.given[name] = value; },
                    std::string(row.sentence) + shown)
                ->type_name(std::string(row.value_name));
        // A line for each time that it is given.
        if (row.is_repeated) option->multi_option_policy(CLI::MultiOptionPolicy::Join);
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
        // A default needs no look: only what somebody wrote can be a slip.
        if (given == texts.end()) continue;
        // Empty switches the other listeners off. The binary protocol is always there.
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
    for (const protocols::DialectInfo* const dialect : dialect_list())
        for (const std::string_view name : dialect->schemes) {
            // Commas on both sides, so that no name is found inside another.
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
    // After the file, so that flags win.
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
        if (const Result<protocols::ProvisionTables> file =
                read_provision_file(settings->provision);
            !file)
            return usage_error({"--provision=" + file.error().field, file.error().reason});
    if (const Result<std::vector<OptionSet>> sets = read_option_sets(settings->set); !sets)
        return usage_error(sets.error());
    // A bad scheme file, too, leaves no directory behind.
    const Result<std::vector<SchemeFile>> schemes =
        read_schemes(schemes_of(*settings), settings->holidays);
    if (!schemes) return usage_error(schemes.error());
    // A copy, because the number of connections may be lowered to what the process may open.
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
    // `ledger/` knows no schemes, so the audit is told how to ask for their rules.
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
    project->footer(
        "Then: sqlite3 DIR/projection.sqlite 'SELECT * FROM trial_balance'\n"
        "Exit: 0 done, 1 something failed, 2 unusable input.");
}

// What is wrong with the directory; empty when a journal is in it.
std::string no_journal(const std::string& data) {
    try {
        if (!ledger::list_segments(data).empty()) return {};
    } catch (const ledger::StoreError& error) {
        // A directory that cannot be read is unusable input too.
        return error.what();
    }
    return data + ": there is no journal in it; name its directory with --data=DIR";
}

int run_project(const ProjectFlags& flags) {
    // Looked at first: opening the projection makes a file, and the directory may be another one.
    if (const std::string wrong = no_journal(flags.data); !wrong.empty()) {
        fmt::print(stderr, "tuma: {}\n", wrong);
        return exit_usage;
    }
    // Books whose end is lost are refused, as at a start.
    ledger::require_journal_end(flags.data);
    ledger::SqliteJournalReader journal(flags.data);
    ledger::Projection projection(ledger::projection_path(flags.data));
    if (!projection.note().empty()) fmt::print(stderr, "tuma: {}\n", projection.note());
    // Rows of another journal are thrown away, or the two would be mixed.
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
    ListenFlags listen;
    ProvisionFlags provision;
};

int run_command(const CLI::App& app, const Flags& flags) {
    if (app.got_subcommand("serve")) return run_serve(flags.serve);
    if (app.got_subcommand("audit")) return run_audit(flags.audit);
    if (app.got_subcommand("replay")) return run_replay(flags.replay);
    if (app.got_subcommand("scheme")) return run_scheme(flags.scheme);
    if (app.got_subcommand("score")) return run_score(flags.score);
    if (app.got_subcommand("reconcile")) return run_reconcile(flags.reconcile);
    if (app.got_subcommand("listen")) return run_listen(flags.listen);
    if (app.got_subcommand("provision")) return run_provision(flags.provision);
    // One subcommand is required, so what is none of the others is this one.
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
    add_listen(app, flags.listen);
    add_provision(app, flags.provision);
    add_audit(app, flags.audit);
    add_project(app, flags.project);
    add_scheme(app, flags.scheme);
    add_replay(app, flags.replay);
    add_score(app, flags.score);
    add_reconcile(app, flags.reconcile);
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    // Pages and slips come before the parser, whose own words say less.
    if (const auto page = printed_page(command_page(app), arguments)) {
        fmt::print("{}", *page);
        return exit_ok;
    }
    if (const auto misspelt = misspelt_argument(command_words(app), arguments)) {
        fmt::print(stderr, "tuma: {}\n", *misspelt);
        return exit_usage;
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        // Zero is what a page of help gives; that is no mistake.
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
