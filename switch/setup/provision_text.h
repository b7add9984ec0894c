// The default set of merchants and options as a provisioning file that people can edit.
#pragma once

#include <string>

namespace tuma {

/// TOML. Read back it asks for what is there without a file.
std::string default_provision_text();

}  // namespace tuma
