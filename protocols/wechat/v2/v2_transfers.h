// API v2: a merchant pays persons, by transfer and by red packet.
#pragma once

#include "protocols/wechat/v2/v2_call.h"

namespace tuma::wechat {

/// POST /mmpaymkttransfers/promotion/transfers. Made at once; replies of these four have no sign.
/// Source: WeChat Pay API v2, transfers.
protocols::Answer v2_transfer(const V2CallPtr& v2);
/// POST /mmpaymkttransfers/gettransferinfo.
protocols::Answer v2_query_transfer(const V2CallPtr& v2);
/// POST /mmpaymkttransfers/sendredpack, for one person; who gets it opens it at once.
protocols::Answer v2_send_red_packet(const V2CallPtr& v2);
/// POST /mmpaymkttransfers/gethbinfo.
protocols::Answer v2_query_red_packet(const V2CallPtr& v2);

}  // namespace tuma::wechat
