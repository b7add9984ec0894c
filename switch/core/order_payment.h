// The money of an order: priced by the schemes of its two sides, moved in one set of records.
#pragma once

#include "switch/core/open_batch.h"
#include "switch/core/rules/priced_payment.h"

#include <memory>
#include <optional>
#include <vector>

namespace tuma::core {

/// Moves the order's money from `payer`; `transfer` becomes the number of the first record.
/// Of a refund of an order, `original` are the records of what that order moved; refuses:
/// original_not_found, exceeds_original, then as pricing and the books do.
std::optional<Refusal> pay(OpenBatch& batch, const ledger::OrderTerms& terms, AccountId payer,
                           TransferId& transfer, Original original = {});

/// Moves the members' money, all or none; `transfers` become the numbers of their first records.
std::optional<Refusal> pay_members(OpenBatch& batch,
                                   const std::vector<std::shared_ptr<const ledger::Order>>& members,
                                   AccountId payer, std::vector<TransferId>& transfers);

}  // namespace tuma::core
