// Requests that come again: what is known of a key, what a refusal leaves behind.
#pragma once

#include "switch/core/open_batch.h"

namespace tuma::core {

/// What became of the request with a key, as far as memory and the batch's finding tell.
struct Known {
    const ledger::RememberedRequest* request = nullptr;
    bool must_look_up = false;   ///< it may have left memory: to be looked for on disk
    bool is_unknowable = false;  ///< the disk could not be read
};
Known known(const OpenBatch& batch, const RequestKey& key);

/// False for a key that is certainly new or in memory, whatever the finding.
bool is_to_be_looked_up(const OpenBatch& batch, const RequestKey& key);

/// The stored answer.
Outcome replayed(const ledger::RememberedRequest& before);

/// Nothing has happened and nothing is remembered, so that the same request may come again.
Outcome undecided(const OpenBatch& batch, bool must_look_up);

/// Remembers the refusal, so that a retry gets the same answer.
Outcome refuse(OpenBatch& batch, const Request& request, Refusal refusal);

Outcome query_request(OpenBatch& batch, const Request& request, const QueryRequest& command);

}  // namespace tuma::core
