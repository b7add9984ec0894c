// The journal as ordinary SQLite tables: account, transfer, payment, batch, and views for people.
#pragma once

#include "ledger/projection/projection_rows.h"
#include "ledger/projection/projection_schema.h"
#include "ledger/records/batch.h"
#include "ledger/store/journal_store.h"
#include "ledger/store/sql.h"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

namespace tuma::ledger {

/// The projection's file inside a data directory.
std::filesystem::path projection_path(const std::filesystem::path& data_directory);

/// How far into the journal the committed rows have come.
struct ProjectionPosition {
    std::uint64_t sequence = 0;  ///< last batch projected, 0 for none
    std::string hash;            ///< its hash, lower-case hexadecimal, empty for none

    bool operator==(const ProjectionPosition&) const = default;
};

/// Writes the projection. One thread uses it, except for `interrupt`. Rows and position change in
/// the same transaction, so that a crash leaves a projection that is behind but whole; a power
/// failure may cost the file, which is then made anew.
class Projection {
public:
    /// Opens or begins the file. One that is damaged or of another version is begun anew and
    /// `note` says so. Throws StoreError.
    explicit Projection(const std::filesystem::path& path);

    /// Why the rows were thrown away since opening, or an empty text.
    const std::string& note() const { return note_; }
    /// What is committed.
    const ProjectionPosition& position() const { return committed_; }
    /// Sequence of the last batch applied, committed or not.
    std::uint64_t applied_sequence() const { return applied_.sequence; }
    /// Rows applied but not yet committed.
    std::size_t uncommitted_rows() const { return uncommitted_rows_; }

    /// Throws all rows away when the journal is not the one they came from: it is shorter, or has
    /// another batch at `position`. Requires: nothing uncommitted. Throws StoreError.
    void leave_foreign_journal(JournalReader& journal);

    /// Adds the rows of the next batch, inside a transaction that `commit` ends. Throws StoreError
    /// when the batch does not follow the last one or does not decode, and when another process
    /// writes the same file; this object must not be used after that.
    void apply(const BatchView& batch);
    void commit();

    /// Whether so much is missing that dropping the indexes and making them at the end is faster.
    /// Throws StoreError.
    bool is_far_behind(JournalReader& journal);
    /// Before a long way to go: gives up the indexes until `make_indexes`.
    void drop_indexes();
    /// Makes the indexes that are missing. May take a while. Requires: nothing uncommitted.
    void make_indexes();

    /// Makes the running call throw soon. Any thread, while this object lives.
    void interrupt() { database_->interrupt(); }

private:
    void open(const std::filesystem::path& path);
    void read_position();
    void begin();
    void apply_events(const BatchView& batch);

    std::string note_;
    std::unique_ptr<SqlDatabase> database_;
    std::unique_ptr<ProjectionRows> rows_;
    ProjectionPosition committed_;
    ProjectionPosition applied_;
    std::size_t uncommitted_rows_ = 0;
    bool has_indexes_ = true;
    bool is_open_ = false;
};

/// How a projection is brought up to date.
struct CatchUpOptions {
    /// Rows a transaction at most, give or take one batch.
    std::size_t rows_per_commit = 50'000;
};

/// What `bring_up_to_date` did.
struct CatchUpFigures {
    std::uint64_t batches = 0;
    std::uint64_t rows = 0;  ///< events projected
    std::uint64_t sequence = 0;
    bool is_complete = true;  ///< false when it was stopped
};

/// Projects what the journal holds beyond the projection. Returns early, with everything committed,
/// once `stop` is true. `progress` is called after each commit with what was done so far and the
/// journal's last sequence. Throws StoreError, also when a batch is damaged ("tuma audit" says
/// more).
CatchUpFigures bring_up_to_date(
    Projection& projection, JournalReader& journal, const std::atomic<bool>& stop,
    const std::function<void(const CatchUpFigures&, std::uint64_t)>& progress,
    const CatchUpOptions& options = {});

}  // namespace tuma::ledger
