#include "protocols/wechat/v2/v2_errors.h"

#include "protocols/wechat/wire/complaints.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tuma::wechat {
namespace {

// Source: WeChat Pay API v2, error codes of its endpoints.
constexpr std::array v2_error_rows{
    V2ErrorRow{"NOAUTH", "商户无此接口权限"},
    V2ErrorRow{"NOTENOUGH", "余额不足"},
    V2ErrorRow{"ORDERPAID", "商户订单已支付"},
    V2ErrorRow{"ORDERCLOSED", "订单已关闭"},
    V2ErrorRow{"ORDERREVERSED", "订单已撤销"},
    V2ErrorRow{"ORDERNOTEXIST", "此交易订单号不存在"},
    V2ErrorRow{"SYSTEMERROR", "系统错误"},
    V2ErrorRow{"BANKERROR", "银行系统异常"},
    V2ErrorRow{"USERPAYING", "需要用户输入支付密码"},
    V2ErrorRow{"AUTH_CODE_ERROR", "付款码参数错误"},
    V2ErrorRow{"AUTH_CODE_INVALID", "付款码检验错误"},
    V2ErrorRow{"AUTHCODEEXPIRE", "二维码已过期，请用户在微信上刷新后再试"},
    V2ErrorRow{"BUYER_MISMATCH", "支付账号错误"},
    V2ErrorRow{"TRADE_ERROR", "交易错误"},
    V2ErrorRow{"APPID_NOT_EXIST", "APPID不存在"},
    V2ErrorRow{"MCHID_NOT_EXIST", "MCHID不存在"},
    V2ErrorRow{"APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配"},
    V2ErrorRow{"LACK_PARAMS", "缺少参数"},
    V2ErrorRow{"OUT_TRADE_NO_USED", "商户订单号重复"},
    V2ErrorRow{"SIGNERROR", "签名错误"},
    V2ErrorRow{"XML_FORMAT_ERROR", "XML格式错误"},
    V2ErrorRow{"REQUIRE_POST_METHOD", "请使用post方法"},
    V2ErrorRow{"POST_DATA_EMPTY", "post数据为空"},
    V2ErrorRow{"NOT_UTF8", "编码格式错误"},
    V2ErrorRow{"INVALID_REQUEST", "参数错误"},
    V2ErrorRow{"INVALID_TRANSACTIONID", "无效transaction_id"},
    V2ErrorRow{"PARAM_ERROR", "参数错误"},
    V2ErrorRow{"CERT_ERROR", "证书校验错误"},
    V2ErrorRow{"ERROR", "业务错误"},
    V2ErrorRow{"REFUNDNOTEXIST", "退款订单查询失败"},
    V2ErrorRow{"BIZERR_NEED_RETRY", "退款业务流程错误，需要商户触发重试来解决"},
    V2ErrorRow{"TRADE_OVERDUE", "订单已经超过退款期限"},
    V2ErrorRow{"USER_ACCOUNT_ABNORMAL", "用户帐号异常"},
    V2ErrorRow{"SEND_FAILED", "付款错误"},
    V2ErrorRow{"OPENID_ERROR", "openid和appid不匹配"},
    V2ErrorRow{"FATAL_ERROR", "两次请求参数不一致"},
    V2ErrorRow{"NOT_FOUND", "指定单号数据不存在"},
    V2ErrorRow{"NO_BILL_EXIST", "账单不存在"},
    V2ErrorRow{"BILL_CREATING", "账单未生成"},
    V2ErrorRow{"INVALID_REQ_TOO_MUCH", "无效请求过多"},
    V2ErrorRow{"FREQUENCY_LIMITED", "频率限制"},
    V2ErrorRow{"REFUND_FEE_MISMATCH", "订单金额或退款金额与之前请求不一致，请核实后再试"},
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

V2Error v2_invalid(std::string_view field, std::string_view issue) {
    return v2_unreadable(
        complaint_sentence({"/body/xml/" + std::string(field), field, false}, issue));
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
