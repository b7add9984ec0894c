#include "protocols/wechat/v2_notices.h"

#include "protocols/wechat/ids.h"
#include "protocols/wechat/kinds.h"
#include "protocols/wechat/v2_call.h"
#include "protocols/wechat/v2_orders.h"
#include "protocols/wechat/v2_refunds.h"
#include "protocols/wechat/v2_xml.h"

#include <utility>

namespace tuma::wechat {
namespace {

std::string payment_notice(const ledger::Order& order, const Content& content,
                           const Merchant& merchant, std::string_view nonce) {
    const V2SignType type = v2_sign_type_named(content.v2_sign);
    V2List fields{{"return_code", "SUCCESS"},
                  {"return_msg", "OK"},
                  {"appid", content.appid},
                  {"mch_id", content.mchid},
                  {"nonce_str", std::string(nonce)}};
    // Without it MD5 is meant.
    if (type != V2SignType::md5) fields.emplace_back("sign_type", name(type));
    fields.emplace_back("result_code", "SUCCESS");
    for (auto& [name, value] : v2_paid_fields(order, content))
        fields.emplace_back(name, v2_text(value));
    fields.emplace_back("sign", sign_v2(sorted(fields), merchant.v2_key, type));
    return write_v2_xml(fields);
}

std::string refund_notice(const ledger::Order& refund, const Content& content,
                          const Merchant& merchant, std::string_view nonce) {
    const std::string amount = std::to_string(content.amount);
    const std::string total = std::to_string(content.total);
    V2List told{{"out_refund_no", content.number},
                {"out_trade_no", content.out_trade_no},
                {"refund_account", std::string(v2_refund_account(content))},
                {"refund_fee", amount},
                {"refund_id", refund_id(refund)},
                {"refund_recv_accout", std::string(v2_refund_receiver)},
                {"refund_request_source", "API"},
                {"refund_status", std::string(v2_refund_status(refund))},
                {"settlement_refund_fee", amount},
                {"settlement_total_fee", total}};
    if (refund.state == ledger::OrderState::succeeded)
        told.emplace_back("success_time", bill_time(refund.moved_at));
    told.emplace_back("total_fee", total);
    told.emplace_back("transaction_id", content.transaction_id);
    return write_v2_xml(
        {{"return_code", "SUCCESS"},
         {"appid", content.appid},
         {"mch_id", content.mchid},
         {"nonce_str", std::string(nonce)},
         {"req_info", encrypt_req_info(write_v2_xml(told, "root"), merchant.v2_key)}});
}

}  // namespace

std::optional<std::string> v2_notice(const ledger::Order& order, const Content& content,
                                     const Merchant& merchant, std::string_view nonce) {
    if (merchant.v2_key.empty()) return std::nullopt;
    if (is_kind(order, Kind::payment)) return payment_notice(order, content, merchant, nonce);
    if (is_kind(order, Kind::refund)) return refund_notice(order, content, merchant, nonce);
    return std::nullopt;
}

bool is_v2_taken(std::string_view body) {
    const auto fields = read_v2_xml(body);
    if (!fields) return false;
    const auto code = fields->find("return_code");
    return code != fields->end() && code->second == "SUCCESS";
}

}  // namespace tuma::wechat
