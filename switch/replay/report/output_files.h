// The directory of a replay's files: complete or not there at all.
#pragma once

#include "switch/replay/run/result.h"

#include <filesystem>
#include <optional>
#include <string_view>

namespace tuma::replay {

/// Files are gathered in a directory beside the one that was asked for, which takes its place at
/// the end. If that end does not come, it is removed.
class OutputDirectory {
public:
    /// Why `target` cannot be written: a file, a directory with something in it that no replay
    /// wrote. An earlier replay's directory is replaced.
    static std::optional<InputError> check(const std::filesystem::path& target);

    /// Requires: `check` finds nothing. Throws std::filesystem::filesystem_error.
    explicit OutputDirectory(const std::filesystem::path& target);
    OutputDirectory(const OutputDirectory&) = delete;
    OutputDirectory& operator=(const OutputDirectory&) = delete;
    ~OutputDirectory();

    /// Where to write until it is published.
    const std::filesystem::path& path() const { return staged_; }
    /// Throws std::filesystem::filesystem_error.
    void publish();

private:
    std::filesystem::path target_;
    std::filesystem::path staged_;
    bool is_published_ = false;
};

/// Where a rail's journals lie in a replay's directory.
std::filesystem::path books_path(const std::filesystem::path& directory);

/// Writes RAIL.csv, RAIL.loan.csv, summary.csv, summary.json and report.html.
/// Throws std::runtime_error, naming the file.
void write_outputs(const std::filesystem::path& directory, const ReplayResult& result,
                   std::string_view version);

}  // namespace tuma::replay
