// The audit's look at the journal's files: what no reader of batches comes across.
#pragma once

#include "ledger/audit/audit.h"

#include <filesystem>

namespace tuma::ledger {

/// Adds to the report: files that are missing, empty, cut short or none of the journal's, files
/// without a batch before others, rows whose number no batch has, batches that an earlier file has
/// already, and a head mark that is cut short or has a slot that is not whole.
void check_files(const std::filesystem::path& directory, AuditReport& report);

}  // namespace tuma::ledger
