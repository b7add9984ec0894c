// C2B: customers pay businesses unasked; the business may be asked first and is told after.
#pragma once

#include "protocols/mpesa/orders/order_details.h"
#include "protocols/mpesa/wire/call.h"

#include <optional>
#include <string_view>

namespace tuma::mpesa {

/// POST /mpesa/c2b/v1/registerurl and v2.
protocols::Answer register_urls_v1(const CallPtr& call);
protocols::Answer register_urls_v2(const CallPtr& call);
/// POST /mpesa/c2b/v1/simulate and v2.
protocols::Answer simulate_payment(const CallPtr& call);

/// What a validation asks (before the payment) or a confirmation tells (`is_confirmation`).
protocols::Callback c2b_callback(const ledger::Order& order, const Content& content,
                                 const protocols::Directory& directory, const Options& options,
                                 bool is_confirmation);
/// What a merchant's answer to a validation does to the order; nothing when it says neither yes nor
/// no.
std::optional<core::OrderAction> validation_act(const ledger::Order& order, std::string_view body);

}  // namespace tuma::mpesa
