// The schemes that the server is started with, into the journal.
#pragma once

#include "ledger/words/result.h"
#include "switch/engine/engine.h"
#include "switch/files/scheme_file.h"

#include <string>
#include <vector>

namespace tuma {

/// Reads the schemes named in `list` (built-in names or files, separated by commas; empty for none)
/// with the holidays of the CSV `holidays`. Refuses the first that cannot be used, and two of the
/// same name.
Result<std::vector<SchemeFile>> read_schemes(const std::string& list, const std::string& holidays);

/// Journals each scheme that is not in force already with the same content, by taking the engine's
/// steps. Throws std::runtime_error when one is refused: another currency or other classes than the
/// version before, or no room for its accounts. Requires: the engine has not been started.
void load_schemes(net::Engine& engine, const core::Switch& core,
                  const std::vector<SchemeFile>& schemes);

}  // namespace tuma
