#include "protocols/wechat/replies.h"

#include "protocols/crypto/encoding.h"
#include "protocols/json_text.h"
#include "protocols/wechat/magic.h"
#include "protocols/wechat/response_signature.h"

#include <algorithm>
#include <array>
#include <span>

namespace tuma::wechat {
namespace {

// Source: WeChat Pay API v3, error codes of its endpoints; numbers as integrators' logs show them.
constexpr std::array error_rows{
    ErrorRow{"PARAM_ERROR", "", 400, 268435461, "参数错误", "invalid parameter"},
    ErrorRow{"INVALID_REQUEST", "", 400, 268435461, "无效请求", "invalid request"},
    ErrorRow{"APPID_MCHID_NOT_MATCH", "", 400, 268445527, "appid和mchid不匹配",
             "appid and mchid do not match"},
    ErrorRow{"MCH_NOT_EXISTS", "", 400, 268443715, "商户号不存在", "the merchant does not exist"},
    ErrorRow{"ORDER_CLOSED", "ORDERCLOSED", 400, 268447914, "订单已关闭", "the order is closed"},
    ErrorRow{"ORDER_PAID", "ORDERPAID", 400, 268449538, "订单已支付", "the order is paid"},
    ErrorRow{"ALREADY_EXISTS", "", 400, 268435461, "已存在", "it exists already"},
    ErrorRow{"NO_STATEMENT_EXIST", "", 400, 268435461, "请求的账单文件不存在",
             "there is no such bill"},
    ErrorRow{"STATEMENT_CREATING", "", 400, 268435461, "账单生成中", "the bill is being made"},
    ErrorRow{"SIGN_ERROR", "", 401, 268443699, "签名错误", "the signature is wrong"},
    ErrorRow{"NO_AUTH", "", 403, 268443715, "商户无权限", "the merchant may not do this"},
    ErrorRow{"OUT_TRADE_NO_USED", "", 403, 268449538, "商户订单号重复",
             "out_trade_no was used before"},
    ErrorRow{"TRADE_ERROR", "", 403, 268449641, "交易错误", "the trade cannot go on"},
    ErrorRow{"RULE_LIMIT", "RULELIMIT", 403, 268435464, "业务规则限制",
             "a rule of business forbids it"},
    ErrorRow{"NOT_ENOUGH", "NOTENOUGH", 403, 268435464, "账户余额不足", "the balance is too low"},
    ErrorRow{"USER_ACCOUNT_ABNORMAL", "", 403, 268435464, "用户账户异常",
             "the customer's account cannot be used"},
    ErrorRow{"REQUEST_BLOCKED", "", 403, 268443715, "请求被拦截", "the request was blocked"},
    ErrorRow{"ACCOUNT_ERROR", "", 403, 268435464, "账户异常", "the account cannot be used"},
    ErrorRow{"ORDER_NOT_EXIST", "ORDERNOTEXIST", 404, 268512771, "订单不存在",
             "the order does not exist"},
    ErrorRow{"RESOURCE_NOT_EXISTS", "", 404, 268512771, "查询的资源不存在",
             "the resource does not exist"},
    ErrorRow{"NOT_FOUND", "", 404, 268435461, "接口不存在", "there is no such API"},
    ErrorRow{"METHOD_NOT_ALLOWED", "", 405, 268435461, "请求方法不正确", "the method is wrong"},
    ErrorRow{"FREQUENCY_LIMITED", "FREQUENCY_LIMIT_EXCEED", 429, 268447840, "频率超限",
             "too many requests"},
    ErrorRow{"RATELIMIT_EXCEEDED", "", 429, 268447840, "频率超限", "too many requests"},
    ErrorRow{"SYSTEM_ERROR", "", 500, 268435461, "系统错误", "system error"},
    ErrorRow{"BANK_ERROR", "", 500, 268435461, "银行系统异常", "the bank's system fails"},
    ErrorRow{"OPENID_MISMATCH", "", 500, 268501013, "openid和appid不匹配",
             "openid and appid do not match"},
    ErrorRow{"SERVICE_UNAVAILABLE", "", 503, 268435461, "服务不可用", "service unavailable"},
    ErrorRow{"USERPAYING", "USER_PAYING", 202, 0, "需要用户输入支付密码",
             "the customer has to enter a password"},
};

bool wants_english(const Call& call) {
    const std::string* const language = call.request.find("Accept-Language");
    return language != nullptr && language->starts_with("en");
}

std::string request_id(const Call& call, std::uint32_t number) {
    return chance_hex(call.context.chance, chance_request_id) + "-" + std::to_string(number);
}

http::HttpReply signed_reply(const Call& call, std::string body, int status, std::uint32_t number) {
    http::HttpReply reply{.status = status};
    if (!body.empty())
        reply.headers.emplace_back("Content-Type", "application/json; charset=utf-8");
    reply.headers.emplace_back("Request-ID", request_id(call, number));
    if (call.platform != nullptr) {
        const Faults faults = faults_of(call.request);
        const Timestamp time =
            call.context.outside() - (faults.stale_timestamp ? stale_by : Duration{});
        const std::string nonce = chance_hex(call.context.chance, chance_nonce);
        sign(reply.headers, reply_key(call), time, nonce,
             faults.wrong_signature ? "something else" : std::string_view{body});
    }
    reply.body = std::move(body);
    return reply;
}

std::span<const std::byte> part_of(const protocols::Chance& chance, ChancePart part) {
    return std::span{chance}.subspan(part.offset, part.size);
}

}  // namespace

std::string chance_hex(const protocols::Chance& chance, ChancePart part) {
    return crypto::hex_upper(part_of(chance, part));
}

std::string chance_text(const protocols::Chance& chance, ChancePart part) {
    constexpr std::string_view alphabet =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
    std::string text;
    for (const std::byte byte : part_of(chance, part))
        text += alphabet[std::to_integer<std::size_t>(byte) % alphabet.size()];
    return text;
}

std::span<const ErrorRow> error_table() {
    return error_rows;
}

const ErrorRow* find_error(std::string_view code) {
    const auto found = std::find_if(error_rows.begin(), error_rows.end(), [&](const ErrorRow& row) {
        return row.code == code || (!row.old_code.empty() && row.old_code == code);
    });
    return found == error_rows.end() ? nullptr : &*found;
}

const SigningKey& reply_key(const Call& call) {
    const KnownPlatform& platform = *call.platform;
    const SigningKey& certificate = platform.signing(call.context.now).key;
    if (call.merchant == nullptr || call.profile().keys == "cert") return certificate;
    if (call.profile().keys == "pubkey") return platform.public_key;
    const std::string* const wanted = call.request.find("Wechatpay-Serial");
    if (wanted == nullptr) return certificate;
    const SigningKey* const key = platform.find(*wanted);
    return key == nullptr ? certificate : *key;
}

void sign(http::Fields& headers, const SigningKey& key, Timestamp now, std::string_view nonce,
          std::string_view body) {
    const ResponseSignature signature = sign_response(key, now, nonce, body);
    for (const auto& [name, value] : signature.headers())
        headers.emplace_back(std::string(name), std::string(value));
}

http::HttpReply reply(const Call& call, std::string body, int status) {
    return signed_reply(call, std::move(body), status, 0);
}

http::HttpReply error_reply(const Call& call, const ApiError& error) {
    const ErrorRow* const row = find_error(error.code);
    ensure(row != nullptr, "an error that is answered is in the table");
    const bool is_old = call.options->error_words == "old" && !row->old_code.empty();
    const std::string_view own = wants_english(call) ? row->english : row->chinese;
    protocols::JsonText json;
    json.begin_object()
        .text("code", is_old ? row->old_code : row->code)
        .text("message", error.message.empty() ? own : std::string_view{error.message});
    if (!error.detail.empty()) json.json("detail", error.detail);
    const bool is_merchant = row->code == "MCH_NOT_EXISTS";
    const int status =
        is_merchant ? static_cast<int>(call.options->unknown_merchant_status) : row->status;
    return signed_reply(call, json.end_object().take(), status,
                        error.number != 0 ? error.number : row->number);
}

http::HttpReply sign_error_reply(const Call& call, std::string body) {
    return signed_reply(call, std::move(body), 401, find_error("SIGN_ERROR")->number);
}

http::HttpReply busy_reply(const Call& call) {
    return error_reply(call, {.code = "SERVICE_UNAVAILABLE"});
}

}  // namespace tuma::wechat
