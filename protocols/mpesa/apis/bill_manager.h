// Bill Manager: a business opts in, cancels invoices, and says which payment was for which.
// Invoices themselves are in protocols/mpesa/apis/invoices.h.
#pragma once

#include "protocols/mpesa/profiles/profiles.h"
#include "protocols/mpesa/wire/call.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::mpesa {

/// POST optin: the business gets an app_key, by which the later calls know it.
protocols::Answer opt_in(const CallPtr& call);
/// POST change-optin-details.
protocols::Answer change_opt_in(const CallPtr& call);
/// POST cancel-single-invoice and cancel-bulk-invoices: all of them, or none where one has been
/// paid, if only in part.
protocols::Answer cancel_invoice(const CallPtr& call);
protocols::Answer cancel_invoices(const CallPtr& call);
/// POST reconciliation: an invoice is paid by that payment; paid in full it ends.
protocols::Answer reconcile(const CallPtr& call);

/// Whose invoices a call is about: by the app_key in its header. Nothing if it names none, or one
/// that its app may not act for.
std::optional<std::string> biller_of(const Call& call);
/// Success in Bill Manager's own shape; the message may be empty.
http::HttpReply bill_done(std::string_view status_message = {}, bool has_errors = false);
/// A `resmsg`.
inline constexpr std::string_view action_forbidden = "Action Forbidden";
/// Conflicts in the same shape.
/// Source: mpesa reference, section 1.19.
http::HttpReply bill_refused(const Call& call, std::string_view resmsg,
                             std::string_view status_message, bool has_errors = false);
/// No biller that the call's app may act for.
http::HttpReply unknown_biller(const Call& call);
/// A call without the list that its path takes.
http::HttpReply no_list(const Call& call);
/// 1, 2, … for each element of the call's list; see FieldReader.
std::vector<std::size_t> places_of_list(const Call& call);

}  // namespace tuma::mpesa
