// Schemes for tests: one by hand that uses everything, and any number of valid ones from a seed.
#pragma once

#include "switch/core/rules/scheme.h"

#include <random>
#include <string>
#include <string_view>

namespace tuma::testing {

/// 2018-03-30 from "2018-03-30". Requires: that shape.
core::LocalDay day(std::string_view text);

/// England and Wales, the bank holidays of 2016 to 2022.
core::Calendar england();

/// Valid; every list has an element, no field has its default.
core::Scheme sample_scheme();

/// A valid scheme that only the seed decides.
core::Scheme random_scheme(std::mt19937_64& random);

}  // namespace tuma::testing
