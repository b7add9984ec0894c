#include "protocols/wechat/bill_text.h"

#include "protocols/wechat/ids.h"
#include "protocols/wechat/kinds.h"

#include <fmt/format.h>

#include <array>

namespace tuma::wechat {
namespace {

using ledger::Purpose;

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view line_end = "\r\n";

std::string yuan(std::int64_t fen) {
    return Money{fen, Currency::cny}.text();
}

// Fees are whole fen; bills show five decimals.
std::string fee_text(std::int64_t fen) {
    return yuan(fen) + "000";
}

std::string rate_text(std::int64_t basis_points) {
    if (basis_points < 0) return {};
    return fmt::format("{}.{:02}%", basis_points / 100, basis_points % 100);
}

// A comma or a line break in a merchant's text would shift the columns, a backtick begins a value.
std::string value_text(std::string_view text) {
    std::string value = "`";
    for (const char c : text) {
        const bool is_mark = c == ',' || c == '`' || c == '\r' || c == '\n';
        value += is_mark ? ' ' : c;
    }
    return value;
}

class Line {
public:
    Line& add(std::string_view value) {
        if (!text_.empty()) text_ += ',';
        text_ += value_text(value);
        return *this;
    }
    std::string end() { return std::move(text_) + std::string(line_end); }

private:
    std::string text_;
};

struct Sums {
    std::int64_t count = 0;
    std::int64_t settled = 0;
    std::int64_t refunded = 0;
    std::int64_t fees = 0;
    std::int64_t ordered = 0;
};

std::string header(BillType type) {
    std::string text{byte_order_mark};
    text +=
        "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,"
        "交易状态,付款银行,货币种类,应结订单金额,代金券金额,";
    if (type == BillType::refund) text += "退款申请时间,退款成功时间,";
    if (type != BillType::success)
        text += "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,";
    text += "商品名称,商户数据包,手续费,费率,订单金额,";
    if (type != BillType::success) text += "申请退款金额,";
    text += "费率备注";
    return text + std::string(line_end);
}

std::string footer(BillType type, const Sums& sums) {
    std::string text = "总交易单数,应结订单总金额,";
    if (type != BillType::success) text += "退款总金额,充值券退款总金额,";
    text += "手续费总金额,订单总金额";
    if (type != BillType::success) text += ",申请退款总金额";
    text += line_end;
    Line line;
    line.add(std::to_string(sums.count)).add(yuan(sums.settled));
    if (type != BillType::success) line.add(yuan(sums.refunded)).add(yuan(0));
    line.add(fee_text(sums.fees)).add(yuan(sums.ordered));
    if (type != BillType::success) line.add(yuan(sums.refunded));
    return text + line.end();
}

bool is_refund(const BillRow& row) {
    return row.record.purpose == Purpose::refund;
}

std::string_view state_of(const BillRow& row) {
    if (!is_refund(row)) return "SUCCESS";
    return row.order != nullptr && is_kind(*row.order, Kind::reversal) ? "REVOKED" : "REFUND";
}

std::string row_text(BillType type, const BillTerms& terms, const BillRow& row) {
    const bool refund = is_refund(row);
    const OrderPtr& paid = refund ? row.payment : row.order;
    const Content content = paid == nullptr ? Content{} : read_content(paid->content);
    const Content own = row.order == nullptr ? Content{} : read_content(row.order->content);
    const std::int64_t amount = row.record.amount;
    Line line;
    line.add(bill_time(row.time)).add(content.appid).add(terms.mchid).add("0");
    line.add(content.device_id)
        .add(paid == nullptr ? "" : transaction_id(*paid))
        .add(content.number)
        .add(paid == nullptr ? "" : payer_of(*paid, content))
        .add(content.trade_type)
        .add(state_of(row))
        .add("OTHERS")
        .add("CNY");
    line.add(yuan(refund ? 0 : amount)).add(yuan(0));
    if (type == BillType::refund) line.add(bill_time(row.time)).add(bill_time(row.time));
    if (type != BillType::success) {
        line.add(!refund || row.order == nullptr ? "0" : refund_id(*row.order))
            .add(!refund || row.order == nullptr ? "0" : own.number)
            .add(yuan(refund ? amount : 0))
            .add(yuan(0))
            .add(refund ? "ORIGINAL" : "")
            .add(refund ? "SUCCESS" : "");
    }
    line.add(content.description)
        .add(content.attach)
        .add(fee_text(row.fee))
        .add(rate_text(terms.rate(row.time)))
        .add(yuan(refund ? 0 : amount));
    if (type != BillType::success) line.add(yuan(refund ? amount : 0));
    return line.add("").end();
}

bool is_listed(BillType type, const BillRow& row) {
    return type == BillType::all || (type == BillType::refund) == is_refund(row);
}

struct Business {
    std::string_view name;
    std::string_view type;
};

Business business_of(const ledger::TransferRecord& record) {
    switch (record.purpose) {
        case Purpose::pay_merchant:
            return {"交易", "交易"};
        case Purpose::refund:
            return {"退款", "退款"};
        case Purpose::fee:
        case Purpose::tax:
            return {"扣除交易手续费", "扣除交易手续费"};
        case Purpose::payout:
        case Purpose::redeem:
            return {"提现", "提现"};
        case Purpose::issue:
            return {"充值", "充值"};
        case Purpose::disburse:
            return {"商家转账", "商家转账"};
        default:
            return {"分账", "分账"};
    }
}

}  // namespace

std::string trade_bill_text(BillType type, const BillTerms& terms,
                            const std::vector<BillRow>& rows) {
    std::string text = header(type);
    Sums sums;
    for (const BillRow& row : rows) {
        if (!is_listed(type, row)) continue;
        text += row_text(type, terms, row);
        const std::int64_t amount = row.record.amount;
        ++sums.count;
        sums.fees += row.fee;
        if (is_refund(row)) {
            sums.refunded += amount;
        } else {
            sums.settled += amount;
            sums.ordered += amount;
        }
    }
    return text + footer(type, sums);
}

std::string fund_flow_text(AccountId account, const std::vector<StatementEntry>& entries,
                           std::string_view mchid) {
    std::string text{byte_order_mark};
    text +=
        "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),"
        "账户结余(元),资金变更提交申请人,备注,业务凭证号";
    text += line_end;
    std::array<std::int64_t, 2> counts{};
    std::array<std::int64_t, 2> amounts{};
    for (const StatementEntry& entry : entries) {
        const ledger::TransferRecord& record = entry.record;
        const bool is_expense = record.debit == account;
        const Business business = business_of(record);
        const std::int64_t after =
            is_expense ? record.debit_balance_after : record.credit_balance_after;
        text += Line{}
                    .add(bill_time(entry.time))
                    .add(std::to_string(record.memo))
                    .add(std::to_string(record.id.value))
                    .add(business.name)
                    .add(business.type)
                    .add(is_expense ? "支出" : "收入")
                    .add(yuan(record.amount))
                    .add(yuan(after))
                    .add(mchid)
                    .add("")
                    .add(std::to_string(record.memo))
                    .end();
        ++counts.at(is_expense ? 1 : 0);
        amounts.at(is_expense ? 1 : 0) += record.amount;
    }
    text += "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额";
    text += line_end;
    return text + Line{}
                      .add(std::to_string(counts[0] + counts[1]))
                      .add(std::to_string(counts[0]))
                      .add(yuan(amounts[0]))
                      .add(std::to_string(counts[1]))
                      .add(yuan(amounts[1]))
                      .end();
}

}  // namespace tuma::wechat
