// What a bank says it has paid: a CSV file.
#pragma once

#include "ledger/words/result.h"
#include "switch/reconcile/matching.h"

#include <chrono>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace tuma::reconcile {

/// Of the bank accounts that are paid out to; of others nothing is known, and days count as
/// written.
using AccountZones = std::map<std::string, std::chrono::minutes>;

/// Reads a CSV with a header and the columns `account` (identity of the bank account),
/// `amount_minor` (whole minor units, negative when collected) and `date` (2024-03-01) or `ts`
/// (2024-03-01T10:00:00, of which the day counts; one with a zone, as 2024-03-01T10:00:00Z, is
/// converted to that of the account in `zones`, local time less UTC); `reference` may be there,
/// other columns are ignored, the order is free. Refuses, with "place:line": a missing column, a
/// bad value, an amount of 0 or beyond `ledger::amount_max`.
Result<std::vector<Movement>> read_bank_file(const std::filesystem::path& path,
                                             const AccountZones& zones = {});

/// The file that `read_bank_file` reads: date,account,amount_minor,reference.
std::string bank_file_text(std::span<const Movement> movements);

}  // namespace tuma::reconcile
