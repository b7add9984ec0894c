#include "loadgen/drive/version.h"

namespace tuma::loadgen {

// The build passes the text to this file alone; see loadgen/CMakeLists.txt.
std::string_view version() {
    return TUMA_VERSION;
}

}  // namespace tuma::loadgen
