// The archive of orders while the switch runs: written, asked.
#include "ledger/archive/order_archive.h"

#include "ledger/archive/order_archive_tables.h"
#include "ledger/records/order_bytes.h"
#include "ledger/words/ensure.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <utility>

namespace tuma::ledger {
namespace {

constexpr std::chrono::seconds write_again_after{1};

}  // namespace

std::int64_t key_proof(std::string_view key, std::uint64_t id) {
    // A b-tree that was altered could lead a key to another order. This number ties the two
    // together.
    return static_cast<std::int64_t>(hash_of_order_key(fmt::format("{}={}", id, key)));
}

OrderArchive::Writing::Writing(const std::filesystem::path& path)
    : database(path, SqlAccess::read_write_create) {
    // The archive is a projection, and still synced in full: memory lets go of what it claims to
    // have.
    database.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-16384");
    database.execute(
        "CREATE TABLE IF NOT EXISTS meta(one INTEGER PRIMARY KEY CHECK(one = 1), "
        "leaving INTEGER NOT NULL, keys INTEGER NOT NULL, sequence INTEGER NOT NULL, "
        "hash BLOB NOT NULL);"
        "CREATE TABLE IF NOT EXISTS left_order(id INTEGER PRIMARY KEY, body BLOB NOT NULL);"
        // The key is the row; a rowid beside it would double what each look-up reads.
        "CREATE TABLE IF NOT EXISTS left_key(key TEXT PRIMARY KEY, id INTEGER NOT NULL, "
        "proof INTEGER NOT NULL) WITHOUT ROWID");
    put_order.emplace(database, "INSERT OR REPLACE INTO left_order VALUES(?, ?)");
    owner_of.emplace(database, "SELECT id FROM left_key WHERE key = ?");
    put_key.emplace(database, "INSERT OR REPLACE INTO left_key VALUES(?, ?, ?)");
    put_meta.emplace(database, "INSERT OR REPLACE INTO meta VALUES(1, ?, ?, ?, ?)");
    // Kept beside the rows, so that a start can tell whether keys were removed.
    keys = static_cast<std::uint64_t>(database.number("SELECT keys FROM meta"));
}

void OrderArchive::Writing::add(const Order& order) {
    const std::uint64_t id = order.terms.id.value;
    std::vector<std::byte> body = order_bytes(order);
    const Hash hash = sha256(body);
    // Behind the body, so that a row that was cut off does not fit.
    body.insert(body.end(), hash.begin(), hash.end());
    put_order->bind(1, id);
    put_order->bind_blob(2, body);
    put_order->run();
    for (const std::string& key : order.keys) {
        // A key may have been used before by an order that ended. The newest order answers to it.
        owner_of->bind(1, std::string_view{key});
        const bool is_there = owner_of->step();
        const bool is_newer = is_there && owner_of->number(0) > static_cast<std::int64_t>(id);
        owner_of->reset();
        if (is_newer) continue;
        keys += is_there ? 0U : 1U;
        put_key->bind(1, std::string_view{key});
        put_key->bind(2, id);
        put_key->bind(3, key_proof(key, id));
        put_key->run();
    }
}

OrderArchive::Reading::Reading(const std::filesystem::path& path)
    : database(path, SqlAccess::read_only) {
    // The writer decides when the log is copied.
    sqlite3_db_config(database.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    owner_of.emplace(database, "SELECT id FROM left_key WHERE key = ?");
    from_id.emplace(database,
                    "SELECT id, body FROM left_order WHERE id >= ? AND id <= ? ORDER BY id");
}

std::shared_ptr<const Order> OrderArchive::Reading::order_in_row() {
    const std::span<const std::byte> body = from_id->blob(1);
    const auto id = static_cast<std::uint64_t>(from_id->number(0));
    const auto damaged = [&](std::string_view what) {
        return ArchiveDamage(
            fmt::format("{}: order {} {}; restart, and the archive is made anew "
                        "from the journal",
                        database.path().string(), id, what));
    };
    // Size first: the subtraction below would wrap around.
    if (body.size() < sizeof(Hash)) throw damaged("is cut off");
    const auto bytes = body.first(body.size() - sizeof(Hash));
    const Hash hash = sha256(bytes);
    const auto stored = body.last(sizeof(Hash));
    if (!std::equal(hash.begin(), hash.end(), stored.begin()))
        throw damaged("does not fit its SHA-256");
    auto order = order_of(bytes);
    if (!order) throw damaged(order.error().text());
    // The hash covers the order, not the row's number; a row that was moved is found here.
    if ((*order)->terms.id.value != id) throw damaged("stands under another number");
    return std::move(order).value();
}

OrderArchive::OrderArchive(const std::filesystem::path& path, const OrderArchiveOptions& options)
    : path_(path), options_(options), filter_(options.filter_bytes) {}

OrderArchive::~OrderArchive() {
    stop();
}

void OrderArchive::put(LeavingOrders leaving) {
    {
        const std::lock_guard lock(mutex_);
        put_.push_back(std::move(leaving));
    }
    // The writer sleeps in its own thread; nothing waits for it here.
    wakes_.notify_one();
}

bool OrderArchive::step_write() {
    LeavingOrders all;
    std::size_t taken = 0;
    {
        const std::lock_guard lock(mutex_);
        taken = put_.size();
        // All that wait go into one transaction, so that the disk syncs once for them.
        for (const LeavingOrders& one : put_) {
            all.orders.insert(all.orders.end(), one.orders.begin(), one.orders.end());
            all.end = one.end;
            all.sequence = one.sequence;
            all.batch_hash = one.batch_hash;
        }
    }
    if (taken == 0) return false;
    write(all);
    const std::lock_guard lock(mutex_);
    // Taken off only when they are written: a failure leaves them for the next try.
    put_.erase(put_.begin(), put_.begin() + static_cast<std::ptrdiff_t>(taken));
    return true;
}

void OrderArchive::write(const LeavingOrders& leaving) {
    SqlDatabase& database = writing_->database;
    // Put back if the transaction fails, or the count in the file would be wrong from then on.
    const std::uint64_t keys_before = writing_->keys;
    database.execute("BEGIN IMMEDIATE");
    try {
        for (const auto& order : leaving.orders) writing_->add(*order);
        SqlStatement& meta = *writing_->put_meta;
        meta.bind(1, leaving.end);
        meta.bind(2, writing_->keys);
        meta.bind(3, leaving.sequence);
        meta.bind_blob(4, leaving.batch_hash);
        meta.run();
        database.execute("COMMIT");
    } catch (...) {
        writing_->keys = keys_before;
        // SQLite rolls some errors back by itself.
        if (sqlite3_get_autocommit(database.handle()) == 0) database.execute("ROLLBACK");
        throw;
    }
    // After the commit. A key that the filter has and the archive has not would only be looked for
    // in vain, but the other way round would lose it.
    for (const auto& order : leaving.orders)
        for (const std::string& key : order->keys) filter_.add(hash_of_order_key(key));
    // Whoever sees this sees the filter and the rows too.
    kept_until_.store(leaving.end, std::memory_order_release);
}

std::shared_ptr<const Order> OrderArchive::find(std::string_view key) {
    std::uint64_t id = 0;
    {
        // The lock covers one statement: several threads read, and a connection is used by one at a
        // time.
        const std::lock_guard lock(reading_mutex_);
        SqlStatement& owner = *reading_->owner_of;
        owner.bind(1, key);
        if (owner.step()) id = static_cast<std::uint64_t>(owner.number(0));
        owner.reset();
    }
    // The filter said that it may be there; it was not.
    if (id == 0) return nullptr;
    auto order = find(OrderId{id});
    // The order itself says what its keys are, so a wrong pointer is found.
    const bool has_key = order != nullptr && std::find(order->keys.begin(), order->keys.end(),
                                                       key) != order->keys.end();
    if (!has_key)
        throw ArchiveDamage(
            fmt::format("{}: order {} does not have the key that leads to it; "
                        "restart, and the archive is made anew from the journal",
                        path_.string(), id));
    return order;
}

std::shared_ptr<const Order> OrderArchive::find(OrderId id) {
    const auto found = range(id, id);
    return found.empty() ? nullptr : found.front();
}

std::vector<std::shared_ptr<const Order>> OrderArchive::range(OrderId first, OrderId last) {
    std::vector<std::shared_ptr<const Order>> orders;
    const std::lock_guard lock(reading_mutex_);
    SqlStatement& rows = *reading_->from_id;
    rows.bind(1, first.value);
    rows.bind(2, last.value);
    try {
        while (rows.step()) orders.push_back(reading_->order_in_row());
    } catch (...) {
        // An open statement would keep its read transaction, and the log could not be copied.
        rows.reset();
        throw;
    }
    rows.reset();
    return orders;
}

void OrderArchive::start(std::function<void(const std::string&)> report) {
    // Started only after `open`, when it is known what is there already.
    ensure(!writer_.joinable(), "an archive of orders is started once");
    report_ = std::move(report);
    writer_ = std::jthread([this](const std::stop_token& stop) { run_writer(stop); });
}

void OrderArchive::stop() {
    writer_.request_stop();
    if (writer_.joinable()) writer_.join();
}

void OrderArchive::run_writer(const std::stop_token& stop) {
    // A little nicer than the engine, but never starved: orders wait for the writer in the end.
    setpriority(PRIO_PROCESS, 0, 5);
    while (!stop.stop_requested()) {
        bool has_failed = false;
        try {
            // Again at once: more may have gathered while it wrote.
            if (step_write()) continue;
        } catch (const std::exception& error) {
            has_failed = true;
            report_(error.what());
        }
        std::unique_lock lock(mutex_);
        if (has_failed)
            wakes_.wait_for(lock, stop, write_again_after, [] { return false; });
        else
            wakes_.wait(lock, stop, [this] { return !put_.empty(); });
    }
}

}  // namespace tuma::ledger
