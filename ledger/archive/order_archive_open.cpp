// The archive of orders at the start: checked, compared with the journal, or made anew from it.
#include "ledger/archive/order_archive.h"
#include "ledger/archive/order_archive_tables.h"
#include "ledger/records/event.h"
#include "ledger/store/checked_batches.h"
#include "ledger/words/ensure.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace tuma::ledger {
namespace {

constexpr std::size_t orders_per_commit = 10'000;

// The fold over orders alone: nothing else is needed to know which leave.
struct OrdersOnly {
    Orders& orders;
    Timestamp time;

    void operator()(const OrderOpened& record) const { orders.apply(record, time); }
    void operator()(const OrderMoved& record) const { orders.apply(record, time); }
    void operator()(const NoticeMoved& record) const { orders.apply(record); }
    void operator()(const OrderRecalled& record) const { orders.apply(record); }
    // Everything else moves money or terms, which decide nothing about who leaves.
    template <typename Other>
    void operator()(const Other&) const {}
};

void apply_orders(const BatchView& batch, Orders& orders) {
    for (std::span<const std::byte> bytes = batch.records; !bytes.empty();) {
        const Result<Event> event = take_event(bytes);
        if (!event) throw StoreError("a record of the journal: " + event.error().text());
        std::visit(OrdersOnly{orders, batch.header.time()}, *event);
    }
}

void remove_files(const std::filesystem::path& path) {
    // SQLite's log and index belong to the file; without it they are nothing, and with a new one
    // they would do harm.
    for (const char* const suffix : {"", "-wal", "-shm"}) {
        std::filesystem::path file = path;
        std::error_code error;
        std::filesystem::remove(file += suffix, error);
        if (error)
            throw StoreError(fmt::format("{}: cannot remove: {}; make the directory writable",
                                         file.string(), error.message()));
    }
}

}  // namespace

std::vector<std::string> OrderArchive::open(JournalReader& journal, Orders& orders,
                                            std::uint64_t sequence, const Hash& batch_hash,
                                            const Progress& progress, const std::stop_token& stop) {
    std::vector<std::string> notes;
    const std::string why = load(journal, orders);
    if (!why.empty()) {
        notes.push_back(
            fmt::format("the archive of orders is made anew from the journal: {}", why));
        // Removed whole, not repaired: making it anew is the only way to know what is in it.
        clear();
        make_anew(journal, sequence, batch_hash, progress, stop);
        if (stop.stop_requested()) return notes;
        // Which orders leave follows from the records alone. If not, replay and switch would
        // disagree as well.
        ensure(kept_until_ == orders.leaving(), "the journal alone says which orders leave");
    }
    // What was on its way out at the last stop is written now, before somebody may rely on it.
    if (kept_until_ < orders.leaving())
        write({orders.leaving_from(kept_until_), orders.leaving(), sequence, batch_hash});
    reading_ = std::make_unique<Reading>(path_);
    orders.keep(filter_, kept_until_);
    return notes;
}

// Why it cannot be used, or nothing.
std::string OrderArchive::load(JournalReader& journal, const Orders& orders) {
    try {
        writing_ = std::make_unique<Writing>(path_);
        SqlStatement meta(writing_->database, "SELECT leaving, sequence, hash FROM meta");
        if (meta.step()) {
            kept_until_ = static_cast<std::uint64_t>(meta.number(0));
            const Hash hash = stored_hash_of(journal, static_cast<std::uint64_t>(meta.number(1)));
            const auto stored = meta.blob(2);
            // More orders than the journal has, or another batch under its number: it was made
            // beside other books.
            if (kept_until_ > orders.leaving() ||
                !std::equal(hash.begin(), hash.end(), stored.begin(), stored.end()))
                return path_.string() + " is not of this journal";
        }
        // The state has let go of orders up to there. Without them here nobody would have them.
        if (kept_until_ < orders.left_before())
            return fmt::format("orders {} to {} that left are missing", kept_until_.load() + 1,
                               orders.left_before());
        SqlStatement keys(writing_->database, "SELECT key, id, proof FROM left_key");
        std::uint64_t count = 0;
        // All keys are read, because the filter has to be filled anyway. Checking them on the way
        // costs nothing more.
        for (; keys.step(); ++count) {
            const std::string_view key = keys.text(0);
            if (key_proof(key, static_cast<std::uint64_t>(keys.number(1))) != keys.number(2))
                return fmt::format("{}: a key was altered", path_.string());
            filter_.add(hash_of_order_key(key));
        }
        // A key that was removed cannot be seen by itself; the count shows it.
        if (count != writing_->keys)
            return fmt::format("{} has {} keys and should have {}", path_.string(), count,
                               writing_->keys);
    } catch (const SqlDamage& damage) {
        return damage.what();
    }
    return {};
}

void OrderArchive::clear() {
    writing_.reset();
    remove_files(path_);
    writing_ = std::make_unique<Writing>(path_);
    kept_until_ = 0;
}

void OrderArchive::make_anew(JournalReader& journal, std::uint64_t sequence, const Hash& batch_hash,
                             const Progress& progress, const std::stop_token& stop) {
    // A second fold with the same bounds, fed with orders alone, leaves the same orders in the same
    // order.
    Orders orders(options_.orders_max, options_.orders_leaving_max);
    LeavingOrders leaving{{}, 0, sequence, batch_hash};
    orders.on_leaving(
        [&](const std::shared_ptr<const Order>& order) { leaving.orders.push_back(order); });
    const auto write_some = [&] {
        // Written in parts, so that books with hundreds of millions of orders do not have to fit
        // into memory.
        leaving.end = orders.leaving();
        write(leaving);
        leaving.orders.clear();
    };
    CheckedBatches batches(journal, 1, sequence);
    while (const auto chunk = batches.take()) {
        for (const CheckedBatch& batch : chunk->batches) {
            // As for request keys: nothing is made of what may be wrong.
            if (batch.check.damage != BatchDamage::none)
                throw StoreError(fmt::format("journal batch {} is damaged: {}; run tuma audit",
                                             batch.sequence, batch.check.reason));
            apply_orders(batch.check.view, orders);
            if (leaving.orders.size() >= orders_per_commit) write_some();
        }
        if (stop.stop_requested()) return;
        if (progress) progress(chunk->batches.back().sequence, orders.leaving());
    }
    write_some();
}

}  // namespace tuma::ledger
