#include "protocols/wechat/bills/bill_text.h"

#include "protocols/wechat/bills/bill_lines.h"
#include "protocols/wechat/orders/refunds.h"
#include "protocols/wechat/wire/ids.h"
#include "protocols/wechat/wire/kinds.h"

#include <fmt/format.h>

#include <array>
#include <utility>

namespace tuma::wechat {
namespace {

using ledger::Purpose;

// Fees are whole fen; bills show five decimals.
std::string fee_text(std::int64_t fen) {
    return yuan_text(fen) + "000";
}

std::string rate_text(std::int64_t basis_points) {
    // Nobody says what was charged that day; an empty column is better than a wrong rate.
    if (basis_points < 0) return {};
    return fmt::format("{}.{:02}%", basis_points / 100, basis_points % 100);
}

struct Sums {
    std::int64_t count = 0;
    std::int64_t settled = 0;
    std::int64_t refunded = 0;
    std::int64_t fees = 0;
    std::int64_t ordered = 0;
};

std::string header(BillType type) {
    std::string text{bill_begin};
    text +=
        "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,"
        "交易状态,付款银行,货币种类,应结订单金额,代金券金额,";
    // Columns that make no sense for a type are not empty but missing, as in real files.
    if (type == BillType::refund) text += "退款申请时间,退款成功时间,";
    if (type != BillType::success)
        text += "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,";
    text += "商品名称,商户数据包,手续费,费率,订单金额,";
    if (type != BillType::success) text += "申请退款金额,";
    text += "费率备注";
    return text + std::string(bill_line_end);
}

std::string footer(BillType type, const Sums& sums) {
    std::string text = "总交易单数,应结订单总金额,";
    if (type != BillType::success) text += "退款总金额,充值券退款总金额,";
    text += "手续费总金额,订单总金额";
    if (type != BillType::success) text += ",申请退款总金额";
    text += bill_line_end;
    BillLine line;
    // Sums stand in the order of their names above, which differs by type like the columns.
    line.add(std::to_string(sums.count)).add(yuan_text(sums.settled));
    if (type != BillType::success) line.add(yuan_text(sums.refunded)).add(yuan_text(0));
    line.add(fee_text(sums.fees)).add(yuan_text(sums.ordered));
    if (type != BillType::success) line.add(yuan_text(sums.refunded));
    return text + line.end();
}

bool is_refund(const BillRow& row) {
    return row.record.purpose == Purpose::refund;
}

std::string_view state_of(const BillRow& row) {
    if (!is_refund(row)) return "SUCCESS";
    // A payment by code that was taken back has a state of its own, though money moves as for a
    // refund.
    return row.order != nullptr && is_kind(*row.order, Kind::reversal) ? "REVOKED" : "REFUND";
}

// When a refund has arrived; empty until then.
std::string success_time_of(const BillRow& row) {
    // Money that moved without an order of this dialect arrived at once.
    if (row.order == nullptr) return bill_time(row.time);
    const bool is_done = row.order->state == ledger::OrderState::succeeded;
    return is_done ? bill_time(row.order->moved_at) : "";
}

std::string_view refund_state_of(const BillRow& row) {
    return row.order == nullptr ? "SUCCESS" : refund_status(*row.order);
}

std::string row_text(BillType type, const BillTerms& terms, const BillRow& row) {
    const bool refund = is_refund(row);
    // Most columns of a refund's row tell of its payment.
    const OrderPtr& paid = refund ? row.payment : row.order;
    // Money that moved without an order of this dialect is billed as well, with empty columns.
    const Content content = paid == nullptr ? Content{} : read_content(paid->content);
    const Content own = row.order == nullptr ? Content{} : read_content(row.order->content);
    const std::int64_t amount = row.record.amount;
    BillLine line;
    line.add(bill_time(row.time)).add(content.appid);
    if (content.sp_mchid.empty())
        line.add(terms.mchid).add("0");
    else
        line.add(content.sp_mchid).add(content.mchid);
    line.add(content.device_id)
        .add(paid == nullptr ? "" : transaction_id(*paid))
        .add(content.number)
        .add(paid == nullptr ? "" : payer_of(*paid, content))
        .add(content.trade_type)
        .add(state_of(row))
        .add("OTHERS")
        .add("CNY");
    // There are no vouchers here, so that their column is always 0.
    line.add(yuan_text(refund ? 0 : amount)).add(yuan_text(0));
    if (type == BillType::refund) line.add(bill_time(row.time)).add(success_time_of(row));
    if (type != BillType::success) {
        // In a bill of all rows these columns are there for payments, too, and say 0.
        line.add(!refund || row.order == nullptr ? "0" : told_refund_id(*row.order, own))
            .add(!refund || row.order == nullptr ? "0" : own.number)
            .add(yuan_text(refund ? amount : 0))
            .add(yuan_text(0))
            .add(refund ? "ORIGINAL" : "")
            .add(refund ? refund_state_of(row) : "");
    }
    line.add(content.description)
        .add(content.attach)
        .add(fee_text(row.fee))
        .add(rate_text(terms.rate(row.time)))
        .add(yuan_text(refund ? 0 : amount));
    if (type != BillType::success) line.add(yuan_text(refund ? amount : 0));
    return line.add("").end();
}

bool is_listed(BillType type, const BillRow& row) {
    return type == BillType::all || (type == BillType::refund) == is_refund(row);
}

struct Business {
    std::string_view name;
    std::string_view type;
};

// The platform's number and the merchant's, by which a row is joined with other bills.
std::pair<std::string, std::string> numbers_of(const BillRow& row) {
    if (row.order == nullptr)
        return {std::to_string(row.record.memo), std::to_string(row.record.memo)};
    const ledger::Order& order = *row.order;
    const Content content = read_content(order.content);
    const std::string& merchants = content.number;
    if (is_kind(order, Kind::refund) || is_kind(order, Kind::reversal))
        return {told_refund_id(order, content), merchants};
    for (const Kind kind :
         {Kind::transfer, Kind::batch_detail, Kind::direct_transfer, Kind::red_packet})
        if (is_kind(order, kind)) return {transfer_bill_no(order), merchants};
    const bool is_payment = is_kind(order, Kind::payment) || is_kind(order, Kind::member);
    return {is_payment ? transaction_id(order) : sharing_id(order), merchants};
}

Business business_of(const ledger::TransferRecord& record, bool is_expense) {
    // The names are those of the real bill. What has none there is told as sharing, which moves
    // money between merchants.
    switch (record.purpose) {
        case Purpose::pay_merchant:
            return {"交易", "交易"};
        case Purpose::refund:
            return {"退款", "退款"};
        case Purpose::fee:
        case Purpose::tax:
            if (!is_expense) return {"退还交易手续费", "退还交易手续费"};
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
        // The sums are of the rows that are listed, not of the day.
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

std::string fund_flow_text(AccountId account, const std::vector<BillRow>& rows,
                           std::string_view mchid) {
    std::string text{bill_begin};
    text +=
        "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),"
        "账户结余(元),资金变更提交申请人,备注,业务凭证号";
    text += bill_line_end;
    std::array<std::int64_t, 2> counts{};
    std::array<std::int64_t, 2> amounts{};
    for (const BillRow& row : rows) {
        const ledger::TransferRecord& record = row.record;
        // An account cannot be on both sides of a record.
        const bool is_expense = record.debit == account;
        const Business business = business_of(record, is_expense);
        const auto [platforms, merchants] = numbers_of(row);
        // Records carry the balance behind them, so that the column is right without adding
        // anything up.
        const std::int64_t after =
            is_expense ? record.debit_balance_after : record.credit_balance_after;
        text += BillLine{}
                    .add(bill_time(row.time))
                    .add(platforms)
                    .add(std::to_string(record.id.value))
                    .add(business.name)
                    .add(business.type)
                    .add(is_expense ? "支出" : "收入")
                    .add(yuan_text(record.amount))
                    .add(yuan_text(after))
                    .add(mchid)
                    .add("")
                    .add(merchants)
                    .end();
        ++counts.at(is_expense ? 1 : 0);
        amounts.at(is_expense ? 1 : 0) += record.amount;
    }
    text += "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额";
    text += bill_line_end;
    return text + BillLine{}
                      .add(std::to_string(counts[0] + counts[1]))
                      .add(std::to_string(counts[0]))
                      .add(yuan_text(amounts[0]))
                      .add(std::to_string(counts[1]))
                      .add(yuan_text(amounts[1]))
                      .end();
}

}  // namespace tuma::wechat
