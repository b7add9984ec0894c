// Reversal: a business gives a customer's payment back.
#pragma once

#include "protocols/mpesa/wire/call.h"

namespace tuma::mpesa {

/// POST /mpesa/reversal/v1/request.
protocols::Answer reverse_payment(const CallPtr& call);

}  // namespace tuma::mpesa
