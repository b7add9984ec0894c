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

/// True if the file has the journal's table; a crash can leave a new segment without it.
/// Throws StoreError when a newer program made the file.
bool has_batch_table(SqlDatabase& database);

/// Makes an empty file a segment: page size, write-ahead log, table. Leaves a segment as it is,
/// and sets the connection up as the one that writes and checkpoints. Throws StoreError.
void prepare_segment(SqlDatabase& database, std::uint32_t page_bytes);

}  // namespace tuma::ledger
