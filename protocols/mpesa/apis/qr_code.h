// Dynamic QR: a code that a customer's app reads to pay a business.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/mpesa/wire/call.h"

namespace tuma::mpesa {

/// Answers at once with the image. What the code says is tuma's own form, because Safaricom's is
/// not published: "MPESA|TrxCode|CPI|MerchantName|Amount|RefNo".
/// Source: mpesa reference, section 1.14.
protocols::Answer generate_qr(const CallPtr& call);

}  // namespace tuma::mpesa
