#include "protocols/wechat/v2/v2_notices.h"

#include "protocols/wechat/v2/v2_call.h"
#include "protocols/wechat/v2/v2_combined.h"
#include "protocols/wechat/v2/v2_orders.h"
#include "protocols/wechat/v2/v2_refunds.h"
#include "protocols/wechat/v2/v2_xml.h"
#include "protocols/wechat/wire/ids.h"
#include "protocols/wechat/wire/kinds.h"

#include <utility>

namespace tuma::wechat {
namespace {

// Who sells, where a service provider is told.
void append_sub_merchant(V2List& fields, const Content& content) {
    if (content.sp_mchid.empty()) return;
    if (!content.sub_appid.empty()) fields.emplace_back("sub_appid", content.sub_appid);
    fields.emplace_back("sub_mch_id", content.mchid);
}

std::string payment_notice(const ledger::Order& order, const Content& content,
                           const Merchant& merchant, std::string_view nonce) {
    const V2SignType type = v2_sign_type_named(content.v2_sign);
    const bool is_whole = is_kind(order, Kind::combined);
    V2List fields{{"return_code", "SUCCESS"},
                  {"return_msg", "OK"},
                  {is_whole ? "combine_appid" : "appid", content.appid},
                  {is_whole ? "combine_mch_id" : "mch_id", merchant.mchid}};
    append_sub_merchant(fields, content);
    fields.emplace_back("nonce_str", nonce);
    fields.emplace_back("result_code", "SUCCESS");
    for (auto& [name, value] :
         is_whole ? v2_combined_fields(order, content) : v2_paid_fields(order, content))
        // Replaced before the sign is made, which covers what is sent.
        fields.emplace_back(name, v2_text(value));
    fields.emplace_back("sign", sign_v2(sorted(fields), merchant.v2_key, type));
    return write_v2_xml(fields);
}

std::string refund_notice(const ledger::Order& refund, const Content& content,
                          const Merchant& merchant, std::string_view nonce) {
    // Told twice, before and after vouchers; there are none here.
    const std::string amount = std::to_string(content.amount);
    const std::string total = std::to_string(content.total);
    // This notice is not signed: whoever can decrypt req_info knows the key.
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
    V2List fields{{"return_code", "SUCCESS"}, {"appid", content.appid}, {"mch_id", merchant.mchid}};
    append_sub_merchant(fields, content);
    fields.emplace_back("nonce_str", nonce);
    fields.emplace_back("req_info", encrypt_req_info(write_v2_xml(told, "root"), merchant.v2_key));
    return write_v2_xml(fields);
}

}  // namespace

std::optional<std::string> v2_notice(const ledger::Order& order, const Content& content,
                                     const Merchant& merchant, std::string_view nonce) {
    // The key may have been taken away since the order was opened. Without it nothing can be signed
    // or encrypted.
    if (merchant.v2_key.empty()) return std::nullopt;
    if (is_kind(order, Kind::payment) || is_kind(order, Kind::combined))
        return payment_notice(order, content, merchant, nonce);
    if (is_kind(order, Kind::refund)) return refund_notice(order, content, merchant, nonce);
    return std::nullopt;
}

bool is_v2_taken(std::string_view body) {
    const auto fields = read_v2_xml(body);
    // An answer that is no XML takes nothing, even with status 200.
    if (!fields) return false;
    const auto code = fields->find("return_code");
    return code != fields->end() && code->second == "SUCCESS";
}

}  // namespace tuma::wechat
