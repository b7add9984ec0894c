// What of a sales file may not fit in memory: rows to put in order, names to count. Both go to a
// temporary database of SQLite's own, which nobody else sees and which ends with the process.
#pragma once

#include "ledger/store/sql.h"
#include "switch/replay/sales/sales.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace tuma::replay {

/// Counts how often a hash comes that has come before. Up to 2^20 of them in memory.
class RepeatCounter {
public:
    /// Throws ledger::StoreError when the disk fails.
    void add(std::uint64_t hash);
    /// How many were added less how many different ones. Once, at the end.
    std::uint64_t repeated();

private:
    void spill();

    std::vector<std::uint64_t> hashes_;
    std::uint64_t count_ = 0;
    std::optional<ledger::SqlDatabase> database_;
};

/// Rows in any order → rows in order of (time, line). Throws ledger::StoreError when the disk
/// fails.
class SalesSorter {
public:
    SalesSorter();

    void add(const Sale& sale);
    /// Ends the adding.
    void finish();
    /// Calls `visit` with each row in order. Requires: `finish`.
    void for_each(const std::function<void(const Sale&)>& visit);

private:
    ledger::SqlDatabase database_;
    ledger::SqlStatement insert_;
};

}  // namespace tuma::replay
