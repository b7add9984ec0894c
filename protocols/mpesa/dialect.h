// M-Pesa's row in the list of dialects.
#pragma once

#include "protocols/kit/dialect.h"

namespace tuma::mpesa {

extern const protocols::DialectInfo dialect;

}  // namespace tuma::mpesa
