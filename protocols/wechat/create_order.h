// API v3: orders of all four ways to pay, and payments by code.
#pragma once

#include "protocols/adapter.h"
#include "protocols/wechat/body_reader.h"
#include "protocols/wechat/call.h"
#include "protocols/wechat/content.h"

#include <string_view>

namespace tuma::wechat {

protocols::Answer create_jsapi(const CallPtr& call);
protocols::Answer create_native(const CallPtr& call);
protocols::Answer create_app(const CallPtr& call);
protocols::Answer create_h5(const CallPtr& call);
/// A merchant scans the code on a customer's phone.
protocols::Answer create_by_code(const CallPtr& call);

/// "JSAPI", "NATIVE", "APP", "MWEB": what an order that was opened is answered with.
std::string payment_link(const Call& call, std::string_view trade_type, OrderId order);

/// scene_info; the address is required, h5_info too for pages outside WeChat.
void read_scene(BodyReader body, bool needs_h5, Content& content);
/// time_expire: a minute ahead at least. The zero time without it.
Timestamp read_expiry(BodyReader& body, const Call& call, Content& content);
/// appid belongs to the merchant, and the mchid is who has signed.
void check_merchant(BodyReader& body, const Call& call, std::string_view appid,
                    std::string_view mchid, std::string_view mchid_key);

}  // namespace tuma::wechat
