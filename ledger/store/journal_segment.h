// One segment file of the SQLite journal: its name, its table, its neighbours.
#pragma once

#include "ledger/sql.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace tuma::ledger {

/// "journal-000001.sqlite" in `directory`.
std::filesystem::path segment_path(const std::filesystem::path& directory, std::uint32_t number);

/// Numbers of the segments in `directory`, ascending. Throws StoreError when it cannot be read.
std::vector<std::uint32_t> list_segments(const std::filesystem::path& directory);

/// Makes what happened to the names in `directory` durable. Throws StoreError.
void sync_directory(const std::filesystem::path& directory);

/// The write-ahead log beside a segment.
std::filesystem::path log_path(std::filesystem::path segment);

/// Bytes of a file, 0 when there is none.
std::uint64_t size_or_zero(const std::filesystem::path& path);

/// What a segment's `PRAGMA user_version` says. From the second on a head mark stands beside it.
enum class SegmentFormat : std::int64_t {
    none = 0,  ///< a crash left a new file without its table
    without_head_mark = 1,
    with_head_mark = 2,
};

/// Throws StoreError when a newer program made the file, SqlDamage when its schema is anything but
/// the one table of a journal: a trigger, a view, another table or index, other columns.
SegmentFormat segment_format(SqlDatabase& database);

/// Throws SqlDamage when the file is empty and its log is not. Opening it would remove the log.
void require_file_of_log(const std::filesystem::path& segment);

/// The same, and when a segment that another one follows is empty or shorter than it says.
void require_whole(const std::filesystem::path& segment);

/// Makes an empty file a segment: page size, write-ahead log, table. Leaves a segment as it is,
/// and sets the connection up as the one that writes and checkpoints. Throws StoreError.
void prepare_segment(SqlDatabase& database, std::uint32_t page_bytes);

/// Notes in a segment that a head mark stands beside it. Throws StoreError.
void note_head_mark(SqlDatabase& database);

}  // namespace tuma::ledger
