// Bill Manager: a business sends invoices, one or many at a time.
#pragma once

#include "protocols/mpesa/wire/call.h"

namespace tuma::mpesa {

/// POST single-invoicing. No message is sent to the customer.
/// Source: mpesa reference, section 1.19.
protocols::Answer send_invoice(const CallPtr& call);
/// POST bulk-invoicing: up to 1,000 of them, all or none.
protocols::Answer send_invoices(const CallPtr& call);

}  // namespace tuma::mpesa
