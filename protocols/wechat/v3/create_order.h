// API v3: orders of all four ways to pay, and payments by code.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/wechat/orders/order_details.h"
#include "protocols/wechat/wire/body_reader.h"
#include "protocols/wechat/wire/call.h"

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

/// Which members scene_info has: `h5` needs the payer's address and h5_info, `code` has the
/// device's address.
enum class Scene { usual, h5, code };
void read_scene(BodyReader body, Scene scene, Content& content);
/// time_expire, moved to a minute ahead at least and fifteen days at most. The zero time without
/// it.
Timestamp read_expiry(BodyReader& body, const Call& call, Content& content);
/// A merchant as a body names it.
struct NamedMerchant {
    std::string_view appid;
    std::string_view mchid;
    std::string_view key;  ///< of the mchid
};
/// It is this one, and the appid is one of its own.
void check_merchant(BodyReader& body, const Merchant& merchant, const NamedMerchant& named);

}  // namespace tuma::wechat
