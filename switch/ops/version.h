// Which build of the program this is.
#pragma once

#include <string_view>

namespace tuma::net {

/// What the build says about itself; the same text in --version, /version and the metrics.
struct BuildVersion {
    std::string_view version;     ///< "0.1.0"
    std::string_view compiler;    ///< "GNU 12.2.0"
    std::string_view build_type;  ///< "RelWithDebInfo"
};
BuildVersion build_version();

}  // namespace tuma::net
