#include "switch/ops/settings.h"

#include "ledger/words/input_file.h"
#include "ledger/words/text.h"
#include "ledger/words/words.h"

#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <functional>
#include <vector>

namespace tuma::net {
namespace {

constexpr std::uint64_t us_per_day = 86'400'000'000;

constexpr std::array<SettingRow, 32> rows{{
    {"data", &Settings::data, "DIR", "", 0, 0, "", true,
     "Directory of the journal, snapshots and projection; made if it is not there."},
    {"accept-end", &Settings::accept_end, "BATCH", "0", 0, 9'000'000'000'000'000'000, "", false,
     "Continues with a journal whose end is lost for good, if its last batch is BATCH. A start "
     "that is refused because of a lost end says which batch that is. 0: never."},
    {"native", &Settings::native, "HOST:PORT", "127.0.0.1:7411", 0, 0, "", false,
     "Where the native protocol listens; port 0 picks a free one. It has no authentication: keep "
     "it on loopback."},
    {"admin", &Settings::admin, "HOST:PORT", "", 0, 0, "", false,
     "Where /metrics, /healthz, /livez, /readyz, /version and, with --http or --https, /admin/ are "
     "served; nowhere if not given."},
    {"http", &Settings::http, "HOST:PORT", "", 0, 0, "", false,
     "Where M-Pesa and WeChat Pay clients are answered; nowhere if not given. The schemes "
     "mpesa-kenya and wechat-china are loaded with it."},
    {"https", &Settings::https, "HOST:PORT", "", 0, 0, "", false,
     "The same under TLS. A certificate authority and a certificate with the real services' names "
     "are made in DIR/tls on the first start."},
    {"admin-on-http", &Settings::admin_on_http, "no|yes", "no", 0, 0, "no|yes", false,
     "Whether /admin/ is also served where merchants' clients are answered."},
    {"admin-names", &Settings::admin_names, "LIST", "", 0, 0, "", false,
     "Further host names by which /admin/ and /metrics may be called, separated by commas; "
     "127.0.0.1, localhost and the address of the listener are always good."},
    {"callback-allow", &Settings::callback_allow, "LIST", "", 0, 0, "", false,
     "Where callbacks may be sent: names, *.names, addresses and networks, separated by commas; "
     "anywhere if not given. The switch itself is never called."},
    {"callback-deny", &Settings::callback_deny, "LIST", "169.254.0.0/16,fe80::/10,fd00:ec2::254", 0,
     0, "", false,
     "Where callbacks are never sent, even if they are allowed there. The default is link-local "
     "addresses, where clouds keep their metadata."},
    {"provision", &Settings::provision, "FILE", "", 0, 0, "", false,
     "TOML file of merchants, apps and customers; without it a default set is there from the "
     "first start."},
    {"set", &Settings::set, "DIALECT.OPTION=VALUE", "", 0, 0, "", false,
     "Sets an option of a dialect, as a line of [DIALECT.options] in the provisioning file would, "
     "like mpesa.customer_delay_ms=0; may be given several times. `tuma provision "
     "--print-default` shows all options.",
     true},
    {"clock", &Settings::clock, "wall|virtual", "wall", 0, 0, "wall|virtual", false,
     "virtual: time stands still until POST /admin/clock/advance moves it, for tests; a restart "
     "continues where time was."},
    {"start", &Settings::start, "TIME", "", 0, 0, "", false,
     "The virtual clock's time at this start, like 2026-01-31T23:59:00+08:00; not before the "
     "last time in the books."},
    {"entropy", &Settings::entropy, "SEED", "", 0, 0, "", false,
     "For the virtual clock: any text. Identifiers and nonces are made from it, so that the same "
     "requests get the same replies in every run."},
    {"accept-date", &Settings::accept_date, "DATE", "", 0, 0, "", false,
     "Confirms that today is DATE, although that is far from the date of "
     "the books; see switch/README.md, The clock."},
    {"schemes", &Settings::schemes, "LIST", "", 0, 0, "", false,
     "Schemes to load, built-in names or TOML files, separated by commas; `tuma scheme list` shows "
     "what there is. One that is in force already is left as it is."},
    {"holidays", &Settings::holidays, "FILE", "", 0, 0, "", false,
     "CSV of holidays with the columns calendar and date, for the schemes' calendars; without it "
     "banks rest on weekends only."},
    {"io-threads", &Settings::io_threads, "N", "1", 1, 64, "", false,
     "Threads that read and write sockets."},
    {"accounts", &Settings::accounts, "N", "16000000", 1, 2'000'000'000, "", false,
     "Most accounts. Each costs 96 bytes once it is opened, and address space is reserved for "
     "all of them."},
    {"request-keys", &Settings::request_keys, "N", "4000000", 1'000, 2'000'000'000, "", false,
     "Requests whose outcome is kept in memory for retries, 64 bytes each. Older ones are found "
     "in DIR/keys, 64 bytes each."},
    {"request-retention", &Settings::request_retention, "DURATION", "7d", 1'000'000,
     3650 * us_per_day, "", false,
     "How long, at least, a retry gets the outcome of the first time and is not executed again; "
     "counted in switch time."},
    {"key-filter-bytes", &Settings::key_filter_bytes, "N", "335544320", 65'536, 1'099'511'627'776,
     "", false,
     "Memory of the table that finds requests and tells new keys from those on disk; at least 64 "
     "bytes for each of --request-keys. With 6.4 bytes for each request of the retention, 1 new "
     "key in 440 is looked for in vain; with less memory, more are."},
    {"queue", &Settings::queue, "N", "262144", 8'190, 100'000'000, "", false,
     "Most commands that wait for the engine. Beyond it the answer is `overloaded`, and nothing "
     "is executed."},
    {"connections", &Settings::connections, "N", "12000", 1, 1'000'000, "", false,
     "Most connections at a time on each listener, native and HTTP. Unless it is given, it is "
     "lowered to what the process's limit of open files allows."},
    {"frame-timeout", &Settings::frame_timeout, "DURATION", "10s", 100'000, us_per_day, "", false,
     "A frame that has begun to arrive must be complete within this time."},
    {"drain-timeout", &Settings::drain_timeout, "DURATION", "20s", 0, us_per_day, "", false,
     "How long a shutdown waits for clients to read their last replies, and for answers to "
     "callbacks that were sent."},
    {"project", &Settings::project, "live|off", "live", 0, 0, "live|off", false,
     "Whether the SQL projection follows the journal at idle priority."},
    {"snapshot-every", &Settings::snapshot_every, "N", "25000000", 0, 1'000'000'000'000, "", false,
     "Transfers between snapshots made beside the running engine; 0 for only at shutdown."},
    {"segment-bytes", &Settings::segment_bytes, "N", "1073741824", 1'048'576, 1'099'511'627'776, "",
     false, "Size at which the journal goes on in a new file."},
    {"checkpoint-pages", &Settings::checkpoint_pages, "N", "200", 16, 100'000, "", false,
     "Pages of 16 KiB that gather in SQLite's WAL before they are copied to the file; more is "
     "faster on average and slower at the 99th percentile."},
    {"log-level", &Settings::log_level, "LEVEL", "info", 0, 0, "debug|info|warn|error", false,
     "The least severe lines that are written to standard error."},
}};

const SettingRow* find_row(std::string_view name) {
    // A few dozen rows, looked at once at the start.
    const auto found = std::find_if(rows.begin(), rows.end(),
                                    [&](const SettingRow& row) { return row.name == name; });
    return found == rows.end() ? nullptr : &*found;
}

std::string with_dashes(std::string_view key) {
    // Files write `_`, because TOML keys with dashes look like subtractions to people.
    std::string name{key};
    std::replace(name.begin(), name.end(), '_', '-');
    return name;
}

bool is_choice(const std::vector<std::string_view>& choices, std::string_view value) {
    return std::find(choices.begin(), choices.end(), value) != choices.end();
}

std::vector<std::string> setting_keys() {
    std::vector<std::string> keys;
    for (const SettingRow& row : rows) {
        keys.emplace_back(row.name);
        std::replace(keys.back().begin(), keys.back().end(), '-', '_');
    }
    return keys;
}

// Reads `value` into the member that `row` names; nothing, or what is wrong.
struct Assign {
    const SettingRow& row;
    std::string_view value;
    Settings& settings;

    std::optional<std::string> operator()(std::string Settings::*member) const {
        const std::vector<std::string_view> choices = split_words(row.choices, '|');
        if (!row.choices.empty() && !is_choice(choices, value)) {
            // A misspelt choice is told with the nearest right one: settings are written once and
            // by hand.
            const auto nearest = nearest_word(value, choices);
            return fmt::format("'{}' is not one of {}{}", value, row.choices,
                               nearest ? fmt::format("; did you mean {}?", *nearest) : "");
        }
        // Empty is "not given" for most settings, and for a required one it is a mistake.
        if (row.is_required && value.empty()) return std::string("must not be empty");
        settings.*member = std::string(value);
        return std::nullopt;
    }
    std::optional<std::string> operator()(std::uint64_t Settings::*member) const {
        const auto number = read_number<std::uint64_t>(value, row.minimum, row.maximum);
        // Bounds in the message: who is refused should not have to look them up.
        if (!number)
            return fmt::format("'{}' must be a whole number from {} to {}", value, row.minimum,
                               row.maximum);
        settings.*member = *number;
        return std::nullopt;
    }
    std::optional<std::string> operator()(Duration Settings::*member) const {
        const Result<Duration> duration = parse_duration(value);
        const auto at_least = Duration{static_cast<std::int64_t>(row.minimum)};
        const auto at_most = Duration{static_cast<std::int64_t>(row.maximum)};
        if (!duration || *duration < at_least || *duration > at_most)
            return fmt::format("'{}' must be a duration from {} to {}, like 90s", value,
                               text(at_least), text(at_most));
        settings.*member = *duration;
        return std::nullopt;
    }
};

constexpr std::size_t seed_characters_max = 100;
constexpr Timestamp start_min{std::chrono::sys_days{std::chrono::year{2000} / 1 / 1}};
constexpr Timestamp start_max{std::chrono::sys_days{std::chrono::year{2100} / 1 / 1}};

// What goes with one of the clocks only, and is a time or a date.
std::optional<InputError> wrong_clock_setting(
    const Settings& settings, const std::function<std::string(const char*)>& place) {
    // What makes sense with one clock only is refused with the other. Ignored, it would look as if
    // it worked.
    const bool is_virtual = settings.clock == "virtual";
    if (!settings.start.empty() && !is_virtual)
        return InputError{place("start"), "only --clock=virtual begins at a time of its own"};
    const Result<Timestamp> start = parse_timestamp(settings.start);
    // Far dates are almost always a mistake in the zone or the order of digits.
    const bool is_time = start && *start >= start_min && *start < start_max;
    if (!settings.start.empty() && !is_time)
        return InputError{place("start"),
                          fmt::format("'{}' must be a time from 2000 to 2099 with its zone, like "
                                      "2026-01-31T23:59:00+08:00 or 2026-01-31T15:59:00Z",
                                      settings.start)};
    // Identifiers that can be foretold are no secret. On a real clock somebody might rely on them.
    if (!settings.entropy.empty() && !is_virtual)
        return InputError{place("entropy"),
                          "identifiers can be foretold with it, so that it is only for tests with "
                          "--clock=virtual"};
    if (settings.entropy.size() > seed_characters_max)
        return InputError{place("entropy"),
                          fmt::format("must have at most {} bytes", seed_characters_max)};
    if (settings.accept_date.empty()) return std::nullopt;
    if (is_virtual)
        return InputError{place("accept-date"),
                          "is for --clock=wall; with a virtual clock use "
                          "--start"};
    if (!parse_day(settings.accept_date))
        return InputError{place("accept-date"),
                          fmt::format("'{}' must be a date like 2026-11-29", settings.accept_date)};
    return std::nullopt;
}

// What clients over HTTP only are concerned with, so that it would be ignored without them.
constexpr std::array<const char*, 5> of_http{"admin-on-http", "provision", "set", "callback-allow",
                                             "callback-deny"};

bool looks_like_host(std::string_view name) {
    return !name.empty() && name.find_first_of(":/ \t*@") == std::string_view::npos;
}

std::optional<InputError> wrong_door_setting(const Settings& settings, const SettingTexts& texts,
                                             const std::function<std::string(const char*)>& place) {
    const bool speaks_http = !settings.http.empty() || !settings.https.empty();
    // A slip in the path is the first thing to mend.
    if (!settings.provision.empty() && !speaks_http)
        if (const auto wrong = unreadable(settings.provision))
            return InputError{place("provision") + "=" + wrong->field, wrong->reason};
    for (const char* const name : of_http) {
        const auto given = texts.find(name);
        const bool says_something =
            given != texts.end() && given->second.value != find_row(name)->default_value;
        if (says_something && !speaks_http)
            return InputError{place(name),
                              "is for clients over HTTP, and nobody is answered there; give "
                              "--http=HOST:PORT or --https=HOST:PORT too, or leave it out"};
    }
    if (settings.admin_names.empty()) return std::nullopt;
    if (settings.admin.empty() && settings.admin_on_http != "yes")
        return InputError{place("admin-names"),
                          "are names of the administrator's listener, and there is none; give "
                          "--admin=HOST:PORT too, or leave it out"};
    for (const std::string_view name : split_words(settings.admin_names, ','))
        if (!looks_like_host(name))
            return InputError{place("admin-names"),
                              shown_word(name) +
                                  " is no host name; write names only, without "
                                  "http:// and port, like tuma.test"};
    return std::nullopt;
}

std::string value_text(const SettingRow& row, const Settings& settings) {
    // The same kinds of values as when reading, so that what is printed can be read again.
    struct ValueText {
        const Settings& settings;
        std::string operator()(std::string Settings::*member) const { return settings.*member; }
        std::string operator()(std::uint64_t Settings::*member) const {
            return std::to_string(settings.*member);
        }
        std::string operator()(Duration Settings::*member) const { return text(settings.*member); }
    };
    return std::visit(ValueText{settings}, row.member);
}

// TOML and JSON quote alike.
std::string quoted(const std::string& value) {
    return boost::json::serialize(boost::json::value(value));
}

std::optional<std::string> toml_text(const toml::node& node) {
    // A number may be written as a number. Fractions may not: no setting has one.
    if (const auto* string = node.as_string()) return string->get();
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* boolean = node.as_boolean()) return boolean->get() ? "true" : "false";
    return std::nullopt;
}

}  // namespace

std::span<const SettingRow> settings_table() {
    return rows;
}

Result<SettingTexts> read_settings_file(const std::string& path) {
    // A directory or a missing file is told in words; toml++ would say that parsing failed.
    if (auto wrong = unreadable(path)) return std::move(*wrong);
    toml::table table;
    try {
        table = toml::parse_file(path);
    } catch (const toml::parse_error& error) {
        return InputError{fmt::format("{}:{}", path, error.source().begin.line),
                          std::string(error.description())};
    }
    SettingTexts texts;
    for (const auto& [key, node] : table) {
        const std::string name = with_dashes(key.str());
        const std::string place =
            fmt::format("{}:{}: {}", path, node.source().begin.line, key.str());
        // Unknown keys stop the start: a misspelt one would silently leave a default in force.
        if (find_row(name) == nullptr)
            return InputError{place, "is not a setting: " + none_of(key.str(), setting_keys())};
        const auto value = toml_text(node);
        if (!value) return InputError{place, "must be a text or a whole number"};
        texts[name] = {*value, place};
    }
    return texts;
}

// Texts first, values at the end: flags and file are merged by name before anything is understood.
Result<Settings> make_settings(const SettingTexts& texts) {
    Settings settings;
    for (const SettingRow& row : rows) {
        const auto given = texts.find(row.name);
        const std::string place =
            // The place is where the value was written, or the flag that could give it.
            given == texts.end() ? fmt::format("--{}", row.name) : given->second.place;
        if (given == texts.end() && row.is_required)
            return InputError{place,
                              fmt::format("is missing; give --{}={}", row.name, row.value_name)};
        const std::string value =
            // Defaults go the same way as what was given, so that a default out of bounds is found
            // by the first test.
            given == texts.end() ? std::string(row.default_value) : given->second.value;
        if (const auto why = std::visit(Assign{row, value, settings}, row.member))
            return InputError{place, *why};
    }
    const auto place = [&texts](const char* name) {
        const auto given = texts.find(name);
        return given == texts.end() ? fmt::format("--{}", name) : given->second.place;
    };
    // What contradicts itself is looked at last, when every single value is good.
    if (auto wrong = wrong_clock_setting(settings, place)) return *std::move(wrong);
    if (auto wrong = wrong_door_setting(settings, texts, place)) return *std::move(wrong);
    return settings;
}

std::string settings_markdown() {
    std::string table = "| setting | default | meaning |\n| --- | --- | --- |\n";
    for (const SettingRow& row : rows) {
        std::string value_name{row.value_name};
        // A bar would end the cell.
        for (std::size_t at = 0; (at = value_name.find('|', at)) != std::string::npos; at += 2)
            value_name.insert(at, "\\");
        const std::string shown = row.is_required ? "required"
                                  : row.default_value.empty()
                                      ? "none"
                                      : fmt::format("`{}`", row.default_value);
        table +=
            fmt::format("| `--{}={}` | {} | {} |\n", row.name, value_name, shown, row.sentence);
    }
    return table;
}

std::string settings_text(const Settings& settings) {
    std::string lines;
    for (const SettingRow& row : rows) {
        std::string key{row.name};
        std::replace(key.begin(), key.end(), '-', '_');
        // Numbers stay numbers in TOML, so that the text can be used as a file.
        const bool is_number = std::holds_alternative<std::uint64_t Settings::*>(row.member);
        const std::string value = value_text(row, settings);
        lines += is_number ? fmt::format("{} = {}\n", key, value)
                           : fmt::format("{} = {}\n", key, quoted(value));
    }
    return lines;
}

}  // namespace tuma::net
