#include "switch/replay/report/output_files.h"

#include "ledger/words/input_file.h"
#include "switch/replay/report/report_html.h"
#include "switch/replay/report/summary.h"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>
#include <string>
#include <system_error>

namespace tuma::replay {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view books_name = "books";
constexpr std::string_view summary_name = "summary.json";
constexpr std::string_view remedy = "; name a directory that is new or empty, --out=DIR";

// The names that the replay whose summary lies in `directory` wrote; empty if there is none.
std::set<std::string> files_of_replay(const fs::path& directory) {
    const Result<std::string> text = read_text_file(directory / summary_name);
    if (!text) return {};
    boost::system::error_code code;
    const boost::json::value summary = boost::json::parse(*text, code);
    // What cannot be read as ours is not ours, and is not replaced.
    if (code || !summary.is_object()) return {};
    // The format's name is the mark: another program may write a summary too.
    const auto* format = summary.get_object().if_contains("format");
    const auto* rails = summary.get_object().if_contains("rails");
    if (format == nullptr || *format != boost::json::value(summary_format) || rails == nullptr ||
        !rails->is_object())
        return {};
    // Only names that such a replay writes: a file that somebody laid beside them stays.
    std::set<std::string> names{std::string(summary_name), "summary.csv", "report.html",
                                std::string(books_name)};
    for (const auto& [rail, measures] : rails->get_object()) {
        names.insert(std::string(rail) + ".csv");
        names.insert(std::string(rail) + ".loan.csv");
    }
    return names;
}

// A name beside the target that no other process uses.
fs::path beside(const fs::path& target, std::string_view what) {
    return target.parent_path() /
           // Hidden and with this process's number: a replay that was killed leaves it, and the
           // next one does not meet it.
           fmt::format(".{}.{}-{}", target.filename().string(), what, ::getpid());
}

fs::path without_trailing_slash(const fs::path& target) {
    const fs::path whole = fs::absolute(target).lexically_normal();
    // A slash at the end has an empty last part.
    return whole.has_filename() ? whole : whole.parent_path();
}

[[noreturn]] void fail_to_write(const fs::path& path, const std::string& why) {
    throw std::runtime_error(fmt::format(
        "{}: cannot be written: {}; name a directory that you may write to with --out=DIR",
        path.string(), why));
}

void write(const fs::path& path, std::string_view text) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    // Closed before it is asked: a full disk often shows only then.
    file.close();
    if (!file)
        throw std::runtime_error(fmt::format(
            "{}: cannot be written; make room on the disk and start again", path.string()));
}

}  // namespace

std::optional<InputError> OutputDirectory::check(const fs::path& target) {
    std::error_code code;
    const auto status = fs::status(target, code);
    // A new directory needs no permission to be replaced.
    if (!fs::exists(status)) return std::nullopt;
    const std::string place = target.string();
    if (!fs::is_directory(status))
        return InputError{place, fmt::format("is not a directory{}", remedy)};
    const std::set<std::string> known = files_of_replay(target);
    for (const fs::directory_entry& entry : fs::directory_iterator(target, code)) {
        const std::string name = entry.path().filename().string();
        if (known.empty())
            return InputError{place, fmt::format("holds {}, and no earlier replay that could be "
                                                 "replaced{}",
                                                 name, remedy)};
        if (!known.contains(name))
            return InputError{place, fmt::format("holds {}, which the earlier replay in it did not "
                                                 "write; move it away, or{}",
                                                 name, remedy.substr(1))};
    }
    if (code) return InputError{place, fmt::format("cannot be read: {}", code.message())};
    return std::nullopt;
}

OutputDirectory::OutputDirectory(const fs::path& target)
    : target_(without_trailing_slash(target)), staged_(beside(target_, "partial")) {
    try {
        // Beside the target, so that it can be renamed into its place: a rename does not cross file
        // systems.
        fs::create_directories(target_.parent_path());
        fs::create_directory(staged_);
    } catch (const fs::filesystem_error& error) {
        fail_to_write(error.path1(), error.code().message());
    }
}

OutputDirectory::~OutputDirectory() {
    std::error_code ignored;
    // Nothing half-written is left behind.
    if (!is_published_) fs::remove_all(staged_, ignored);
}

void OutputDirectory::publish() {
    const fs::path old = beside(target_, "old");
    try {
        const bool is_there = fs::exists(target_);
        // The old one is moved away first. If the second rename fails, it is still there under its
        // other name.
        if (is_there) fs::rename(target_, old);
        fs::rename(staged_, target_);
        is_published_ = true;
        if (is_there) fs::remove_all(old);
    } catch (const fs::filesystem_error& error) {
        fail_to_write(error.path1(), error.code().message());
    }
}

fs::path books_path(const fs::path& directory) {
    return directory / books_name;
}

void write_outputs(const fs::path& directory, const ReplayResult& result,
                   std::string_view version) {
    for (const RailResult& rail : result.rails) {
        write(directory / (rail.name + ".csv"), daily_csv(rail.base));
        if (rail.with_advance)
            write(directory / (rail.name + ".loan.csv"), daily_csv(*rail.with_advance));
    }
    write(directory / "summary.csv", summary_csv(result));
    write(directory / "report.html", report_html(result));
    // The summary last, because it is what says that this is a replay.
    write(directory / summary_name, summary_json(result, version));
}

}  // namespace tuma::replay
