// Writing, listing and verifying snapshots.
#include "ledger/store/snapshot.h"

#include "ledger/store/file_bytes.h"
#include "ledger/store/journal_segment.h"
#include "ledger/store/journal_store.h"
#include "ledger/words/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

namespace tuma::ledger {
namespace {

constexpr std::string_view snapshot_prefix = "snapshot-";
constexpr std::string_view snapshot_suffix = ".tuma";
constexpr std::string_view partial_suffix = ".partial";
constexpr std::string_view altered = "its SHA-256 does not match, bytes were altered";
constexpr std::size_t kept = 2;
constexpr std::size_t sequence_digits = 20;

std::optional<std::uint64_t> sequence_in(std::string_view name) {
    // Twenty digits hold every number of a batch, so that names sort by it.
    if (name.size() != snapshot_prefix.size() + sequence_digits + snapshot_suffix.size() ||
        !name.starts_with(snapshot_prefix) || !name.ends_with(snapshot_suffix))
        return std::nullopt;
    return read_number<std::uint64_t>(name.substr(snapshot_prefix.size(), sequence_digits));
}

// A file that was renamed would be taken for newer than it is.
bool has_name_of(const std::filesystem::path& path, std::uint64_t sequence) {
    return sequence_in(path.filename().string()) == sequence;
}

// Copied into a list by callers that remove: an iterator must not lose its footing.
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
    // Compared only for another version: of this one everything is read anyway, and hashed on the
    // way.
    if (header.version != expected.version && source.finish() != stored) refuse(file, altered);
    if (header.version != expected.version)
        throw SnapshotVersionError(fmt::format("{}: is of version {}, this program uses version {}",
                                               file.path().string(), header.version,
                                               expected.version));
    return header;
}

}  // namespace

void SnapshotFolder::remove_partial() {
    // Gathered first, then removed.
    std::vector<std::filesystem::path> partial;
    for_each_name(directory_, [&](const std::filesystem::path& path) {
        const std::string name = path.filename().string();
        if (name.starts_with(snapshot_prefix) && name.ends_with(partial_suffix))
            partial.push_back(path);
    });
    for (const auto& path : partial) remove_file(path);
}

std::filesystem::path SnapshotFolder::save(const State& state) {
    const Position& position = state.position;
    const auto path =
        directory_ / fmt::format("{}{:020}{}", snapshot_prefix, position.sequence, snapshot_suffix);
    auto partial = path;
    // Under another name until it is whole, so that whoever lists snapshots never sees half of one.
    partial += partial_suffix;
    // Its own scope: the file is closed and synced before it gets its name.
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
    give_name(partial, path);
    // Old ones go only after the new one is durable: at any moment one is whole.
    const std::vector<SnapshotFile> files = list();
    for (std::size_t i = kept; i < files.size(); ++i) remove_file(files[i].path);
    return path;
}

std::vector<SnapshotFile> SnapshotFolder::list() const {
    std::vector<SnapshotFile> files;
    for_each_name(directory_, [&](const std::filesystem::path& path) {
        if (const auto sequence = sequence_in(path.filename().string()))
            files.push_back({path, *sequence});
    });
    std::sort(files.begin(), files.end(),
              [](const SnapshotFile& a, const SnapshotFile& b) { return a.sequence > b.sequence; });
    return files;
}

State SnapshotFolder::load(const std::filesystem::path& path, const StateLimits& limits) const {
    const FileHandle file = FileHandle::open(path);
    const std::uint64_t size = file.size();
    // Checked before the size is used: the subtraction would wrap around.
    if (size < sizeof(SnapshotHeader) + sizeof(Hash)) refuse(file, "is too short for a snapshot");
    const std::uint64_t end = size - sizeof(Hash);
    Hash stored;
    // Read first: the hash at the end tells damage from another version, and that decides which
    // error is right.
    file.read(end, stored);
    FileSource source(file, end);
    const SnapshotHeader header = read_header(file, source, stored);
    State state(limits);
    std::string violation;
    try {
        state.load(source);
        // The hash proves the bytes; these prove that they are the state of this batch and not of
        // another one.
        if (!source.is_at_end() || state.position.sequence != header.sequence ||
            state.position.time.time_since_epoch().count() != header.time_us)
            violation = "the state in it does not fit its header";
        else if (!has_name_of(path, header.sequence))
            violation = fmt::format("it is of batch {}, its name says another", header.sequence);
    } catch (const StateError& error) {
        violation = error.what();
    }
    // Altered bytes may look like anything; that they were altered is the thing to say.
    if (source.finish() != stored) refuse(file, altered);
    if (!violation.empty()) refuse(file, violation);
    // The state's own hash chain goes on from here. It is in the header, because the state does not
    // contain its own batch.
    state.position.hash = header.hash;
    return state;
}

}  // namespace tuma::ledger
