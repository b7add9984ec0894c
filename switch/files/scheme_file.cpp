#include "switch/files/scheme_file.h"

#include "ledger/records/sha256.h"
#include "ledger/words/input_file.h"
#include "switch/files/calendar_file.h"
#include "switch/files/scheme_reader.h"
#include "switch/files/toml_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <vector>

namespace tuma {
namespace {

// Far above what a scheme may hold once it is read.
constexpr std::size_t scheme_text_max = std::size_t{1} << 20;

Result<std::string> read_text(const std::string& path) {
    if (auto wrong = unreadable(path)) return std::move(*wrong);
    std::ifstream file(path, std::ios::binary);
    // One byte more than allowed is asked for, so that too long and just long enough are told
    // apart.
    std::string text(scheme_text_max + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad() || (file.fail() && !file.eof()))
        return InputError{path, "cannot be read to its end"};
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > scheme_text_max)
        return InputError{path, fmt::format("has more than {} bytes, the most of a scheme file",
                                            scheme_text_max)};
    return text;
}

ledger::Hash hash_of(std::string_view text) {
    ledger::Sha256 sha256;
    sha256.update(std::as_bytes(std::span{text.data(), text.size()}));
    return sha256.finish();
}

}  // namespace

Result<SchemeFile> parse_scheme(std::string_view text, const std::string& place,
                                const std::filesystem::path& holidays) {
    TomlErrors errors(place);
    const toml::table root = parse_toml(text, errors);
    // A text that is no TOML has one error, and everything else would follow from it.
    if (errors.first()) return *errors.first();
    SchemeFile file;
    file.scheme = read_scheme_tables(root, holidays, errors);
    // Checked as a whole only when every table was right: rules between tables make no sense
    // before.
    if (!errors.first())
        if (const auto wrong = core::check(file.scheme))
            // The check knows the rule and not the file, so the line is found by the rule's path.
            errors.add(line_of(root, wrong->field), wrong->field, wrong->reason);
    if (errors.first()) return *errors.first();
    // Of the text, comments and all: history shows which file was in force, to the letter.
    file.source_hash = hash_of(text);
    return file;
}

namespace {

// A built-in scheme's text is nobody's to mend: what is missing is the days in the file of
// holidays.
Result<SchemeFile> built_in(const BuiltInScheme& scheme, const std::filesystem::path& holidays) {
    const std::string place = std::string(scheme.name) + ".toml";
    Result<SchemeFile> file = parse_scheme(scheme.text, place, {});
    if (!file || holidays.empty()) return file;
    if (const auto days = read_calendar(holidays, file->scheme.calendar.name()); !days)
        return InputError{
            "--holidays=" + days.error().field,
            fmt::format("{}; scheme {} has this calendar", days.error().reason, scheme.name)};
    return parse_scheme(scheme.text, place, holidays);
}

}  // namespace

Result<SchemeFile> find_scheme(const std::string& name, const std::filesystem::path& holidays) {
    // A slash or the ending makes it a file, so that a file of one's own can have the name of a
    // built-in scheme.
    if (name.ends_with(".toml") || name.find('/') != std::string::npos) {
        const Result<std::string> text = read_text(name);
        if (!text) return text.error();
        return parse_scheme(*text, name, holidays);
    }
    std::vector<std::string_view> names;
    for (const BuiltInScheme& scheme : built_in_schemes()) {
        if (scheme.name == name) return built_in(scheme, holidays);
        names.push_back(scheme.name);
    }
    return InputError{"scheme", fmt::format("\"{}\" is none of {}, and no file: those end in .toml "
                                            "or have a slash",
                                            name, fmt::join(names, ", "))};
}

}  // namespace tuma
