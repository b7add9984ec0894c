// What is told to merchants: which callback an effect is, and what their answer means.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/mpesa/profiles/options.h"

#include <optional>

namespace tuma::mpesa {

/// Where this attempt's callback goes; empty if there is no address.
std::string address_of(const core::Effect& effect);

/// The callback that this attempt sends; nothing if there is no address.
std::optional<protocols::Callback> notice_of(const core::Effect& effect,
                                             const protocols::Directory& directory,
                                             const Options& options);

/// Any answer with a status of success acknowledges; a C2B validation says whether the merchant
/// takes the payment.
protocols::Verdict verdict_on(const core::Effect& effect, const protocols::CallbackResult& result);

}  // namespace tuma::mpesa
