// What dialects are told of a scheme.
#pragma once

#include "ledger/words/id.h"
#include "switch/core/rules/scheme.h"

#include <string>

namespace tuma {

/// The content of the profile "scheme/NAME": its number, its classes and what each is charged from
/// one day to another; protocols/kit/scheme_numbers.h reads it.
std::string scheme_profile(const core::Scheme& scheme, SchemeId id);

}  // namespace tuma
