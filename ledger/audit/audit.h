// The books checked from outside: chain, replay, invariants, and everything derived from them.
#pragma once

#include "ledger/state/state.h"
#include "ledger/store/journal_store.h"
#include "ledger/words/money.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::ledger {

/// What a finding is about.
enum class FindingKind : std::uint8_t {
    journal = 0,     ///< a batch is missing, damaged, or not chained to the one before
    replay = 1,      ///< a batch is whole, but what it says cannot have happened
    invariant = 2,   ///< the replayed books do not add up
    snapshot = 3,    ///< a snapshot is damaged or differs from the replayed state
    projection = 4,  ///< the SQL tables differ from the journal
    acks = 5,        ///< something was acknowledged that the journal does not hold like that
};
inline constexpr std::size_t finding_kind_count = 6;
/// Stable lower-case name ("journal").
std::string_view name(FindingKind kind);

/// One thing that is wrong.
struct Finding {
    FindingKind kind = FindingKind::journal;
    std::string where;     ///< "batch 17", "account 3", "snapshot-….tuma"
    std::string sentence;  ///< what was found, for people

    bool operator==(const Finding&) const = default;
};

/// Findings in the order in which they were made; of each kind only the first so many.
class Findings {
public:
    explicit Findings(std::size_t max_a_kind) : max_a_kind_(max_a_kind) {}

    void add(FindingKind kind, std::string where, std::string sentence);
    const std::vector<Finding>& list() const { return list_; }
    /// How many of this kind there were, listed or not.
    std::uint64_t count(FindingKind kind) const;
    std::uint64_t count() const;

private:
    std::size_t max_a_kind_;
    std::vector<Finding> list_;
    std::array<std::uint64_t, finding_kind_count> counts_{};
};

__extension__ using WideAmount = __int128;

/// Sums over the accounts of one currency, minor units.
struct CurrencyFigures {
    std::uint64_t accounts = 0;
    WideAmount debits_posted = 0;
    WideAmount credits_posted = 0;
    WideAmount debits_pending = 0;
    WideAmount credits_pending = 0;
    WideAmount trust = 0;    ///< money at the bank
    WideAmount owed = 0;     ///< e-money
    WideAmount own = 0;      ///< the operator's own
    WideAmount outside = 0;  ///< on bank accounts outside
};

/// What the audit counted.
struct AuditFigures {
    std::uint64_t batches = 0;  ///< whole ones
    std::uint64_t events = 0;
    std::uint64_t transfers = 0;
    std::uint64_t refusals = 0;
    std::uint64_t accounts = 0;
    std::uint64_t schemes = 0;      ///< loaded, newer versions included
    std::uint64_t settlements = 0;  ///< closed
    std::uint64_t open_reservations = 0;
    std::uint64_t last_sequence = 0;      ///< of the journal
    std::uint64_t replayed_sequence = 0;  ///< less than the last one when something is damaged
    Hash head_hash{};                     ///< of the last batch replayed
    Timestamp head_time{};
    std::uint64_t snapshots = 0;            ///< compared
    std::uint64_t projection_sequence = 0;  ///< how far the projection was compared
    std::uint64_t acks = 0;                 ///< read
    std::uint64_t acks_repeated = 0;        ///< told more than once, with the same content
    std::uint64_t acks_unrecorded = 0;      ///< answers that leave nothing in the journal
    std::map<Currency, CurrencyFigures> currencies;
};

struct AuditReport {
    Findings findings;
    std::vector<std::string> notes;  ///< worth knowing, but nothing wrong
    AuditFigures figures;

    bool is_clean() const { return findings.count() == 0; }
};

struct AuditOptions {
    /// Where snapshots and the projection are looked for; empty: nowhere.
    std::filesystem::path data_directory;
    /// Files of acknowledgements.
    std::vector<std::filesystem::path> acks;
    /// Listed findings of each kind; more are only counted.
    std::size_t findings_max = 20;
    /// Whether the rules in a state let own funds of a currency be short; nothing: they never do.
    std::function<bool(const State&, Currency)> own_funds_may_be_short{};
    /// Bounds of the memory for the replay. The retention window is not used: all keys that fit are
    /// kept, so that any snapshot's keys can be compared.
    StateLimits limits;
    /// Called now and then with the last batch looked at and the last there is.
    std::function<void(std::uint64_t, std::uint64_t)> progress;
};

/// A file that the audit was asked to use cannot be read or understood.
class UnusableInput : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Verifies every stored batch's checksum and chain, replays them from zero into fresh books with
/// each record's links and balances checked, checks the invariants of the books at the end
/// (debits = credits per currency, floors, reservations, safeguarding, own funds) and that no
/// transfer was moved back by more than it moved, and compares snapshots, projection and
/// acknowledgements as far as they are there. Damage becomes findings. After the first damage,
/// replay and all that needs it ends; checksums, chain and acknowledgements go on.
///
/// Memory: a state, while a snapshot is compared a second one, 72 bytes an acknowledgement, 32
/// bytes a reversal or refund. Reads only; may run beside a server. Throws UnusableInput for an
/// acknowledgement file, StoreError when the journal cannot be opened.
AuditReport audit(JournalReader& journal, const AuditOptions& options);

}  // namespace tuma::ledger
