// The merchant of shop.h, asking in API v2.
#pragma once

#include "protocols/wechat/v2/v2_xml.h"
#include "tests/protocols/wechat/shop.h"

#include <string>

namespace tuma::testing {

/// The defaults, but out_trade_no may be as short as that of recordings.
wechat::Options short_numbers();

/// Signs what it asks and checks how replies are signed.
class V2Shop : public Shop {
public:
    explicit V2Shop(const wechat::Options& options = short_numbers());

    /// The fields with appid, mch_id, nonce_str and sign, where they are not there.
    wechat::V2Fields complete(wechat::V2Fields fields) const;
    /// The reply to bytes as they are.
    http::HttpReply send_xml(const std::string& path, const std::string& xml,
                             http::Fields headers = {});
    /// The fields of a reply, its sign checked unless it has return_code FAIL.
    wechat::V2Fields call_v2(const std::string& path, const wechat::V2Fields& fields,
                             http::Fields headers = {});
    /// The same in one word: "SUCCESS", else its err_code, else its return_msg.
    std::string code_v2(const std::string& path, const wechat::V2Fields& fields,
                        http::Fields headers = {});
    /// How many orders the switch has.
    std::size_t orders() const;
};

/// A native order of so many fen.
wechat::V2Fields v2_order(const std::string& number, const std::string& total);
/// A payment by code.
wechat::V2Fields v2_payment(const std::string& number, const std::string& total,
                            const std::string& code = "139999999999990000");
wechat::V2Fields v2_refund_of(const std::string& number, const std::string& refund,
                              const std::string& amount, const std::string& total);
/// Fields on the wire.
std::string v2_body(const wechat::V2Fields& fields);
/// A field, or "(nothing)".
std::string of(const wechat::V2Fields& fields, std::string_view name);

}  // namespace tuma::testing
