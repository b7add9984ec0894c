// B2C: a business pays a customer: salaries, business payments, promotions, Pochi la Biashara.
#pragma once

#include "protocols/mpesa/wire/call.h"

namespace tuma::mpesa {

/// POST /mpesa/b2c/v1/paymentrequest.
protocols::Answer pay_customer_v1(const CallPtr& call);
/// POST /mpesa/b2c/v3/paymentrequest; the caller names the request.
protocols::Answer pay_customer_v3(const CallPtr& call);
/// POST /mpesa/b2pochi/v1/paymentrequest.
protocols::Answer pay_pochi(const CallPtr& call);

}  // namespace tuma::mpesa
