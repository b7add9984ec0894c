// API v3: trade bills, fund-flow bills and those of profit sharing, made from the books when they
// are asked for.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/wechat/bills/bill_text.h"
#include "protocols/wechat/wire/call.h"

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace tuma::wechat {

/// GET /v3/bill/tradebill, /v3/bill/fundflowbill, /v3/profitsharing/bills: hash and address of the
/// file.
protocols::Answer ask_trade_bill(const CallPtr& call);
protocols::Answer ask_fund_flow_bill(const CallPtr& call);
protocols::Answer ask_sharing_bill(const CallPtr& call);
/// GET /v3/billdownload/file: the file; never signed.
protocols::Answer download_bill(const CallPtr& call);

/// Of what a bill tells.
enum class BillFile { trade, fund_flow, sharing };

/// Which bill: also what a download's token says.
struct BillRef {
    BillFile file = BillFile::trade;
    BillType type = BillType::all;
    bool is_operating = false;  ///< of the account from which persons are paid
    bool is_gzip = false;
    std::chrono::sys_days day{};
    std::string sub_mchid{};  ///< whose it is, where a service provider asks
};

/// Why there is no bill for this day, as an error code; nothing if there may be one.
std::optional<std::string_view> bill_refusal(const Call& call, std::chrono::sys_days day);

/// Makes the file; an empty text where nothing happened that day.
protocols::Answer make_bill(const CallPtr& call, const BillRef& ref, http::HttpReply busy,
                            std::function<protocols::Answer(std::string text)> then);

/// As a gzip file.
std::string gzip(std::string_view text);

}  // namespace tuma::wechat
