#include "switch/ops/version.h"

namespace tuma::net {

// The build passes the three texts to this file alone; see switch/CMakeLists.txt.
BuildVersion build_version() {
    return {TUMA_VERSION, TUMA_COMPILER, TUMA_BUILD_TYPE};
}

}  // namespace tuma::net
