// One request of API v2 whose sign holds, and its replies.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/wechat/v2/v2_errors.h"
#include "protocols/wechat/v2/v2_xml.h"
#include "protocols/wechat/wire/call.h"

#include <memory>
#include <string>
#include <string_view>

namespace tuma::wechat {

/// A request that the merchant of `call` has signed.
struct V2Call {
    CallPtr call;
    V2Fields fields;
    V2SignType sign_type = V2SignType::md5;
    std::string_view appid_field = "appid";  ///< what the API calls the two
    std::string_view mchid_field = "mch_id";

    /// Empty when it is not there: v2 makes no difference.
    std::string_view field(std::string_view name) const {
        const auto found = fields.find(name);
        return found == fields.end() ? std::string_view{} : std::string_view{found->second};
    }
};
using V2CallPtr = std::shared_ptr<const V2Call>;

/// Whoever has signed the request, then the API of its path. HTTP 200 whatever the answer, but for
/// paths that are no API. Source: WeChat Pay API v2, "interface rules".
protocols::Answer handle_v2(const std::shared_ptr<Call>& call);

/// return_code and result_code SUCCESS with appid, mch_id and nonce_str, then these, signed as the
/// request was.
http::HttpReply v2_reply(const V2Call& v2, const V2List& results);
/// The same with result_code FAIL, err_code and err_code_des; `more` behind them.
http::HttpReply v2_error_reply(const V2Call& v2, const V2Error& error, const V2List& more = {});
/// The same two for APIs whose replies have no sign.
http::HttpReply v2_unsigned_reply(const V2Call& v2, const V2List& results);
http::HttpReply v2_unsigned_error(const V2Call& v2, const V2Error& error);
/// The switch takes nothing more.
http::HttpReply v2_busy_reply(const V2Call& v2);

/// What v2 calls this way to sign: "MD5", "HMAC-SHA256".
std::string_view name(V2SignType type);
/// The inverse for what orders remember; MD5 when it is nothing else.
V2SignType v2_sign_type_named(std::string_view name);

}  // namespace tuma::wechat
