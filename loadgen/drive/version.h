// Which build of the generator this is.
#pragma once

#include <string_view>

namespace tuma::loadgen {

/// The project's version, "0.1.0": in --version and in every report.
std::string_view version();

}  // namespace tuma::loadgen
