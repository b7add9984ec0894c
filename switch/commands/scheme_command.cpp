#include "switch/commands/scheme_command.h"

#include "switch/commands/command_result.h"
#include "switch/engine/clock.h"
#include "switch/files/explanation.h"
#include "switch/files/scheme_file.h"
#include "switch/files/scheme_text.h"

#include <fmt/format.h>

namespace tuma {
namespace {

constexpr int exit_refused = 1;

void add_scheme_option(CLI::App& command, SchemeFlags& flags) {
    command
        .add_option("scheme", flags.scheme,
                    "A file that ends in .toml, or the name of a scheme that comes with tuma")
        ->required()
        ->type_name("FILE|NAME");
    command
        .add_option("--holidays", flags.holidays,
                    "CSV with the columns calendar and date; without it only weekends are days off")
        ->type_name("FILE");
}

void add_explain(CLI::App& scheme, SchemeFlags& flags) {
    CLI::App* explain = scheme.add_subcommand(
        "explain", "Take one payment apart: its legs, who pays what, when the money is usable");
    // The subcommand only says what is to be done; run_scheme() does it, once all flags are read.
    explain->callback([&flags] { flags.action = SchemeAction::explain; });
    add_scheme_option(*explain, flags);
    const auto option = [&](const char* name, std::string& value, const char* sentence,
                            const char* form) {
        return explain->add_option(name, value, sentence)->type_name(form);
    };
    option("--type", flags.type, "One of the scheme's types, like pay-merchant", "TYPE")
        ->required();
    option("--amount", flags.amount, "In the scheme's currency, like 1234.50", "AMOUNT")
        ->required();
    option("--on", flags.on,
           "Day of the payment in the scheme's zone, or its time, with another zone if it has one "
           "(2026-11-30T16:30:00Z) [today]",
           "YYYY-MM-DD|TIME");
    option("--at", flags.at, "Local time of the payment [12:00]", "HH:MM");
    option("--class", flags.account_class,
           "Class of who receives, or of the customer [the first that fits]", "CLASS");
    option("--withdrawn", flags.withdrawn, "What the payer has withdrawn before [0]", "AMOUNT");
    explain->add_flag("--json", flags.json, "Print one JSON object instead of a table");
    explain->footer("Exit: 0, 1 when the switch would refuse the payment, 2 for bad usage.");
}

Result<SchemeFile> load(const SchemeFlags& flags) {
    return find_scheme(flags.scheme, flags.holidays);
}

int run_check(const SchemeFlags& flags) {
    // Reading it checks it: there is no other check.
    const Result<SchemeFile> file = load(flags);
    if (!file) return usage_error(file.error());
    fmt::print("{}", summary_text(*file));
    return exit_ok;
}

InputError at_flag(const char* flag, const std::string& found, const std::string& needed) {
    return {flag, fmt::format("found \"{}\"; {} is needed", found, needed)};
}

Result<std::int64_t> read_amount(const char* flag, const std::string& text, Currency currency) {
    const Result<Money> money = Money::parse(text, currency);
    // The currency decides how many decimals there may be.
    if (money) return money->minor;
    return at_flag(flag, text,
                   fmt::format("an amount of {} like 1234 ({})", alphabetic_code(currency),
                               money.error().reason));
}

Result<std::chrono::minutes> read_time(const std::string& text) {
    // The parser of whole timestamps knows the bounds of hours and minutes already.
    const Result<Timestamp> time = parse_timestamp("1970-01-01T" + text + ":00Z");
    if (time && text.size() == 5)
        return std::chrono::floor<std::chrono::minutes>(time->time_since_epoch());
    return at_flag("--at", text, "a time of day of 00:00 to 23:59");
}

// When the payment is made, on the scheme's clocks.
struct LocalMoment {
    core::LocalDay day{};
    std::chrono::minutes at{};
};

Result<LocalMoment> read_moment(const SchemeFlags& flags, const core::Scheme& scheme) {
    const std::chrono::minutes zone{scheme.zone_offset_minutes};
    const auto day_of = [](Timestamp local) {
        return std::chrono::floor<std::chrono::days>(local);
    };
    const Result<std::chrono::minutes> at = read_time(flags.at.empty() ? "12:00" : flags.at);
    if (!at) return at.error();
    // Today at the scheme's place: near midnight the machine's own zone may have another date.
    if (flags.on.empty()) return LocalMoment{day_of(net::this_machine().wall() + zone), *at};
    // It may also be a time, in a zone of its own.
    const auto on = read_written_time(flags.on);
    if (!on)
        return at_flag("--on", flags.on,
                       "a day like 2023-07-01, or a time like 2023-07-01T18:30:00+08:00");
    const Timestamp local = on->local(zone);
    if (on->is_day) return LocalMoment{day_of(local), *at};
    // Two times for one payment would need a rule which of them wins.
    if (!flags.at.empty())
        return at_flag("--at", flags.at,
                       fmt::format("nothing; --on={} says the time already", flags.on));
    return LocalMoment{day_of(local),
                       std::chrono::floor<std::chrono::minutes>(local - day_of(local))};
}

Result<Occasion> read_occasion(const SchemeFlags& flags, const core::Scheme& scheme) {
    const Currency currency = scheme.currency;
    const Result<std::int64_t> amount = read_amount("--amount", flags.amount, currency);
    if (!amount) return amount.error();
    const Result<LocalMoment> moment = read_moment(flags, scheme);
    if (!moment) return moment.error();
    const Result<std::int64_t> withdrawn = read_amount("--withdrawn", flags.withdrawn, currency);
    if (!withdrawn) return withdrawn.error();
    return Occasion{flags.type, *amount, moment->day, moment->at, flags.account_class, *withdrawn};
}

int run_explain(const SchemeFlags& flags) {
    const Result<SchemeFile> file = load(flags);
    if (!file) return usage_error(file.error());
    const core::Scheme& scheme = file->scheme;
    const Result<Occasion> occasion = read_occasion(flags, scheme);
    if (!occasion) return usage_error(occasion.error());
    const Result<Explanation> explanation = explain(scheme, *occasion);
    if (!explanation)
        // Fields of an occasion are called like their flags.
        return usage_error({"--" + explanation.error().field, explanation.error().reason});
    fmt::print("{}", flags.json ? explanation_json(scheme, *explanation)
                                : explanation_text(scheme, *explanation));
    // A script can so tell a refused payment from one that could not be asked about.
    return explanation->refusal ? exit_refused : exit_ok;
}

}  // namespace

void add_scheme(CLI::App& app, SchemeFlags& flags) {
    CLI::App* scheme = app.add_subcommand(
        "scheme", "Look at tariffs, limits and settlement rules: list, check, explain");
    scheme->require_subcommand(1);
    scheme->add_subcommand("list", "Name the schemes that come with tuma and their payment types")
        ->callback([&flags] { flags.action = SchemeAction::list; });
    CLI::App* check =
        scheme->add_subcommand("check", "Read a scheme and say what is in it, or what is wrong");
    check->callback([&flags] { flags.action = SchemeAction::check; });
    add_scheme_option(*check, flags);
    check->footer("Exit: 0, 2 when it cannot be used, with the place of the first error.");
    add_explain(*scheme, flags);
}

int run_scheme(const SchemeFlags& flags) {
    switch (flags.action) {
        case SchemeAction::list:
            fmt::print("{}", list_text());
            return exit_ok;
        case SchemeAction::check:
            return run_check(flags);
        case SchemeAction::explain:
            return run_explain(flags);
    }
    unreachable("an action outside the enumeration");
}

}  // namespace tuma
