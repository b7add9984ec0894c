#include "protocols/wechat/bills/sharing_bill.h"

#include "protocols/wechat/bills/bill_lines.h"
#include "protocols/wechat/bills/bill_rows.h"
#include "protocols/wechat/wire/ids.h"
#include "protocols/wechat/wire/kinds.h"
#include "protocols/wechat/wire/replies.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

namespace tuma::wechat {
namespace {

using protocols::Answer;
using protocols::Asking;

// Payments that are asked for together.
constexpr std::size_t payments_per_step = 500;

// Words of the columns that tell the three sorts apart. They are assumed.
std::string_view business_name(const ledger::Order& order) {
    if (is_kind(order, Kind::sharing)) return "分账";
    return is_kind(order, Kind::unsharing) ? "分账回退" : "解冻";
}

std::string sharing_row(const ledger::Order& order, std::int64_t paid) {
    const Content content = read_content(order.content);
    const bool is_part = is_kind(order, Kind::sharing);
    // What nobody has asked for has no number of a merchant's.
    const bool is_by_system = content.number.empty();
    const bool is_rest = is_kind(order, Kind::unfreezing);
    return BillLine{}
        .add(bill_time(order.opened_at))
        .add(is_by_system               ? "system"
             : content.sp_mchid.empty() ? std::string_view{content.mchid}
                                        : std::string_view{content.sp_mchid})
        .add(content.mchid)
        .add(content.transaction_id)
        .add(is_part && !content.whole_id.empty() ? content.whole_id : sharing_id(order))
        .add(sharing_id(order))
        .add(content.number)
        .add(yuan_text(paid))
        .add(is_rest ? content.mchid : content.openid)
        .add(yuan_text(content.amount))
        .add(business_name(order))
        .add("成功")
        .add(content.reason)
        .end();
}

std::string sharing_text(const std::vector<OrderPtr>& orders,
                         const std::vector<std::int64_t>& paid) {
    std::string text{bill_begin};
    text +=
        "分账时间,分账发起方,分账方,微信订单号,微信分账/回退单号,分账明细单号,商户分账/回退单号,"
        "订单金额,分账接收方,金额,业务类型,处理状态,备注";
    text += bill_line_end;
    std::int64_t sum = 0;
    for (std::size_t i = 0; i < orders.size(); ++i) {
        text += sharing_row(*orders[i], paid[i]);
        sum += read_content(orders[i]->content).amount;
    }
    text += "总笔数,总金额";
    text += bill_line_end;
    return text + BillLine{}.add(std::to_string(orders.size())).add(yuan_text(sum)).end();
}

// Sharings of one day, then what was paid where they come from.
struct SharingDay : std::enable_shared_from_this<SharingDay> {
    CallPtr call;
    Timestamp begin{};
    Timestamp end{};
    http::HttpReply busy;
    std::function<Answer(std::string)> then;
    std::vector<OrderPtr> orders{};
    std::vector<std::int64_t> paid{};  ///< of the first of them

    void look_at(const OrderPtr& order) {
        // Day and end first: they are known without reading the content.
        const bool is_listed = order->opened_at >= begin && order->opened_at < end &&
                               order->state == ledger::OrderState::succeeded;
        if (is_listed && is_own(*call, read_content(order->content))) orders.push_back(order);
    }

    Answer ask_payments() {
        if (paid.size() == orders.size())
            return then(orders.empty() ? std::string{} : sharing_text(orders, paid));
        // Refused rather than cut: sums over some of the rows would be wrong.
        if (orders.size() > bill_entries_max)
            return error_reply(*call, {.code = "RULE_LIMIT", .message = "账单行数超过上限"});
        Asking asking;
        const std::size_t stop = std::min(paid.size() + payments_per_step, orders.size());
        for (std::size_t i = paid.size(); i < stop; ++i) {
            const std::string id = read_content(orders[i]->content).transaction_id;
            asking.requests.emplace_back().command =
                core::QueryOrder{.order = order_of(id).value_or(OrderId{}), .key = "w/-"};
        }
        asking.overloaded = busy;
        asking.then = [self = shared_from_this()](const std::vector<core::Outcome>& payments) {
            for (const core::Outcome& payment : payments)
                self->paid.push_back(payment.order == nullptr ? 0 : payment.order->terms.amount);
            return self->ask_payments();
        };
        return asking;
    }
};

}  // namespace

Answer make_sharing_bill(const CallPtr& call, std::chrono::sys_days day,
                         const http::HttpReply& busy, std::function<Answer(std::string)> then) {
    auto found = std::make_shared<SharingDay>();
    found->call = call;
    found->begin = beijing_midnight(day);
    found->end = beijing_midnight(day + std::chrono::days{1});
    found->busy = busy;
    found->then = std::move(then);
    return look_through_orders(
        {{}, number(Kind::sharing), number(Kind::unfreezing)}, busy,
        [found](const OrderPtr& order) { found->look_at(order); },
        [found] { return found->ask_payments(); });
}

}  // namespace tuma::wechat
