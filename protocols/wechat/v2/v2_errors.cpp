#include "protocols/wechat/v2/v2_errors.h"

#include "ledger/words/ensure.h"
#include "protocols/wechat/wire/complaints.h"
#include "protocols/wechat/wire/plain_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tuma::wechat {
namespace {

// Source: WeChat Pay API v2, error codes of its endpoints.
constexpr std::array v2_error_rows{
    V2ErrorRow{"NOAUTH", "商户无此接口权限", "the merchant may not call this"},
    V2ErrorRow{"NOTENOUGH", "余额不足", "the balance is too low"},
    V2ErrorRow{"ORDERPAID", "商户订单已支付", "the order is paid"},
    V2ErrorRow{"ORDERCLOSED", "订单已关闭", "the order is closed"},
    V2ErrorRow{"ORDERREVERSED", "订单已撤销", "the order was reversed"},
    V2ErrorRow{"ORDERNOTEXIST", "此交易订单号不存在", "there is no such order"},
    V2ErrorRow{"SYSTEMERROR", "系统错误", "system error"},
    V2ErrorRow{"BANKERROR", "银行系统异常", "the bank's system fails"},
    V2ErrorRow{"USERPAYING", "需要用户输入支付密码", "the customer has to enter a password"},
    V2ErrorRow{"AUTH_CODE_ERROR", "付款码参数错误", "auth_code is malformed"},
    V2ErrorRow{"AUTH_CODE_INVALID", "付款码检验错误", "auth_code is nobody's"},
    V2ErrorRow{"AUTHCODEEXPIRE", "二维码已过期，请用户在微信上刷新后再试", "auth_code has expired"},
    V2ErrorRow{"BUYER_MISMATCH", "支付账号错误", "the paying account is another one"},
    V2ErrorRow{"TRADE_ERROR", "交易错误", "the trade cannot go on"},
    V2ErrorRow{"APPID_NOT_EXIST", "APPID不存在", "there is no such appid"},
    V2ErrorRow{"MCHID_NOT_EXIST", "MCHID不存在", "there is no such mch_id"},
    V2ErrorRow{"APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配",
               "the merchant does not have this appid"},
    V2ErrorRow{"LACK_PARAMS", "缺少参数", "a field is missing"},
    V2ErrorRow{"OUT_TRADE_NO_USED", "商户订单号重复", "out_trade_no was used before"},
    V2ErrorRow{"SIGNERROR", "签名错误", "the sign is wrong"},
    V2ErrorRow{"XML_FORMAT_ERROR", "XML格式错误", "the body is malformed XML"},
    V2ErrorRow{"REQUIRE_POST_METHOD", "请使用post方法", "the method is not POST"},
    V2ErrorRow{"POST_DATA_EMPTY", "post数据为空", "the body is empty"},
    V2ErrorRow{"NOT_UTF8", "编码格式错误", "the body is not UTF-8"},
    V2ErrorRow{"INVALID_REQUEST", "参数错误", "invalid request"},
    V2ErrorRow{"INVALID_TRANSACTIONID", "无效transaction_id", "transaction_id is malformed"},
    V2ErrorRow{"PARAM_ERROR", "参数错误", "invalid parameter"},
    V2ErrorRow{"CERT_ERROR", "证书校验错误",
               "the TLS handshake did not show a certificate of the merchant's"},
    V2ErrorRow{"ERROR", "业务错误", "the business refuses it"},
    V2ErrorRow{"REFUNDNOTEXIST", "退款订单查询失败", "there is no such refund"},
    V2ErrorRow{"BIZERR_NEED_RETRY", "退款业务流程错误，需要商户触发重试来解决",
               "the refund is to be asked for again"},
    V2ErrorRow{"TRADE_OVERDUE", "订单已经超过退款期限",
               "the time for refunds of this order is over"},
    V2ErrorRow{"USER_ACCOUNT_ABNORMAL", "用户帐号异常", "the customer's account cannot be used"},
    V2ErrorRow{"SEND_FAILED", "付款错误", "the transfer was refused"},
    V2ErrorRow{"OPENID_ERROR", "openid和appid不匹配", "openid and appid do not match"},
    V2ErrorRow{"FATAL_ERROR", "两次请求参数不一致",
               "the number is that of an earlier request with other parameters"},
    V2ErrorRow{"NOT_FOUND", "指定单号数据不存在", "there is no such number"},
    V2ErrorRow{"NO_BILL_EXIST", "账单不存在", "there is no such bill"},
    V2ErrorRow{"BILL_CREATING", "账单未生成", "the bill is being made"},
    V2ErrorRow{"INVALID_REQ_TOO_MUCH", "无效请求过多", "too many invalid requests"},
    V2ErrorRow{"FREQUENCY_LIMITED", "频率限制", "too many requests"},
    V2ErrorRow{"REFUND_FEE_MISMATCH", "订单金额或退款金额与之前请求不一致，请核实后再试",
               "the amounts differ from those of an earlier request with this number"},
};

}  // namespace

std::span<const V2ErrorRow> v2_error_table() {
    return v2_error_rows;
}

const V2ErrorRow* find_v2_error(std::string_view code) {
    const auto* const found = std::find_if(v2_error_rows.begin(), v2_error_rows.end(),
                                           [&](const V2ErrorRow& row) { return row.code == code; });
    return found == v2_error_rows.end() ? nullptr : &*found;
}

V2Error v2_missing(std::string_view field) {
    // The sentence names the field; the code alone would not tell a developer which.
    return {"LACK_PARAMS", fmt::format("缺少参数{}", field), true,
            fmt::format("{} is missing", field)};
}

std::string words_of(const V2Error& error) {
    if (!error.why.empty()) return error.why;
    if (!error.message.empty()) return plain_words(error.message);
    const V2ErrorRow* const row = find_v2_error(error.code);
    ensure(row != nullptr, "an error that is answered is in the table");
    return std::string(row->english);
}

V2Error v2_invalid(std::string_view field, std::string_view issue) {
    V2Error error =
        v2_unreadable(complaint_sentence({"/body/xml/" + std::string(field), field, false}, issue));
    error.why = fmt::format("{} {}", field, plain_words(issue));
    return error;
}

V2Error v2_undefined(std::string_view field) {
    V2Error error = v2_unreadable(fmt::format("不识别的参数{}", field));
    error.why = fmt::format("the documentation of this API has no {}", field);
    return error;
}

V2Error v2_unreadable(std::string sentence) {
    return {"PARAM_ERROR", std::move(sentence), true};
}

}  // namespace tuma::wechat
