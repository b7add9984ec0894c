// What is answered at once about organisations and phone numbers.
#pragma once

#include "protocols/mpesa/wire/call.h"

namespace tuma::mpesa {

/// POST /sfcverify/v1/query/info: a business's name and tariff.
protocols::Answer query_organisation(const CallPtr& call);
/// POST /imsi/v2/checkATI: when the SIM card was last exchanged.
protocols::Answer query_swap(const CallPtr& call);
/// POST /imsi/v1/checkATI, /registration/lookup/v1/checkATI: that, and since when the number is
/// somebody's, with a hash of the card's identity.
protocols::Answer query_identity(const CallPtr& call);

}  // namespace tuma::mpesa
