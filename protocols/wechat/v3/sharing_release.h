// What is left of a payment that was to be shared, when the time to share it is over.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/wechat/profiles/options.h"
#include "protocols/wechat/profiles/profiles.h"

namespace tuma::wechat {

/// Whether this notice is to tell nobody, but is the moment of the release.
bool is_release(const core::Effect& effect);
/// Moves what is left on the payment's account to its merchant's, once however often it is asked;
/// 200 if nothing is left there. Requires: is_release. Source: WeChat Pay API v3, profit sharing.
protocols::Answer release_rest(const core::Effect& effect, const protocols::Directory& directory,
                               const Options& options, const Merchant& merchant);
/// Whether that is over; otherwise when it is tried again.
protocols::Verdict verdict_on_release(const core::Effect& effect, int status);

}  // namespace tuma::wechat
