// The native protocol's commands and results as bytes: requests ↔ core::Request, results ↔ Outcome.
// Both directions for both sides, so that server, load generator and tests share one description.
#pragma once

#include "ledger/journal_store.h"
#include "ledger/transfer.h"
#include "protocols/native/frame.h"
#include "switch/core/command.h"
#include "switch/core/outcome.h"

#include <cstddef>
#include <span>
#include <vector>

namespace tuma::native {

/// Asks for one transfer record.
struct QueryTransfer {
    TransferId transfer;
};

/// Asks for a page of an account's records, newest first. `before` 0 starts at the newest, else
/// only records with a lower number are given.
struct StatementQuery {
    AccountId account;
    TransferId before;
    std::uint32_t limit = 0;  ///< 1..statement_entries_max
};

/// Appends the bytes of one command. Only key.reference, valid_until and the command travel; the
/// participant is in the frame's header and the digest is computed by who reads.
/// Returns the frame type that the command must travel in.
FrameType append_command(std::vector<std::byte>& body, const core::Request& request);
void append_command(std::vector<std::byte>& body, const QueryTransfer& query);
void append_command(std::vector<std::byte>& body, const StatementQuery& query);

/// Reads all commands of a frame into `requests` (appended), digests included.
/// Requires: a frame from `read_frame` whose type is not query_transfer or statement.
/// Refuses: unknown enumerators, currencies outside the table, non-zero reserved bytes.
std::optional<FrameError> read_requests(const FrameView& frame,
                                        std::vector<core::Request>& requests);
std::optional<FrameError> read_queries(const FrameView& frame, std::vector<QueryTransfer>& queries);
std::optional<FrameError> read_queries(const FrameView& frame,
                                       std::vector<StatementQuery>& queries);

/// The digest that `read_requests` gives this request: a 128-bit hash of its bytes without the
/// reference, the frame type mixed in. Not cryptographic: only the sender could profit from a
/// collision, and would get the answer to an earlier request of its own.
Digest digest_of(const core::Request& request);

/// Appends one result. Account queries are 104 bytes, transfers 168, the others 32.
void append_outcome(std::vector<std::byte>& body, FrameType type, const core::Outcome& outcome);
/// One durable record with the switch time of its batch, or the refusal when there is none.
void append_record(std::vector<std::byte>& body, Refusal code, const ledger::TransferRecord& record,
                   Timestamp time);

/// One entry of a statement: a record and when it was decided.
struct StatementEntry {
    ledger::TransferRecord record;
    Timestamp time{};

    bool operator==(const StatementEntry&) const = default;
};

/// A page of a statement. `next` is the `before` of the following page, 0 at the end.
struct StatementPage {
    Refusal code = Refusal::none;
    TransferId next;
    std::vector<StatementEntry> entries;
};
void append_statement(std::vector<std::byte>& body, const StatementPage& page);

/// Reads the results of a reply frame. Refuses what the server could not have written.
Result<std::vector<core::Outcome>, FrameError> read_outcomes(const FrameView& reply);
Result<std::vector<StatementEntry>, FrameError> read_records(const FrameView& reply);
Result<std::vector<StatementPage>, FrameError> read_statements(const FrameView& reply);

}  // namespace tuma::native
