#include "ledger/audit/audit.h"

#include "ledger/audit/audit_acks.h"
#include "ledger/audit/audit_files.h"
#include "ledger/audit/audit_projection.h"
#include "ledger/audit/audit_reversals.h"
#include "ledger/audit/audit_snapshots.h"
#include "ledger/records/event.h"
#include "ledger/store/checked_batches.h"
#include "ledger/store/journal_end.h"
#include "ledger/store/sql.h"

#include <fmt/format.h>

#include <optional>

namespace tuma::ledger {

std::string_view name(FindingKind kind) {
    switch (kind) {
        case FindingKind::journal:
            return "journal";
        case FindingKind::replay:
            return "replay";
        case FindingKind::invariant:
            return "invariant";
        case FindingKind::snapshot:
            return "snapshot";
        case FindingKind::projection:
            return "projection";
        case FindingKind::acks:
            return "acks";
    }
    unreachable("a kind of finding outside the enumeration");
}

void Findings::add(FindingKind kind, std::string where, std::string sentence) {
    // Counted beyond the bound as well: a journal that is wrong throughout must not fill the memory
    // with sentences, and the reader still learns how many there were.
    if (++counts_[static_cast<std::size_t>(kind)] > max_a_kind_) return;
    list_.push_back({kind, std::move(where), std::move(sentence)});
}

std::uint64_t Findings::count(FindingKind kind) const {
    return counts_[static_cast<std::size_t>(kind)];
}

std::uint64_t Findings::count() const {
    std::uint64_t all = 0;
    for (const std::uint64_t count : counts_) all += count;
    return all;
}

namespace {

StateLimits limits_for(const AuditOptions& options) {
    StateLimits limits = options.limits;
    // Longer than any journal: a key leaves only when there is no room.
    limits.request_keys_retention = std::chrono::days{100 * 365};
    return limits;
}

StateLimits without_keys(StateLimits limits) {
    // A ring has one place at least. What stands in it is compared with nothing.
    limits.request_keys_max = 1;
    return limits;
}

// One audit from the first batch to the last.
class Auditor {
public:
    Auditor(JournalReader& journal, const AuditOptions& options)
        : journal_(journal),
          options_(options),
          report_{Findings(options.findings_max), {}, {}},
          acks_(options.acks, report_.figures, report_.findings),
          snapshots_(options.data_directory, limits_for(options), report_),
          projection_(options.data_directory, report_),
          // Request keys are needed only to compare those of a snapshot.
          state_(snapshots_.is_empty() ? without_keys(limits_for(options)) : limits_for(options)) {}

    AuditReport run();

private:
    void read_mark();
    void compare_end();
    void read_all();
    void take(const CheckedBatch& batch);
    void replay(const BatchView& batch);
    void walk(const BatchView& batch, bool is_replayed);
    void stop_replay(FindingKind kind, std::uint64_t sequence, std::string sentence);
    void count_accounts();
    void finish();

    JournalReader& journal_;
    const AuditOptions& options_;
    AuditReport report_;
    AcksCheck acks_;
    SnapshotCheck snapshots_;
    ProjectionCheck projection_;
    ReversalCheck reversals_;
    State state_;
    std::optional<HeadMark> mark_;
    bool is_mark_read_ = false;
    std::uint64_t expected_ = 1;
    std::optional<Hash> previous_ = Hash{};  ///< nothing after a damaged or missing batch
    bool is_replaying_ = true;
    bool is_between_batches_ = true;  ///< false once replay ended within a batch
};

AuditReport Auditor::run() {
    // Before the journal, which goes on beside a running server.
    read_mark();
    try {
        // Asked once: a server may go on writing, and everything here speaks of one end.
        report_.figures.last_sequence = journal_.last_sequence();
        compare_end();
        read_all();
        if (!options_.data_directory.empty()) check_files(options_.data_directory, report_);
    } catch (const SqlDamage& damage) {
        // Pages that cannot be read end the reading, not the audit: what was read so far is
        // compared all the same. Any other StoreError means that there is nothing to audit.
        stop_replay(FindingKind::journal, expected_,
                    fmt::format("cannot be read, nor what follows: {}", damage.what()));
    }
    finish();
    return std::move(report_);
}

void Auditor::read_mark() {
    // A journal in memory has no directory, and no mark.
    if (options_.data_directory.empty()) return;
    try {
        mark_ = read_head(options_.data_directory);
        is_mark_read_ = true;
    } catch (const StoreError& error) {
        // The journal itself may be right, so the audit goes on without the mark.
        report_.findings.add(FindingKind::journal, "head mark", error.what());
    }
}

void Auditor::compare_end() {
    // No mark at all is compared as well: that one is missing may be the finding. One that could
    // not be read is reported already.
    if (!is_mark_read_) return;
    JournalEnd end = compare_with_mark(options_.data_directory, journal_, mark_);
    if (!end.difference.empty())
        report_.findings.add(FindingKind::journal, "head mark", std::move(end.difference));
    // An operator has accepted such an end once. That is not wrong, but it stays visible for ever.
    if (mark_ && mark_->acceptances != 0) report_.notes.push_back(acceptance_note(*mark_));
}

void Auditor::read_all() {
    CheckedBatches batches(journal_, 1, report_.figures.last_sequence);
    while (const auto chunk = batches.take()) {
        for (const CheckedBatch& batch : chunk->batches) take(batch);
        if (options_.progress) options_.progress(expected_ - 1, report_.figures.last_sequence);
    }
    if (expected_ <= report_.figures.last_sequence)
        stop_replay(FindingKind::journal, expected_, "is missing, and so is what follows");
    // These are known once everything was read, because reading is what compares them.
    for (const AlteredRow& row : journal_.altered_rows())
        report_.findings.add(FindingKind::journal, fmt::format("batch {}", row.sequence),
                             "was altered beside its bytes: " + row.sentence);
}

void Auditor::stop_replay(FindingKind kind, std::uint64_t sequence, std::string sentence) {
    if (is_replaying_)
        sentence += "; replay ends here, later batches are checked for damage and chain only";
    is_replaying_ = false;
    report_.findings.add(kind, fmt::format("batch {}", sequence), std::move(sentence));
}

void Auditor::take(const CheckedBatch& batch) {
    if (batch.sequence != expected_) {
        stop_replay(FindingKind::journal, expected_,
                    batch.sequence == expected_ + 1
                        ? std::string("is missing")
                        : fmt::format("is missing, as are all before batch {}", batch.sequence));
        // The batch before this one is not there, so the chain can only be followed from here on.
        previous_.reset();
    }
    expected_ = batch.sequence + 1;
    const bool is_last = batch.sequence == report_.figures.last_sequence;
    // A mark is written after its batch is durable. What is torn at or before the mark was whole
    // once, and somebody may have been told of it: that is damage.
    const bool was_durable = mark_ && mark_->sequence >= batch.sequence;
    // A process that is killed while it appends leaves its last batch so, and no other.
    if (batch.check.damage == BatchDamage::torn && is_last && !was_durable) {
        report_.notes.push_back(fmt::format(
            "batch {}, the last one, was never finished ({}); nothing in it was acknowledged and "
            "the next start drops it",
            batch.sequence, batch.check.reason));
        return;
    }
    if (batch.check.damage != BatchDamage::none) {
        stop_replay(FindingKind::journal, batch.sequence, "is damaged: " + batch.check.reason);
        previous_.reset();
        return;
    }
    const BatchView& view = batch.check.view;
    report_.figures.batches += 1;
    if (previous_ && view.header.previous != *previous_)
        stop_replay(FindingKind::journal, batch.sequence,
                    "the chain is broken: it does not name the hash of the batch before it");
    // By its own hash, so that one broken link is one finding and not one for each batch behind it.
    previous_ = view.hash;
    replay(view);
}

void Auditor::replay(const BatchView& batch) {
    if (is_replaying_) {
        if (auto violation = state_.replay(batch)) {
            // The records before the one that does not fit have been applied, and cannot be taken
            // back.
            is_between_batches_ = false;
            stop_replay(FindingKind::replay, batch.header.sequence, std::move(*violation));
        }
    }
    if (is_replaying_) projection_.begin(batch);
    // Also when replay has ended: the batch is whole, so its answers can be held against what
    // clients were told.
    walk(batch, is_replaying_);
    if (!is_replaying_) return;
    report_.figures.replayed_sequence = batch.header.sequence;
    // Both compare with the state as it is after this very batch.
    projection_.end(state_);
    snapshots_.reach(state_);
}

void Auditor::walk(const BatchView& batch, bool is_replayed) {
    std::span<const std::byte> bytes = batch.records;
    while (!bytes.empty()) {
        const Result<Event> event = take_event(bytes);
        // Said already where replay ended.
        if (!event) return;
        report_.figures.events += 1;
        acks_.see(*event, batch.header.time());
        const auto* record = std::get_if<TransferRecord>(&*event);
        if (record != nullptr) report_.figures.transfers += 1;
        if (std::holds_alternative<RequestRefused>(*event)) report_.figures.refusals += 1;
        if (std::holds_alternative<SchemeLoaded>(*event)) report_.figures.schemes += 1;
        if (std::holds_alternative<SettlementClosed>(*event)) report_.figures.settlements += 1;
        // What did not replay may name accounts and originals that never were.
        if (!is_replayed) continue;
        projection_.see(*event);
        if (record != nullptr) reversals_.see(*record);
    }
}

void Auditor::count_accounts() {
    // Summed up here once more: the report's figures do not rest on the sums that the books check.
    const Books& books = state_.books;
    report_.figures.accounts = books.account_count();
    report_.figures.open_reservations = books.open_reservations();
    for (std::uint32_t i = 1; i <= books.account_count(); ++i) {
        const Account& account = *books.find(AccountId{i});
        CurrencyFigures& sums = report_.figures.currencies[account.currency];
        sums.accounts += 1;
        sums.debits_posted += account.debits_posted;
        sums.credits_posted += account.credits_posted;
        sums.debits_pending += account.debits_pending;
        sums.credits_pending += account.credits_pending;
        switch (row(account.kind).cover) {
            case Cover::trust:
                sums.trust += balance(account);
                break;
            case Cover::owed:
                sums.owed += balance(account);
                break;
            case Cover::own:
                sums.own += balance(account);
                break;
            case Cover::outside:
                // The mirror at the banks is not counted twice.
                if (account.kind == AccountKind::bank_account) sums.outside += balance(account);
                break;
        }
    }
}

void Auditor::finish() {
    report_.figures.head_hash = state_.position.hash;
    report_.figures.head_time = state_.position.time;
    count_accounts();
    // Which rules are in force is known only at the end, and the invariants below look at it.
    if (options_.own_funds_may_be_short)
        for (const auto& [currency, sums] : report_.figures.currencies)
            state_.books.let_own_funds_be_short(currency,
                                                options_.own_funds_may_be_short(state_, currency));
    const std::string where = fmt::format("books at batch {}", report_.figures.replayed_sequence);
    // Within a batch a payout may have been made whose settlement is still to come.
    for (std::string& broken :
         is_between_batches_ ? state_.broken_invariants() : state_.books.broken_invariants())
        report_.findings.add(FindingKind::invariant, where, std::move(broken));
    // Reads the journal again, after everything else that reads it: the originals are known only
    // once all reversals were seen.
    reversals_.finish(journal_, report_.figures.replayed_sequence, report_.findings);
    snapshots_.finish();
    projection_.finish();
    acks_.finish();
}

}  // namespace

AuditReport audit(JournalReader& journal, const AuditOptions& options) {
    return Auditor(journal, options).run();
}

}  // namespace tuma::ledger
