// A scheme as bytes, for the journal: the same scheme always gives the same bytes.
#pragma once

#include "ledger/words/result.h"
#include "switch/core/rules/scheme.h"

#include <cstddef>
#include <span>
#include <vector>

namespace tuma::core {

/// Requires: `check(scheme)` finds nothing.
std::vector<std::byte> scheme_bytes(const Scheme& scheme);

/// How many bytes that is. Requires: counts within the bounds of scheme.h.
std::size_t scheme_size(const Scheme& scheme);

/// The inverse; reads what every earlier version of the program wrote too. Refuses everything else,
/// and what `check` finds.
Result<Scheme> read_scheme(std::span<const std::byte> bytes);

}  // namespace tuma::core
