// Writing, listing and verifying snapshots.
#include "ledger/snapshot.h"

#include "ledger/file_bytes.h"
#include "ledger/journal_segment.h"
#include "ledger/journal_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <string>
#include <string_view>
#include <system_error>

namespace tuma::ledger {
namespace {

constexpr std::string_view prefix = "snapshot-";
constexpr std::string_view suffix = ".tuma";
constexpr std::string_view partial_suffix = ".partial";
constexpr std::string_view altered = "its SHA-256 does not match, bytes were altered";
constexpr std::size_t kept = 2;
constexpr std::size_t sequence_digits = 20;

bool parse_name(std::string_view name, std::uint64_t& sequence) {
    if (name.size() != prefix.size() + sequence_digits + suffix.size() ||
        !name.starts_with(prefix) || !name.ends_with(suffix))
        return false;
    const char* const first = name.data() + prefix.size();
    const char* const last = first + sequence_digits;
    const auto [end, failure] = std::from_chars(first, last, sequence);
    return failure == std::errc{} && end == last;
}

bool has_name_of(const std::filesystem::path& path, std::uint64_t sequence) {
    std::uint64_t named = 0;
    return parse_name(path.filename().string(), named) && named == sequence;
}

void for_each_name(const std::filesystem::path& directory,
                   const std::function<void(const std::filesystem::path&)>& visit) {
    std::error_code error;
    for (std::filesystem::directory_iterator entry(directory, error), end; !error && entry != end;
         entry.increment(error))
        visit(entry->path());
    if (error)
        throw StoreError(
            fmt::format("{}: cannot read the data directory: {}; name it with "
                        "--data=DIR",
                        directory.string(), error.message()));
}

void remove_file(const std::filesystem::path& path) {
    std::error_code error;
    std::filesystem::remove(path, error);
    if (error)
        throw StoreError(fmt::format("{}: cannot remove: {}; make the directory writable",
                                     path.string(), error.message()));
}

[[noreturn]] void refuse(const FileHandle& file, std::string_view what) {
    throw SnapshotError(fmt::format("{}: {}", file.path().string(), what));
}

SnapshotHeader read_header(const FileHandle& file, FileSource& source, const Hash& stored) {
    const auto header = read_value<SnapshotHeader>(source);
    const SnapshotHeader expected;
    if (header.magic != expected.magic) refuse(file, "does not begin with \"TUMS\"");
    // Every version ends with the hash, so another one can be told from an altered one.
    if (header.version != expected.version && source.finish() != stored) refuse(file, altered);
    if (header.version != expected.version)
        throw SnapshotVersionError(fmt::format("{}: is of version {}, this program uses version {}",
                                               file.path().string(), header.version,
                                               expected.version));
    return header;
}

}  // namespace

void SnapshotFolder::remove_partial() {
    std::vector<std::filesystem::path> partial;
    for_each_name(directory_, [&](const std::filesystem::path& path) {
        const std::string name = path.filename().string();
        if (name.starts_with(prefix) && name.ends_with(partial_suffix)) partial.push_back(path);
    });
    for (const auto& path : partial) remove_file(path);
}

std::filesystem::path SnapshotFolder::save(const State& state) {
    const Position& position = state.position;
    const auto path = directory_ / fmt::format("{}{:020}{}", prefix, position.sequence, suffix);
    auto partial = path;
    partial += partial_suffix;
    {
        FileHandle file = FileHandle::create(partial);
        FileSink sink(file);
        SnapshotHeader header;
        header.sequence = position.sequence;
        header.time_us = position.time.time_since_epoch().count();
        header.hash = position.hash;
        write_value(sink, header);
        state.save(sink);
        sink.finish();
    }
    std::error_code error;
    std::filesystem::rename(partial, path, error);
    if (error)
        throw StoreError(
            fmt::format("{}: cannot be given its name: {}; make the directory "
                        "writable",
                        partial.string(), error.message()));
    sync_directory(directory_);
    const std::vector<SnapshotFile> files = list();
    for (std::size_t i = kept; i < files.size(); ++i) remove_file(files[i].path);
    return path;
}

std::vector<SnapshotFile> SnapshotFolder::list() const {
    std::vector<SnapshotFile> files;
    for_each_name(directory_, [&](const std::filesystem::path& path) {
        std::uint64_t sequence = 0;
        if (parse_name(path.filename().string(), sequence)) files.push_back({path, sequence});
    });
    std::sort(files.begin(), files.end(),
              [](const SnapshotFile& a, const SnapshotFile& b) { return a.sequence > b.sequence; });
    return files;
}

State SnapshotFolder::load(const std::filesystem::path& path, const StateLimits& limits) const {
    const FileHandle file = FileHandle::open(path);
    const std::uint64_t size = file.size();
    if (size < sizeof(SnapshotHeader) + sizeof(Hash)) refuse(file, "is too short for a snapshot");
    const std::uint64_t end = size - sizeof(Hash);
    Hash stored;
    file.read(end, stored);
    FileSource source(file, end);
    const SnapshotHeader header = read_header(file, source, stored);
    State state(limits);
    std::string misfit;
    try {
        state.load(source);
        if (!source.is_at_end() || state.position.sequence != header.sequence ||
            state.position.time.time_since_epoch().count() != header.time_us)
            misfit = "the state in it does not fit its header";
        else if (!has_name_of(path, header.sequence))
            misfit = fmt::format("it is of batch {}, its name says another", header.sequence);
    } catch (const StateError& error) {
        misfit = error.what();
    }
    // Altered bytes may look like anything; that they were altered is the thing to say.
    if (source.finish() != stored) refuse(file, altered);
    if (!misfit.empty()) refuse(file, misfit);
    state.position.hash = header.hash;
    return state;
}

}  // namespace tuma::ledger
