#include "ledger/projection/projection.h"

#include "ledger/records/event.h"

#include <fmt/format.h>

#include <cstring>
#include <system_error>

namespace tuma::ledger {

std::filesystem::path projection_path(const std::filesystem::path& data_directory) {
    return data_directory / "projection.sqlite";
}

Projection::Projection(const std::filesystem::path& path) {
    try {
        open(path);
    } catch (const SqlDamage& damage) {
        // Statements first: they must not outlive their database.
        rows_.reset();
        database_.reset();
        // The log and its index too: left behind, they would be taken for those of the new file.
        for (const char* suffix : {"", "-wal", "-shm"}) {
            std::error_code ignored;
            std::filesystem::remove(path.string() + suffix, ignored);
        }
        note_ = fmt::format("begun anew: {}", damage.what());
        open(path);
    }
}

void Projection::open(const std::filesystem::path& path) {
    database_ = std::make_unique<SqlDatabase>(path, SqlAccess::read_write_create);
    // It can be made again from the journal, so nothing here waits for the disk.
    database_->execute(
        "PRAGMA page_size=8192; PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; "
        "PRAGMA cache_size=-65536; PRAGMA temp_store=MEMORY");
    const std::string why = prepare_projection_schema(*database_);
    if (!why.empty()) note_ = "begun anew: " + why;
    rows_ = std::make_unique<ProjectionRows>(*database_);
    has_indexes_ = has_projection_indexes(*database_);
    read_position();
}

void Projection::read_position() {
    SqlStatement meta(*database_, "SELECT sequence, hash FROM meta");
    committed_ = {};
    if (meta.step())
        committed_ = {static_cast<std::uint64_t>(meta.number(0)), std::string(meta.text(1))};
    applied_ = committed_;
}

void Projection::leave_foreign_journal(JournalReader& journal) {
    ensure(!is_open_, "comparing with the journal inside a transaction");
    if (committed_.sequence == 0) return;
    std::string found;
    // A shorter journal leaves `found` empty, which differs from every hash.
    if (journal.last_sequence() >= committed_.sequence) {
        journal.scan(committed_.sequence, [&](std::uint64_t sequence, auto bytes) {
            // The batch's own hash stands at its end and covers all batches before it, so that one
            // comparison is enough. The bytes are checked when they are projected or audited.
            if (sequence == committed_.sequence && bytes.size() >= batch_overhead_bytes)
                found = hex(bytes.last(sizeof(Hash)));
            return false;
        });
    }
    if (found == committed_.hash) return;
    note_ = fmt::format("begun anew: the journal has no batch {} with the hash that was projected",
                        committed_.sequence);
    rows_.reset();
    clear_projection(*database_);
    rows_ = std::make_unique<ProjectionRows>(*database_);
    has_indexes_ = true;
    read_position();
}

void Projection::begin() {
    // With the writer's lock from the beginning: a lock that is asked for later may be refused in
    // the middle of a batch.
    database_->execute("BEGIN IMMEDIATE");
    is_open_ = true;
    // Only under the lock is the position safe from a `tuma project` that runs beside the server.
    const auto there = static_cast<std::uint64_t>(database_->number("SELECT sequence FROM meta"));
    if (there != committed_.sequence)
        throw StoreError(fmt::format("{}: another process writes this projection; let one finish",
                                     database_->path().string()));
}

void Projection::apply(const BatchView& batch) {
    // A gap or another history must never become rows: nobody would see it in the tables.
    if (batch.header.sequence != applied_.sequence + 1 ||
        (applied_.sequence != 0 && hex(batch.header.previous) != applied_.hash))
        throw StoreError(fmt::format(
            "{}: batch {} does not follow batch {} that was projected last; run \"tuma audit\"",
            database_->path().string(), batch.header.sequence, applied_.sequence));
    // Begun with the first batch, so that an idle follower holds no lock.
    if (!is_open_) begin();
    rows_->add_batch(batch);
    apply_events(batch);
    // Last, so that a batch whose records throw is not taken for applied.
    applied_ = {batch.header.sequence, hex(batch.hash)};
    uncommitted_rows_ += 1 + batch.header.event_count;
}

void Projection::apply_events(const BatchView& batch) {
    std::span<const std::byte> bytes = batch.records;
    while (!bytes.empty()) {
        const Result<Event> event = take_event(bytes);
        // The batch's hash was right, so that no disk has damaged this.
        if (!event)
            throw StoreError(fmt::format("journal batch {}: {}; run \"tuma audit\"",
                                         batch.header.sequence, event.error().text()));
        std::visit([this](const auto& record) { rows_->add(record); }, *event);
    }
}

void Projection::commit() {
    if (!is_open_) return;
    // Rows and position in one transaction: after a crash both are as they were before.
    rows_->flush();
    SqlStatement meta(*database_, "UPDATE meta SET sequence = ?1, hash = ?2");
    meta.bind(1, applied_.sequence);
    meta.bind(2, std::string_view{applied_.hash});
    meta.run();
    database_->execute("COMMIT");
    is_open_ = false;
    uncommitted_rows_ = 0;
    committed_ = applied_;
}

bool Projection::is_far_behind(JournalReader& journal) {
    const std::uint64_t last = journal.last_sequence();
    if (last <= committed_.sequence) return false;
    std::uint64_t transfers = 0;
    // Transfers make up nearly all rows. The newest batch's header tells how many there will be.
    journal.scan(last, [&](std::uint64_t, std::span<const std::byte> bytes) {
        BatchHeader header;
        if (bytes.size() < sizeof header) return false;
        std::memcpy(&header, bytes.data(), sizeof header);
        transfers = header.next_transfer.value;
        return false;
    });
    const auto there =
        static_cast<std::uint64_t>(database_->number("SELECT max(id) FROM transfer"));
    // Making the indexes anew costs a sort of the whole table, so it pays only when much is
    // missing, and much of the whole.
    constexpr std::uint64_t worth_it = 100'000;
    return transfers > there + worth_it && transfers - there > there / 4;
}

void Projection::drop_indexes() {
    ensure(!is_open_, "dropping indexes inside a transaction");
    drop_projection_indexes(*database_);
    has_indexes_ = false;
}

void Projection::make_indexes() {
    ensure(!is_open_, "making indexes inside a transaction");
    if (has_indexes_) return;
    create_projection_indexes(*database_);
    has_indexes_ = true;
}

CatchUpFigures bring_up_to_date(
    Projection& projection, JournalReader& journal, const std::atomic<bool>& stop,
    const std::function<void(const CatchUpFigures&, std::uint64_t)>& progress,
    const CatchUpOptions& options) {
    // First, because it may throw all rows away, and what is missing depends on that.
    projection.leave_foreign_journal(journal);
    const std::uint64_t last = journal.last_sequence();
    const std::uint64_t first = projection.position().sequence + 1;
    if (projection.is_far_behind(journal)) projection.drop_indexes();

    CatchUpFigures figures{.sequence = projection.position().sequence};
    const auto commit = [&] {
        projection.commit();
        figures.sequence = projection.position().sequence;
        if (progress) progress(figures, last);
    };
    journal.scan(first, [&](std::uint64_t sequence, std::span<const std::byte> bytes) {
        const BatchCheck check = check_batch(bytes, sequence);
        // A batch that was never finished, and that nobody was told of.
        if (check.damage == BatchDamage::torn && sequence >= last) return false;
        if (check.damage != BatchDamage::none) {
            // What came before the damage is right and stays.
            commit();
            throw StoreError(fmt::format("journal batch {} is damaged: {}; run \"tuma audit\"",
                                         sequence, check.reason));
        }
        projection.apply(check.view);
        figures.batches += 1;
        figures.rows += check.view.header.event_count;
        if (projection.uncommitted_rows() >= options.rows_per_commit) commit();
        return !stop.load(std::memory_order_relaxed);
    });
    // Also when it was stopped: the next call goes on from here.
    commit();
    figures.is_complete = !stop.load(std::memory_order_relaxed);
    // Not when it was stopped: somebody waits for it to end, and making them takes long.
    if (figures.is_complete) projection.make_indexes();
    return figures;
}

}  // namespace tuma::ledger
