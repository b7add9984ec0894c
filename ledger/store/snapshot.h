// Saved states in the data directory, so that a start need not replay everything.
#pragma once

#include "ledger/state/state.h"

#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <vector>

namespace tuma::ledger {

/// The file is not a whole, undamaged snapshot; the message names it and says what was found.
class SnapshotError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A snapshot of another version of the program; nothing is wrong with it.
class SnapshotVersionError : public SnapshotError {
public:
    using SnapshotError::SnapshotError;
};

/// The front of a snapshot file: 56 bytes, little-endian. The saved state follows, then SHA-256
/// over header and state.
struct SnapshotHeader {
    std::uint32_t magic = 0x53'4d'55'54;  ///< "TUMS"
    std::uint16_t version = 5;
    std::uint16_t reserved = 0;
    std::uint64_t sequence = 0;  ///< the last batch in the state
    std::int64_t time_us = 0;    ///< its time
    Hash hash{};                 ///< its hash
};
static_assert(sizeof(SnapshotHeader) == 56);

/// A snapshot file, known by its name only.
struct SnapshotFile {
    std::filesystem::path path;
    std::uint64_t sequence = 0;
};

/// The files `snapshot-<sequence, 20 digits>.tuma` of one data directory. The newest two are
/// kept: should the newest be damaged, the one before it and the journal give the same state.
class SnapshotFolder {
public:
    explicit SnapshotFolder(std::filesystem::path directory) : directory_(std::move(directory)) {}

    /// Removes what an interrupted `save` left behind. Only the owner of the directory calls it,
    /// while nothing is being saved. Throws StoreError.
    void remove_partial();

    /// Writes the state aside, syncs it, gives it its name, and removes all but the newest two.
    /// Throws StoreError; an unfinished file never has a snapshot's name.
    std::filesystem::path save(const State& state);

    /// Newest first; nothing is read. Throws StoreError when the directory cannot be read.
    std::vector<SnapshotFile> list() const;

    /// Loads the file while another thread hashes it; nothing is returned of bytes that do not
    /// verify. Throws SnapshotError when it is damaged or does not fit `limits`,
    /// SnapshotVersionError when another version wrote it, StoreError when it cannot be read.
    State load(const std::filesystem::path& path, const StateLimits& limits) const;

private:
    std::filesystem::path directory_;
};

}  // namespace tuma::ledger
