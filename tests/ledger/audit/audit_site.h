// A data directory with everything an audit looks at.
#pragma once

#include "ledger/audit/audit.h"
#include "ledger/projection/projection.h"
#include "ledger/store/acks.h"
#include "ledger/store/memory_journal.h"
#include "ledger/store/snapshot.h"
#include "tests/ledger/history.h"
#include "tests/support/temporary_directory.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::ledger {

inline StateLimits audit_limits() {
    return {.accounts_max = 10'000, .request_keys_max = 65'536};
}

// A data directory with a journal in memory, a snapshot half-way and one at the end, a projection,
// and a file of acknowledgements.
struct Site {
    explicit Site(std::uint64_t seed = 1, bool has_market = false) : history(journal, seed) {
        history.open(12);
        if (has_market) history.open_market(3);
        SnapshotFolder snapshots(directory.path());
        for (int i = 0; i < 8; ++i) {
            history.batch(60);
            for (int j = 0; has_market && j < 5; ++j) history.market_batch(20);
            if (i == 3) snapshots.save(history.state);
        }
        snapshots.save(history.state);
        const std::atomic<bool> never{false};
        Projection projection(projection_path(directory.path()));
        bring_up_to_date(projection, journal, never, nullptr);
        write_acks(history.told);
    }

    std::filesystem::path acks_path() const { return directory.path() / "acks"; }
    void write_acks(const std::vector<RememberedRequest>& acks) const {
        std::filesystem::remove(acks_path());
        AcksWriter writer(acks_path());
        for (const RememberedRequest& ack : acks) writer.append(ack);
        writer.flush();
    }
    AuditOptions options() const {
        return {.data_directory = directory.path(),
                .acks = {acks_path()},
                .findings_max = 20,
                .limits = audit_limits(),
                .progress = nullptr};
    }
    AuditReport audit_disk(MemoryDisk disk) const {
        MemoryJournal damaged(std::move(disk));
        return audit(damaged, options());
    }
    AuditReport audit_now() { return audit(journal, options()); }
    void sql(const std::string& statement) const {
        SqlDatabase(projection_path(directory.path()), SqlAccess::read_write_create)
            .execute(statement);
    }

    TemporaryDirectory directory;
    MemoryJournal journal;
    History history;
};

inline bool has(const AuditReport& report, FindingKind kind, std::string_view where,
                std::string_view part) {
    return std::any_of(report.findings.list().begin(), report.findings.list().end(),
                       [&](const Finding& finding) {
                           return finding.kind == kind && finding.where == where &&
                                  finding.sentence.find(part) != std::string::npos;
                       });
}

}  // namespace tuma::ledger
