// One segment file of the SQLite journal: its name, its table, its neighbours.
#pragma once

#include "ledger/store/sql.h"

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace tuma::ledger {

/// "journal-000001.sqlite" in `directory`.
std::filesystem::path segment_path(const std::filesystem::path& directory, std::uint32_t number);

/// Numbers of the segments in `directory`, ascending. Throws StoreError when it cannot be read.
std::vector<std::uint32_t> list_segments(const std::filesystem::path& directory);

/// Makes what happened to the names in `directory` durable. Throws StoreError.
void sync_directory(const std::filesystem::path& directory);

/// Gives a file that is whole and synced its name, durably; one of that name is replaced. Throws
/// StoreError.
void give_name(const std::filesystem::path& partial, const std::filesystem::path& path);

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

/// Throws StoreError when the segments of a directory are not 1, 2, 3 … or one of them is empty or
/// cut short. Only the newest may be. Behind a newer snapshot nothing else would miss one.
void require_segments(const std::filesystem::path& directory,
                      std::span<const std::uint32_t> numbers);

/// Throws StoreError when a segment that another one follows has no batch.
void require_batch(SqlDatabase& database);

/// Makes a segment where there is no file of that name. The name is there once all of it is
/// durable, so that no kill leaves half a segment. For the one who writes the journal. Throws
/// StoreError.
void make_segment(const std::filesystem::path& segment, std::uint32_t page_bytes);

/// Undoes what a program that was killed while it made a segment in place had begun, as programs
/// before make_segment() did: readers cannot, and refuse the file. For the one who writes the
/// journal. Throws StoreError.
void undo_unfinished(const std::filesystem::path& segment);

/// Makes an empty file a segment: page size, write-ahead log, table. Leaves a segment as it is,
/// and sets the connection up as the one that writes and checkpoints. Throws StoreError.
void prepare_segment(SqlDatabase& database, std::uint32_t page_bytes);

/// Notes in a segment that a head mark stands beside it. Throws StoreError.
void note_head_mark(SqlDatabase& database);

}  // namespace tuma::ledger
