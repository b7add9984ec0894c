// What answers each API: who may ask, accounts and their holders (accounts.cpp); a request's life
// (requests.cpp).
#pragma once

#include "protocols/mtn/call.h"

#include <optional>
#include <string>
#include <string_view>

namespace tuma::mtn {

/// POST: an API user under the id that the request chooses. 201 without a body.
protocols::Answer create_user(const CallPtr& call);
/// GET.
protocols::Answer tell_user(const CallPtr& call);
/// POST: a new key, which is told this once and replaces the one before.
protocols::Answer create_key(const CallPtr& call);
/// POST with user and key: an access token for the path's product.
protocols::Answer create_token(const CallPtr& call);
/// Whose access token the request brings, if it is a good one for its product.
std::optional<ApiUser> user_of_token(const Call& call);
/// Why it is no good one, for the log.
std::string_view token_words(const Call& call);

/// GET: what the business's account holds.
protocols::Answer tell_balance(const CallPtr& call);
/// GET: whether somebody may be asked or paid.
protocols::Answer tell_active(const CallPtr& call);
/// GET: who it is; everybody is called Sand Box.
protocols::Answer tell_holder(const CallPtr& call);

/// The account of the holder that a path names in letters of any case, "msisdn" and "256772123456",
/// or that a body does.
std::optional<std::string> holder_identity(const Options& options, std::string_view type,
                                           std::string_view id);

/// Which notice an order's channel is.
inline constexpr std::uint8_t channel_result = 0;
inline constexpr std::uint8_t channel_again = 1;  ///< the same once more

/// POST: 202 without a body, or what is wrong with it.
protocols::Answer open_request(const CallPtr& call);
/// GET with its reference id.
protocols::Answer tell_request(const CallPtr& call);
/// GET: the approved preapprovals of an account holder.
protocols::Answer list_preapprovals(const CallPtr& call);
/// DELETE.
protocols::Answer cancel_invoice(const CallPtr& call);
protocols::Answer cancel_preapproval(const CallPtr& call);
/// POST behind a request that was paid: a message for its payer.
protocols::Answer deliver_notification(const CallPtr& call);

/// Where an order's end is told; empty: nobody asked for it.
std::string callback_url(const ledger::Order& order);
protocols::Callback callback_of(const ledger::Order& order, const Options& options);

}  // namespace tuma::mtn
