#include "protocols/wechat/wire/plain_words.h"

#include <algorithm>
#include <array>

namespace tuma::wechat {
namespace {

struct Sentence {
    std::string_view chinese;
    std::string_view english;
};

// # stands for a number, the same ones in both in the same order. Of a field it is said what is
// wrong with it, and the field's name stands in front.
constexpr std::array sentences{
    // Fields.
    Sentence{"必填参数缺失", "is missing"},
    Sentence{"不存在", "is nobody's"},
    Sentence{"应为整数", "is no whole number"},
    Sentence{"应为 true 或 false", "is neither true nor false"},
    Sentence{"应为 RSA、SM2 或 ALL", "is none of RSA, SM2, ALL"},
    Sentence{"应为 ALL、SUCCESS 或 FAIL", "is none of ALL, SUCCESS, FAIL"},
    Sentence{"枚举值不在范围内", "is none of the words that it can be"},
    Sentence{"值应为 # 到 #", "is not from # to #"},
    Sentence{"字节数 #，小于最小值 #", "has # bytes, and # is the least"},
    Sentence{"长度大于最大值 #", "is longer than #"},
    Sentence{"长度超过#", "is longer than #"},
    Sentence{"只能包含#到#字节的UTF-#字符", "has a character of four bytes of UTF-8"},
    Sentence{"应为合法的IPv#或IPv#地址", "is no address of IPv4 or IPv6"},
    Sentence{"应为 http 或 https 的完整地址", "is not a whole http or https address"},
    Sentence{"应为http或https的完整地址", "is not a whole http or https address"},
    Sentence{"地址不能携带参数", "has a query, which is not allowed (refuses_query_in_notify_url)"},
    Sentence{"类型错误，应为对象", "is no object"},
    Sentence{"类型错误，应为数组", "is no array"},
    Sentence{"数组元素应为对象", "is no object"},
    Sentence{"数组长度应为 # 到 #", "has not # to # elements"},
    Sentence{"应为字符串数组，每个长度 # 到 #", "is no array of texts of # to # bytes"},
    Sentence{"不是合法的JSON", "is no JSON"},
    Sentence{"不是合法的JSON对象", "is no JSON object"},
    Sentence{"敏感信息解密失败",
             "was not encrypted with RSA-OAEP for the key that Wechatpay-Serial names"},
    Sentence{"时间格式应为 RFC #，例如 #-#-#T#:#:#+#:#",
             "is no time of RFC 3339 with an offset, like 2018-06-08T10:34:56+08:00"},
    Sentence{"格式应为yyyyMMddHHmmss", "is no time of the form yyyyMMddHHmmss"},
    Sentence{"格式应为 yyyy-MM-dd", "is no day of the form yyyy-MM-dd"},
    Sentence{"无效或已过期", "was not made by this switch, or has expired"},
    Sentence{"格式应为 yyyy-MM-dd，且为已结束的日期",
             "is no day of the form yyyy-MM-dd that has ended"},
    Sentence{"时间过短，至少#分钟", "is less than # minute ahead"},
    Sentence{"超过订单的最长有效期", "is further ahead than an order lives"},
    Sentence{"与请求头 Authorization 中的 mchid 不一致", "differs from the mchid in Authorization"},
    Sentence{"付款码应为#-#开头的#位数字", "is not # digits that begin with 10 to 15"},
    Sentence{"transaction_id和out_trade_no须二选一",
             "is wrong: exactly one of transaction_id and out_trade_no has to be there"},
    Sentence{"sp_openid和sub_openid须二选一",
             "is wrong: exactly one of sp_openid and sub_openid has to be there"},
    Sentence{"order_id和out_order_no须二选一",
             "is wrong: exactly one of order_id and out_order_no has to be there"},
    Sentence{"传入sub_openid时sub_appid必填", "is there without sub_appid"},
    Sentence{"不支持的银行类型", "is no bank that is known here"},
    Sentence{"退款金额大于订单金额", "is more than amount/total"},
    Sentence{"转账金额小于#.#元时不可填", "is there, and transfers below 0.30 have none"},
    Sentence{"转账金额大于等于#元时必填", "is missing, and transfers from 2,000.00 on need it"},
    Sentence{"子单数应为 # 到 #", "has not # to # orders"},
    Sentence{"商家明细单号重复", "is there twice in the batch"},
    Sentence{"与明细转账金额之和不一致", "differs from the sum of the details' amounts"},
    Sentence{"与明细笔数不一致", "differs from the number of details"},
    // Headers and bodies.
    Sentence{
        "请求头 Wechatpay-Serial 缺失或不是有效的平台证书序列号或公钥ID",
        "Wechatpay-Serial is missing, or names neither a platform certificate nor the public key"},
    Sentence{"Http头缺少Accept或User-Agent", "there is no Accept or no User-Agent"},
    Sentence{"Http头Content-Type值错误，应为application/json",
             "Content-Type is not application/json"},
    Sentence{"请求体应为multipart/form-data，含meta和file",
             "the body is no multipart/form-data with meta and file"},
    Sentence{"meta不是合法的JSON对象", "meta is no JSON object"},
    Sentence{"meta缺少filename", "meta has no filename"},
    Sentence{"文件的sha#与meta不一致", "the file's SHA-256 differs from the one in meta"},
    Sentence{"sign_type仅支持HMAC-SHA#", "sign_type is not HMAC-SHA256, the only one here"},
    Sentence{"账单日期格式错误", "bill_date is no day of the form yyyyMMdd"},
    // Who asks.
    Sentence{"openid不存在", "nobody has this openid"},
    Sentence{"openid与商户appid不匹配", "nobody has this openid"},
    Sentence{"商户号不拥有该订单", "the order is another merchant's"},
    Sentence{"商户未设置APIv#密钥", "the merchant has no APIv3 key"},
    Sentence{"受理机构必须传入sub_mch_id", "a service provider has to name its sub-merchant"},
    Sentence{"特约子商户商户号未授权服务商的产品权限",
             "no merchant has this sub_mchid, or it is not the provider's"},
    Sentence{"无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥。可查看指引"
             "https://pay.weixin.qq.com/doc/v#/merchant/#",
             "the merchant is in public-key mode, which has no platform certificates"},
    // Orders.
    Sentence{"订单不存在", "there is no such order"},
    Sentence{"该订单已支付", "the order is paid"},
    Sentence{"该订单已关闭，请更换商户订单号",
             "the order is closed; another one needs another number"},
    Sentence{"请求重入时，参数与首次请求时不一致",
             "the number is that of an earlier request with other parameters"},
    Sentence{
        "请求重入时，参数与首次请求时不一致。请核实请求参数与首次请求是否一致，若要变更请更换商户"
        "订单号",
        "the number is that of an earlier request with other parameters"},
    Sentence{"# 商户订单号重复", "out_trade_no is that of an earlier order with other parameters"},
    Sentence{"两次请求参数不一致",
             "the number is that of an earlier request with other parameters"},
    Sentence{"付款码已被使用（AUTH_CODE used）", "the auth_code was used before"},
    Sentence{"付款码无效或已过期", "the auth_code is nobody's, or has expired"},
    Sentence{"付款码支付的订单不能关闭，请使用撤销接口",
             "an order that is paid by auth_code is not closed but reversed"},
    Sentence{"付款码支付的订单请使用撤销接口",
             "an order that is paid by auth_code is not closed but reversed"},
    Sentence{"只有付款码支付的订单可以撤销", "only an order that is paid by auth_code is reversed"},
    Sentence{"支付失败，请撤销订单后重新支付",
             "the payment failed; reverse the order and ask again"},
    Sentence{"子单列表须与下单时一致", "the orders are not those of the combined order"},
    Sentence{"子单列表须与下单时一致，合单只能整单关闭",
             "the orders are not those of the combined order, which is closed as a whole"},
    Sentence{"用户余额不足", "the customer's balance is too low"},
    Sentence{"余额不足", "the customer's balance is too low"},
    // Refunds.
    Sentence{"退款单不存在", "there is no such refund"},
    Sentence{"订单未支付，不能退款", "the order is not paid"},
    Sentence{"订单金额与支付时不一致", "amount/total differs from what was paid"},
    Sentence{"退款金额大于可退金额", "more than is left of the payment"},
    Sentence{"refund_fee大于可退金额", "refund_fee is more than is left of the payment"},
    Sentence{"订单已全额退款", "all of the payment was given back before"},
    Sentence{"退款次数超过#次", "the payment was given back in # parts before"},
    Sentence{"订单支付超过#天，不能退款", "the order was paid more than # days ago"},
    Sentence{"基本账户余额不足，请充值后重新发起",
             "the merchant's balance does not cover the refund"},
    Sentence{"请求参数与首次请求时不一致，请更换商户退款单号",
             "out_refund_no is that of an earlier refund with other parameters"},
    Sentence{"退款单状态不是退款异常，或余额不足",
             "the refund is not ABNORMAL, or the merchant's balance does not cover it"},
    Sentence{"退款请求失败", "the refund was refused"},
    // Transfers.
    Sentence{"转账单不存在", "there is no such transfer"},
    Sentence{"指定单号数据不存在", "there is no such transfer"},
    Sentence{"商户单号已存在，且请求参数与首次请求时不一致",
             "out_bill_no is that of an earlier transfer with other parameters"},
    Sentence{"商家批次单号已存在，且请求参数与首次请求时不一致",
             "out_batch_no is that of an earlier batch with other parameters"},
    Sentence{"当前状态不允许撤销", "the transfer is no longer in a state in which it is cancelled"},
    Sentence{"资金不足", "the merchant's balance does not cover it"},
    Sentence{"帐号余额不足", "the merchant's balance does not cover it"},
    Sentence{"付款错误", "the transfer was refused"},
    Sentence{"未传入完整且对应的转账场景报备信息，请根据接口文档检查",
             "transfer_scene_report_infos is not complete for this transfer_scene_id"},
    // Profit sharing.
    Sentence{"分账单不存在", "there is no such profit sharing"},
    Sentence{"分账订单不存在", "there is no such order"},
    Sentence{"非分账订单不支持分账", "the order was not made with profit_sharing"},
    Sentence{"订单处理中，暂时无法分账，请稍后再试",
             "the order was paid less than sharing_after_ms ago"},
    Sentence{"订单已过分账期限", "the time for sharing this order is over"},
    Sentence{"商户分账单号已存在，且请求参数与首次不一致",
             "out_order_no is that of an earlier profit sharing with other parameters"},
    Sentence{"分账金额超过最大分账比例", "more than the largest share of the payment"},
    Sentence{"分账金额不足", "more than is left to be shared"},
    Sentence{"订单已全部分账或解冻", "all of the order is shared or unfrozen"},
    Sentence{"商户回退单号已存在，且请求参数与首次不一致",
             "out_return_no is that of an earlier return with other parameters"},
    Sentence{"回退金额超过分账金额", "more than is left of what was shared"},
    Sentence{"回退单不存在", "there is no such return"},
    // Bills.
    Sentence{"账单行数超过上限", "the bill has more rows than are made here"},
};

bool is_decimal_digit(char c) {
    return c >= '0' && c <= '9';
}

// Its numbers go into `numbers`, in their order.
std::string with_marks(std::string_view sentence, std::string& numbers) {
    std::string text;
    for (std::size_t at = 0; at < sentence.size(); ++at) {
        if (!is_decimal_digit(sentence[at])) {
            text += sentence[at];
            continue;
        }
        text += '#';
        for (; at < sentence.size() && is_decimal_digit(sentence[at]); ++at)
            numbers += sentence[at];
        numbers += ' ';
        --at;
    }
    return text;
}

std::string with_numbers(std::string_view english, std::string_view numbers) {
    std::string text;
    for (const char c : english) {
        if (c != '#') {
            text += c;
            continue;
        }
        text += numbers.substr(0, numbers.find(' '));
        numbers.remove_prefix(numbers.find(' ') + 1);
    }
    return text;
}

}  // namespace

std::string plain_words(std::string_view sentence) {
    std::string numbers;
    const std::string marked = with_marks(sentence, numbers);
    const auto* const row =
        std::find_if(sentences.begin(), sentences.end(),
                     [&](const Sentence& one) { return one.chinese == marked; });
    return row == sentences.end() ? std::string(sentence) : with_numbers(row->english, numbers);
}

}  // namespace tuma::wechat
