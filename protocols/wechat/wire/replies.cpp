#include "protocols/wechat/wire/replies.h"

#include "protocols/crypto/encoding.h"
#include "protocols/kit/json_text.h"
#include "protocols/wechat/wire/plain_words.h"
#include "protocols/wechat/wire/response_signature.h"
#include "protocols/wechat/wire/test_customers.h"

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
    // Whatever else is preferred is answered in Chinese, the service's own language.
    return language != nullptr && language->starts_with("en");
}

std::string request_id(const Call& call, std::uint32_t number) {
    return entropy_hex(call.context.entropy, entropy_request_id) + "-" + std::to_string(number);
}

http::HttpReply made_reply(const Call& call, std::string body, int status, std::uint32_t number) {
    http::HttpReply reply{.status = status};
    // 204 has no body and no type, but is signed like all others.
    if (!body.empty())
        reply.headers.emplace_back("Content-Type", "application/json; charset=utf-8");
    reply.note.trace = request_id(call, number);
    reply.headers.emplace_back("Request-ID", reply.note.trace);
    // Source: WeChat Pay API v3, verification guide: refusals come without a signature. Before the
    // first provisioning there is no key to sign with.
    const bool is_signed = status < 400 || call.options->signs_errors;
    if (is_signed && call.platform != nullptr) {
        const Faults faults = faults_of(call.request);
        // Clients compare it with their own clock, whatever switch time is.
        const Timestamp time =
            call.context.outside() - (faults.stale_timestamp ? stale_by : Duration{});
        const std::string nonce = entropy_hex(call.context.entropy, entropy_nonce);
        // The fault wrong-signature is a good signature of another body, as if somebody had changed
        // the reply.
        sign(reply.headers, reply_key(call), time, nonce,
             faults.wrong_signature ? "something else" : std::string_view{body});
    }
    reply.body = std::move(body);
    return reply;
}

}  // namespace

std::string entropy_hex(const protocols::Entropy& entropy, EntropyPart part) {
    return crypto::hex_upper(protocols::bytes_of(entropy, part));
}

std::string entropy_text(const protocols::Entropy& entropy, EntropyPart part) {
    constexpr std::string_view alphabet =
        "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";
    std::string text;
    for (const std::byte byte : protocols::bytes_of(entropy, part))
        // 64 characters, so that each is as likely as any other.
        text += alphabet[std::to_integer<std::size_t>(byte) % alphabet.size()];
    return text;
}

std::span<const ErrorRow> error_table() {
    return error_rows;
}

const ErrorRow* find_error(std::string_view code) {
    const auto found = std::find_if(error_rows.begin(), error_rows.end(), [&](const ErrorRow& row) {
        // Both spellings are known: tests ask for errors in either.
        return row.code == code || (!row.old_code.empty() && row.old_code == code);
    });
    return found == error_rows.end() ? nullptr : &*found;
}

const SigningKey& reply_key(const Call& call) {
    const KnownPlatform& platform = *call.platform;
    const SigningKey& certificate = platform.signing(call.context.now).key;
    // Who asks may be unknown, and the answer is signed all the same.
    if (call.merchant == nullptr || call.signer().keys == "cert") return certificate;
    if (call.signer().keys == "pubkey") return platform.public_key;
    const std::string* const wanted = call.request.find("Wechatpay-Serial");
    // A client that does not say which key it can verify is taken to verify by certificate.
    if (wanted == nullptr) return certificate;
    const SigningKey* const key = platform.find(*wanted);
    // A serial that nobody knows may be that of a certificate that has been dropped.
    return key == nullptr ? certificate : *key;
}

std::string callback_keys(const Call& call) {
    return &reply_key(call) == &call.platform->public_key ? "pubkey" : "";
}

void sign(http::Fields& headers, const SigningKey& key, Timestamp now, std::string_view nonce,
          std::string_view body) {
    const ResponseSignature signature = sign_response(key, now, nonce, body);
    for (const auto& [name, value] : signature.headers())
        headers.emplace_back(std::string(name), std::string(value));
}

http::HttpReply reply(const Call& call, std::string body, int status) {
    return made_reply(call, std::move(body), status, 0);
}

http::HttpReply empty_reply(const Call& call, int status) {
    http::HttpReply made = made_reply(call, {}, status, find_error("PARAM_ERROR")->number);
    made.note.why = status == 405
                        ? "this path takes another method; GET /admin/routes lists them"
                        : "no API has this path, to the letter; GET /admin/routes lists them";
    return made;
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
    // Known with two statuses, so that an option decides.
    const bool is_merchant = row->code == "MCH_NOT_EXISTS";
    const int status =
        is_merchant ? static_cast<int>(call.options->unknown_merchant_status) : row->status;
    // The number behind Request-ID's last dash can say more than the code.
    http::HttpReply made = made_reply(call, json.end_object().take(), status,
                                      error.number != 0 ? error.number : row->number);
    made.note.code = row->code;
    made.note.why = !error.why.empty()      ? error.why
                    : error.message.empty() ? std::string(row->english)
                                            : plain_words(error.message);
    return made;
}

http::HttpReply sign_error_reply(const Call& call, std::string body, std::string why) {
    const ErrorRow& row = *find_error("SIGN_ERROR");
    http::HttpReply made = made_reply(call, std::move(body), row.status, row.number);
    made.note.code = row.code;
    made.note.why = std::move(why);
    return made;
}

http::HttpReply busy_reply(const Call& call) {
    return error_reply(call, {.code = "SERVICE_UNAVAILABLE"});
}

}  // namespace tuma::wechat
