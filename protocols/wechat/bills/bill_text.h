// Bills as files: the columns of WeChat Pay, a backtick before each value.
#pragma once

#include "protocols/wechat/bills/bill_rows.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::wechat {

/// Which rows a trade bill has, and with which columns.
enum class BillType { all, success, refund };

/// What every row of a bill says of its merchant.
struct BillTerms {
    std::string mchid;
    /// 1/10,000 that are charged on a day; -1 if nobody says.
    std::function<std::int64_t(Timestamp)> rate;
};

/// UTF-8 with a byte order mark, CRLF; amounts in yuan, fees with five decimals; the sums at the
/// end. Source: WeChat Pay API v3, trade bill; golden vectors of a client.
std::string trade_bill_text(BillType type, const BillTerms& terms,
                            const std::vector<BillRow>& rows);

/// Every record of an account with the balance after it. Source: WeChat Pay API v3, fund-flow bill.
std::string fund_flow_text(AccountId account, const std::vector<BillRow>& rows,
                           std::string_view mchid);

}  // namespace tuma::wechat
