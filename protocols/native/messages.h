// The native protocol's commands and results as bytes: requests ↔ core::Request, results ↔ Outcome.
// Both directions for both sides, so that server, load generator and tests share one description.
#pragma once

#include "ledger/records/transfer.h"
#include "ledger/store/journal_store.h"
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

/// Appends the bytes of one command. Only key.reference, valid_until and the command travel (of
/// QueryAccount only the command); the participant is in the frame's header and the digest is
/// computed by who reads. Returns the frame type that the command must travel in.
/// Requires: a MoveMoney whose purpose has a frame type (`purpose_of`); not LoadScheme.
FrameType append_command(std::vector<std::byte>& body, const core::Request& request);
void append_command(std::vector<std::byte>& body, const QueryTransfer& query);
void append_command(std::vector<std::byte>& body, const StatementQuery& query);

/// What money moves for in a frame of this type; nothing for the types that are no plain movement.
std::optional<ledger::Purpose> purpose_of(FrameType type);

/// Reads all commands of a frame into `requests` (appended), digests included.
/// Requires: a request from `read_frame` whose type is not query_transfer or statement.
/// Refuses as bad_command: participant 0, non-zero reserved bytes, unknown enumerators, currencies
/// outside the table. Then `requests` is as before.
std::optional<FrameError> read_requests(const FrameView& frame,
                                        std::vector<core::Request>& requests);
/// As `read_requests`, for frames of type query_transfer and statement.
std::optional<FrameError> read_queries(const FrameView& frame, std::vector<QueryTransfer>& queries);
std::optional<FrameError> read_queries(const FrameView& frame,
                                       std::vector<StatementQuery>& queries);

/// The digest that `read_requests` gives this request: a 128-bit hash of its bytes without the
/// reference, the frame type mixed in. Not cryptographic: only the sender could profit from a
/// collision, and would get the answer to an earlier request of its own.
Digest digest_of(const core::Request& request);

/// Appends one result. Account queries are 104 bytes, the others 32.
/// Requires: neither query_transfer nor statement.
void append_outcome(std::vector<std::byte>& body, FrameType type, const core::Outcome& outcome);

/// One entry of a statement: a record and when it was decided.
struct StatementEntry {
    ledger::TransferRecord record;
    Timestamp time{};

    bool operator==(const StatementEntry&) const = default;
};

/// The answer to QueryTransfer: one durable record with the switch time of its batch, or a refusal
/// and a zero entry.
struct RecordAnswer {
    Refusal code = Refusal::none;
    StatementEntry entry;

    bool operator==(const RecordAnswer&) const = default;
};
/// Appends 160 bytes.
void append_record(std::vector<std::byte>& body, const RecordAnswer& answer);

/// A page of a statement. `next` is the `before` of the following page, 0 at the end.
struct StatementPage {
    Refusal code = Refusal::none;
    TransferId next;
    std::vector<StatementEntry> entries;

    bool operator==(const StatementPage&) const = default;
};
/// Appends 16 bytes and 136 an entry. Requires: at most statement_entries_max entries.
void append_statement(std::vector<std::byte>& body, const StatementPage& page);

/// Reads the results of a reply frame. Refuses what the server could not have written.
Result<std::vector<core::Outcome>, FrameError> read_outcomes(const FrameView& reply);
/// The same into a vector that is used again; what it holds after a refusal means nothing.
std::optional<FrameError> read_outcomes(const FrameView& reply,
                                        std::vector<core::Outcome>& outcomes);
Result<std::vector<RecordAnswer>, FrameError> read_records(const FrameView& reply);
Result<std::vector<StatementPage>, FrameError> read_statements(const FrameView& reply);

}  // namespace tuma::native
