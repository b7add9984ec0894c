#include "protocols/wechat/v3/balances.h"

#include "protocols/kit/json_text.h"
#include "protocols/kit/parties.h"
#include "protocols/kit/payment.h"
#include "protocols/wechat/orders/trades.h"
#include "protocols/wechat/wire/body_reader.h"
#include "protocols/wechat/wire/ids.h"

#include <functional>
#include <memory>
#include <utility>

namespace tuma::wechat {
namespace {

using protocols::Answer;

http::HttpReply balance_reply(const Call& call, std::int64_t fen) {
    protocols::JsonText json;
    // What is on its way to the bank is no merchant's any more: nothing is pending here.
    json.begin_object().number("available_amount", fen).number("pending_amount", 0);
    return reply(call, json.end_object().take());
}

// Calls `then` with the account, 0 where there is none.
Answer with_account(const CallPtr& call, std::function<Answer(AccountId)> then) {
    const std::string& type = call->arguments.at(0);
    if (type != "BASIC" && type != "OPERATION" && type != "FEES")
        return error_reply(
            *call, parameter_error("account_type", type, "枚举值不在范围内", "uri_template"));
    // Fees are taken from the basic account: the third one never holds anything.
    if (type == "FEES") return then({});
    protocols::AccountSpec party = type == "BASIC"
                                       ? merchant_account(*call->options, call->profile())
                                       : operating_account(*call->options, call->profile());
    // A question must not open an account.
    party.may_be_opened = false;
    return protocols::with_accounts(call->context.directory, busy_reply(*call), {std::move(party)},
                                    [then = std::move(then)](const protocols::Accounts& accounts) {
                                        return then(accounts.front());
                                    });
}

}  // namespace

Answer query_balance(const CallPtr& call) {
    return with_account(call, [call](AccountId account) -> Answer {
        if (!account) return balance_reply(*call, 0);
        return ask(core::QueryAccount{account, {}}, busy_reply(*call),
                   [call](const core::Outcome& outcome) -> Answer {
                       const auto& view = outcome.account;
                       return balance_reply(*call, view ? ledger::balance(view->account) : 0);
                   });
    });
}

Answer query_day_end_balance(const CallPtr& call) {
    const std::string_view date = call->parameter("date");
    const Result<std::chrono::sys_days> day = parse_day(date);
    const bool has_ended =
        day && beijing_midnight(*day + std::chrono::days{1}) <= call->context.now;
    if (!has_ended)
        return error_reply(
            *call, parameter_error("date", date, "格式应为 yyyy-MM-dd，且为已结束的日期", "query"));
    return with_account(call, [call, day = *day](AccountId account) -> Answer {
        if (!account) return balance_reply(*call, 0);
        const Timestamp end = beijing_midnight(day + std::chrono::days{1});
        // Nothing, where nothing had moved by then.
        const auto fen = std::make_shared<std::int64_t>(0);
        const auto is_later = [fen, account, end](const native::StatementEntry& entry) {
            if (entry.time >= end) return true;
            const ledger::TransferRecord& record = entry.record;
            *fen =
                record.debit == account ? record.debit_balance_after : record.credit_balance_after;
            return false;
        };
        return protocols::walk_statement(account, busy_reply(*call), is_later,
                                         [call, fen] { return balance_reply(*call, *fen); });
    });
}

}  // namespace tuma::wechat
