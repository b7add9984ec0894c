// The audit for people and for programs, and the command around it.
#pragma once

#include "ledger/audit/audit.h"

#include <cstdio>
#include <string>

namespace tuma::ledger {

/// Lines for a terminal: figures, trial balance, notes, and each finding on a line of its own that
/// begins with "finding: ".
std::string text(const AuditReport& report);

/// One JSON object on one line:
/// `clean` bool; `findings` [{`kind`, `where`, `sentence`}] in the order found; `finding_counts`
/// {kind: number}, counting also those not listed; `notes` [text]; `journal` {`last_sequence`,
/// `replayed_sequence`, `batches`, `events`, `transfers`, `refusals`, `accounts`,
/// `open_reservations`, `schemes`, `settlements`, `head_hash` lower-case hex, `head_time` RFC
/// 3339}; `snapshots_compared`; `projection_sequence`; `acks` {`read`, `repeated`, `unrecorded`};
/// `currencies` {letters: {`accounts`, `debits_posted`, `credits_posted`, `debits_pending`,
/// `credits_pending`, `trust`, `owed`, `own`, `outside`}}, amounts in minor units as text, because
/// they may pass 2^53.
std::string json(const AuditReport& report);

/// Audits a data directory and prints the report on `out`, faults of the input on `errors`.
/// Returns the exit code: 0 clean, 1 broken, 2 the input is not usable (no journal there, an
/// acknowledgement file that cannot be read).
int run_audit(const AuditOptions& options, bool as_json, std::FILE* out, std::FILE* errors);

}  // namespace tuma::ledger
