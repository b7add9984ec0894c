// MTN MoMo's row in the list of dialects.
#pragma once

#include "protocols/kit/dialect.h"

namespace tuma::mtn {

extern const protocols::DialectInfo dialect;

}  // namespace tuma::mtn
