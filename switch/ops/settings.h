// The settings of `tuma serve`: one table, from which flags, file, help and README come.
#pragma once

#include "ledger/words/result.h"
#include "ledger/words/time.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace tuma::net {

/// What a server is started with. Every member has one row in `settings_table`.
struct Settings {
    std::string data;
    std::uint64_t accept_end = 0;
    std::string native;
    std::string admin;
    std::string http;
    std::string https;
    std::string admin_on_http;
    std::string admin_names;
    std::string callback_allow;
    std::string callback_deny;
    std::string provision;
    std::string set;
    std::string clock;
    std::string start;
    std::string entropy;
    std::string accept_date;
    std::string schemes;
    std::string holidays;
    std::uint64_t io_threads = 0;
    std::uint64_t accounts = 0;
    std::uint64_t request_keys = 0;
    Duration request_retention{};
    std::uint64_t key_filter_bytes = 0;
    std::uint64_t queue = 0;
    std::uint64_t connections = 0;
    Duration frame_timeout{};
    Duration drain_timeout{};
    std::string project;
    std::uint64_t snapshot_every = 0;
    std::uint64_t segment_bytes = 0;
    std::uint64_t checkpoint_pages = 0;
    std::string log_level;
};

/// Where a row's value goes; its type says how the text is read.
using SettingMember =
    std::variant<std::string Settings::*, std::uint64_t Settings::*, Duration Settings::*>;

/// One setting: its name as flag (--name=VALUE) and as key in a TOML file (name, - as _).
struct SettingRow {
    std::string_view name;
    SettingMember member;
    std::string_view value_name;     ///< for help: HOST:PORT, N, DURATION
    std::string_view default_value;  ///< as text; empty and `is_required` for none
    std::uint64_t minimum = 0;       ///< for numbers; for durations in microseconds
    std::uint64_t maximum = 0;
    std::string_view choices;  ///< for texts: allowed values separated by |, or empty for any
    bool is_required = false;
    std::string_view sentence;
    bool is_repeated = false;  ///< may be given several times; the value has a line for each
};

std::span<const SettingRow> settings_table();

/// A value and where it was written, for messages: "--queue" or "file.toml:3: queue".
struct SettingText {
    std::string value;
    std::string place;
};

/// Values by row name. Later sources overwrite earlier ones.
using SettingTexts = std::map<std::string, SettingText, std::less<>>;

/// The keys of a TOML file. Refuses: unreadable files, bad TOML, tables, unknown keys, values that
/// are neither text, whole number nor boolean; the error's field is "FILE:LINE: key".
Result<SettingTexts> read_settings_file(const std::string& path);

/// Settings from texts over defaults. Refuses: missing required values, values out of bounds, what
/// does not go with the clock; the error's field is the place.
Result<Settings> make_settings(const SettingTexts& texts);

/// The table as Markdown, for the README.
std::string settings_markdown();

/// `name = value` lines of what is in force, readable as a settings file.
std::string settings_text(const Settings& settings);

}  // namespace tuma::net
