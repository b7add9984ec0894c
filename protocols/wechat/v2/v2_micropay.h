// API v2: payments by the code on a customer's phone, and how they are taken back.
#pragma once

#include "protocols/wechat/v2/v2_call.h"

namespace tuma::wechat {

protocols::Answer v2_micropay(const V2CallPtr& v2);
protocols::Answer v2_reverse(const V2CallPtr& v2);

}  // namespace tuma::wechat
