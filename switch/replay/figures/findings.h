// What the numbers of a replay say, in sentences; every one of them is computed.
#pragma once

#include "switch/replay/run/result.h"

#include <string>
#include <vector>

namespace tuma::replay {

/// One sentence on how many rails leave the till short.
std::string headline(const ReplayResult& result);

struct Finding {
    std::string topic;  ///< "Fees"
    std::string text;   ///< plain text, not escaped
};

/// From what matters most to what is to be kept in mind. What does not apply is left out.
std::vector<Finding> findings(const ReplayResult& result);

}  // namespace tuma::replay
