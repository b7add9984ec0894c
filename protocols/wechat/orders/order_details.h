// What an order of this dialect remembers, so that everything about it can be told later.
#pragma once

#include "ledger/records/order.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::wechat {

/// The largest amount of a request, in fen: 100 million yuan.
inline constexpr std::int64_t fen_max = 10'000'000'000;
/// The longest `detail` of a payment.
inline constexpr std::size_t detail_bytes_max = 6'000;
/// A payment can be paid for so long after it was asked for, at least and at most.
/// Source: WeChat Pay API v3, expiry.
inline constexpr std::chrono::minutes expiry_ahead_min{1};
inline constexpr std::chrono::days expiry_ahead_max{15};

/// One payment of several that are made at once, as the whole remembers it.
struct MemberContent {
    std::string mchid;
    std::string sub_mchid;  ///< who sells, where `mchid` is its service provider
    std::string out_trade_no;
    std::string attach;
    std::int64_t total = 0;

    const std::string& seller() const { return sub_mchid.empty() ? mchid : sub_mchid; }

    bool operator==(const MemberContent&) const = default;
};

/// The content of all kinds of orders; what a kind does not need is empty.
struct Content {
    std::string mchid;
    std::string appid;
    std::string number;        ///< the merchant's own: out_trade_no, out_refund_no, out_bill_no
    std::string out_trade_no;  ///< of the payment that a refund or sharing is of
    std::string transaction_id;
    std::string trade_type;  ///< "JSAPI", "NATIVE", "APP", "MWEB", "MICROPAY"
    std::string description;
    std::string attach;
    std::string notify_url;
    std::string openid;  ///< who is to pay, or is paid
    std::string goods_tag;
    std::string device_id;
    std::string detail;   ///< JSON as it was given
    std::string expires;  ///< time_expire as it was given
    std::string reason;
    std::string funds_account;
    std::string scene;          ///< transfer_scene_id
    std::string v2_sign;        ///< "MD5" or "HMAC-SHA256" if the order is told of in v2
    std::string type;           ///< of a receiver of profit: "MERCHANT_ID", "PERSONAL_OPENID"
    std::string package;        ///< package_info of a transfer
    std::string first_id;       ///< of a refund that was tried again: the number it had at first
    std::string received_on;    ///< user_received_account of a refund that was tried again
    std::string callback_keys;  ///< "pubkey" if its request was answered by the public key
    std::string sp_mchid;       ///< of the service provider that acts for the merchant
    std::string sub_appid;      ///< of the merchant, where `appid` is the service provider's
    std::string whole_id;       ///< order_id of the sharing that a part or its return belongs to
    std::int64_t total = 0;     ///< of the payment
    std::int64_t amount = 0;    ///< given back, transferred or shared
    bool shares_profit = false;
    bool unfreezes = false;         ///< a sharing that leaves nothing frozen
    bool is_sub_openid = false;     ///< `openid` is the person's under `sub_appid`
    bool is_probed = false;         ///< the first attempt to tell of it is a signature probe
    std::uint16_t refund_code = 0;  ///< why refunds of it do not arrive, on purpose
    std::vector<MemberContent> members{};

    bool operator==(const Content&) const = default;
};

/// Whether two requests ask for the same, whatever key their client can verify.
bool is_same_request(Content a, const Content& b);

std::string to_json(const Content& content);
/// The inverse. Requires: made by `to_json`.
Content read_content(std::string_view json);

/// What orders are found by.
std::string payment_key(std::string_view mchid, std::string_view out_trade_no);
std::string refund_key(std::string_view mchid, std::string_view out_refund_no);
std::string refund_retry_key(std::string_view mchid, std::string_view out_refund_no);
std::string reversal_key(std::string_view mchid, std::string_view out_trade_no);
std::string combined_key(std::string_view mchid, std::string_view combine_out_trade_no);
std::string transfer_key(std::string_view mchid, std::string_view out_bill_no);
std::string sharing_key(std::string_view mchid, std::string_view out_order_no);
/// A sharing's first part, by the sharing's order_id.
std::string sharing_id_key(std::string_view mchid, std::string_view order_id);
std::string unsharing_key(std::string_view mchid, std::string_view out_return_no);
/// What gives the merchant a payment's rest when the time to share it is over.
std::string release_key(OrderId payment);
std::string closing_key(std::string_view mchid, std::string_view out_trade_no);
std::string combined_closing_key(std::string_view mchid, std::string_view combine_out_trade_no);
std::string batch_key(std::string_view mchid, std::string_view out_batch_no);
/// A transfer of a batch, by its place in the list and by its own number.
std::string batch_place_key(std::string_view mchid, std::string_view out_batch_no,
                            std::size_t place);
std::string batch_detail_key(std::string_view mchid, std::string_view out_batch_no,
                             std::string_view out_detail_no);
std::string direct_transfer_key(std::string_view mchid, std::string_view partner_trade_no);
std::string red_packet_key(std::string_view mchid, std::string_view mch_billno);
/// The payment that a payment code was used for; codes are no merchant's.
std::string code_key(std::string_view auth_code);

}  // namespace tuma::wechat
