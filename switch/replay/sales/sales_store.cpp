#include "switch/replay/sales/sales_store.h"

#include <algorithm>
#include <string>

namespace tuma::replay {
namespace {

constexpr std::size_t hashes_in_memory = std::size_t{1} << 20U;

// A path without characters asks SQLite for a file without a name. Nothing of it is worth a sync,
// and what does not fit into eight megabytes of cache goes to the disk.
ledger::SqlDatabase temporary_database(const std::string& table) {
    ledger::SqlDatabase database("", ledger::SqlAccess::read_write_create);
    // A copy that is lost with the process needs neither log nor sync.
    database.execute("PRAGMA journal_mode=OFF");
    database.execute("PRAGMA synchronous=OFF");
    database.execute("PRAGMA temp_store=FILE");
    database.execute("PRAGMA cache_size=-8192");
    database.execute(table);
    // One transaction for everything: there is nobody to be protected from.
    database.execute("BEGIN");
    return database;
}

}  // namespace

void RepeatCounter::add(std::uint64_t hash) {
    // In memory up to a million; most files stay below, and never see the disk.
    if (hashes_.size() == hashes_in_memory) spill();
    hashes_.push_back(hash);
    ++count_;
}

void RepeatCounter::spill() {
    if (!database_) database_ = temporary_database("CREATE TABLE name (hash INTEGER)");
    ledger::SqlStatement insert(*database_, "INSERT INTO name VALUES (?1)");
    for (const std::uint64_t hash : hashes_) {
        insert.bind(1, hash);
        insert.run();
    }
    hashes_.clear();
}

std::uint64_t RepeatCounter::repeated() {
    std::uint64_t different = 0;
    if (database_) {
        spill();
        different = static_cast<std::uint64_t>(
            database_->number("SELECT count(*) FROM (SELECT hash FROM name GROUP BY hash)"));
    } else {
        std::sort(hashes_.begin(), hashes_.end());
        const auto end = std::unique(hashes_.begin(), hashes_.end());
        different = static_cast<std::uint64_t>(end - hashes_.begin());
    }
    return count_ - different;
}

SalesSorter::SalesSorter()
    : database_(temporary_database("CREATE TABLE sale (time INTEGER, line INTEGER, amount INTEGER, "
                                   "txn INTEGER, customer INTEGER, method INTEGER)")),
      insert_(database_, "INSERT INTO sale VALUES (?1, ?2, ?3, ?4, ?5, ?6)") {}

void SalesSorter::add(const Sale& sale) {
    insert_.bind(1, sale.local_time.time_since_epoch().count());
    insert_.bind(2, sale.line);
    insert_.bind(3, sale.amount);
    insert_.bind(4, sale.txn_hash);
    insert_.bind(5, sale.customer);
    insert_.bind(6, std::uint32_t{sale.method});
    insert_.run();
}

void SalesSorter::finish() {
    database_.execute("COMMIT");
}

void SalesSorter::for_each(const std::function<void(const Sale&)>& visit) {
    ledger::SqlStatement rows(
        database_,
        "SELECT time, line, amount, txn, customer, method FROM sale ORDER BY time, line");
    while (rows.step()) {
        Sale sale;
        sale.local_time = Timestamp{Duration{rows.number(0)}};
        sale.line = static_cast<std::uint64_t>(rows.number(1));
        sale.amount = rows.number(2);
        sale.txn_hash = static_cast<std::uint64_t>(rows.number(3));
        sale.customer = static_cast<std::uint64_t>(rows.number(4));
        sale.method = static_cast<std::uint16_t>(rows.number(5));
        visit(sale);
    }
}

}  // namespace tuma::replay
