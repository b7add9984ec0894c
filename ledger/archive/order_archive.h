// Where orders are found that have left memory: a projection of the journal in SQLite.
#pragma once

#include "ledger/records/batch.h"
#include "ledger/state/key_filter.h"
#include "ledger/state/orders.h"
#include "ledger/store/journal_store.h"
#include "ledger/store/sql.h"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace tuma::ledger {

/// A row of the archive does not fit its hash. The message names the file and the row.
class ArchiveDamage : public StoreError {
public:
    using StoreError::StoreError;
};

struct OrderArchiveOptions {
    /// Memory of the filter over keys; see KeyFilter.
    std::uint64_t filter_bytes = 64U << 20U;
    std::size_t orders_max = 1'000'000;       ///< as the state's
    std::size_t orders_leaving_max = 16'384;  ///< as the state's
};

/// Orders that have begun to leave memory, and the batch in which the last of them did.
struct LeavingOrders {
    std::vector<std::shared_ptr<const Order>> orders;
    std::uint64_t end = 0;  ///< how many there were up to the last one, over the whole journal
    std::uint64_t sequence = 0;
    Hash batch_hash{};
};

/// All orders that have left memory, in their newest state, for as long as the journal is kept.
/// They are written once what made them leave is durable, by a thread of its own, and leave memory
/// after that. What is missing or damaged at the start is made again from the journal.
class OrderArchive {
public:
    /// Opens `path` or makes it. Throws StoreError.
    OrderArchive(const std::filesystem::path& path, const OrderArchiveOptions& options);
    ~OrderArchive();
    OrderArchive(const OrderArchive&) = delete;
    OrderArchive& operator=(const OrderArchive&) = delete;

    using Progress = std::function<void(std::uint64_t sequence, std::uint64_t orders)>;
    /// Reads and checks keys, makes all anew from `journal` when something does not fit or is
    /// missing, writes what `orders` has on its way out, and has it keep what is not here. The
    /// journal ends at batch `sequence`. Returns what a person should know. Throws StoreError.
    /// Requires: called once, first.
    std::vector<std::string> open(JournalReader& journal, Orders& orders, std::uint64_t sequence,
                                  const Hash& batch_hash, const Progress& progress = {},
                                  const std::stop_token& stop = {});

    /// What follows is durable and to be written. Any thread.
    void put(LeavingOrders leaving);
    /// The first so many orders that left are found here. Any thread.
    std::uint64_t kept_until() const { return kept_until_.load(std::memory_order_acquire); }

    /// The newest order with this key; with this number; all from number `first` to `last`.
    /// One at a time, any thread. Throws StoreError, ArchiveDamage for a row that does not fit.
    std::shared_ptr<const Order> find(std::string_view key);
    std::shared_ptr<const Order> find(OrderId id);
    std::vector<std::shared_ptr<const Order>> range(OrderId first, OrderId last);

    /// Writes what was put. False when there was nothing. Throws StoreError; what was put stays.
    bool step_write();
    /// Does that on a thread until `stop`; see KeyIndex::start.
    void start(std::function<void(const std::string&)> report);
    void stop();

    const KeyFilter& filter() const { return filter_; }

private:
    struct Writing;
    struct Reading;

    std::string load(JournalReader& journal, const Orders& orders);
    void make_anew(JournalReader& journal, std::uint64_t sequence, const Hash& batch_hash,
                   const Progress& progress, const std::stop_token& stop);
    void clear();
    void write(const LeavingOrders& leaving);
    void run_writer(const std::stop_token& stop);

    std::filesystem::path path_;
    OrderArchiveOptions options_;
    KeyFilter filter_;
    std::unique_ptr<Writing> writing_;
    std::mutex reading_mutex_;
    std::unique_ptr<Reading> reading_;

    std::mutex mutex_;  ///< guards `put_`
    std::vector<LeavingOrders> put_;
    std::atomic<std::uint64_t> kept_until_{0};

    std::function<void(const std::string&)> report_;
    std::condition_variable_any wakes_;
    std::jthread writer_;
};

}  // namespace tuma::ledger
