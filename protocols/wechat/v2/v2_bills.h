// API v2: the trade bill as a file in the reply.
#pragma once

#include "protocols/wechat/v2/v2_call.h"

namespace tuma::wechat {

/// The same text as v3's; a failure is XML with error_code, which is not signed.
/// Source: WeChat Pay API v2, downloadbill.
protocols::Answer v2_download_bill(const V2CallPtr& v2);
/// POST /pay/downloadfundflow: the fund-flow bill, signed with HMAC-SHA256 only.
protocols::Answer v2_download_fund_flow(const V2CallPtr& v2);

}  // namespace tuma::wechat
