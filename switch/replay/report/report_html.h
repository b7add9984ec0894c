// report.html: one page with everything in it, for reading offline.
#pragma once

#include "switch/replay/run/result.h"

#include <string>

namespace tuma::replay {

/// The whole page. The same result gives the same bytes; wall times are not in it.
std::string report_html(const ReplayResult& result);

}  // namespace tuma::replay
