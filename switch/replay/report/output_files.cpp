#include "switch/replay/output_files.h"

#include "switch/replay/report_html.h"
#include "switch/replay/summary.h"

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
    std::ifstream file(directory / summary_name, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    boost::system::error_code code;
    const boost::json::value summary = boost::json::parse(text, code);
    if (code || !summary.is_object()) return {};
    const auto* format = summary.get_object().if_contains("format");
    const auto* rails = summary.get_object().if_contains("rails");
    if (format == nullptr || *format != boost::json::value(summary_format) || rails == nullptr ||
        !rails->is_object())
        return {};
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
           fmt::format(".{}.{}-{}", target.filename().string(), what, ::getpid());
}

fs::path without_trailing_slash(const fs::path& target) {
    const fs::path whole = fs::absolute(target).lexically_normal();
    return whole.has_filename() ? whole : whole.parent_path();
}

void write(const fs::path& path, std::string_view text) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    file.close();
    if (!file)
        throw std::runtime_error(fmt::format(
            "{}: cannot be written; make room on the disk and start again", path.string()));
}

}  // namespace

std::optional<InputError> OutputDirectory::check(const fs::path& target) {
    std::error_code code;
    const auto status = fs::status(target, code);
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
    fs::create_directories(target_.parent_path());
    fs::create_directory(staged_);
}

OutputDirectory::~OutputDirectory() {
    std::error_code ignored;
    if (!is_published_) fs::remove_all(staged_, ignored);
}

void OutputDirectory::publish() {
    const fs::path old = beside(target_, "old");
    const bool is_there = fs::exists(target_);
    if (is_there) fs::rename(target_, old);
    fs::rename(staged_, target_);
    is_published_ = true;
    if (is_there) fs::remove_all(old);
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
    write(directory / summary_name, summary_json(result, version));
}

}  // namespace tuma::replay
