#include "protocols/wechat/v3/sharing_release.h"

#include "protocols/kit/retry_schedule.h"
#include "protocols/wechat/orders/trades.h"
#include "protocols/wechat/v3/sharing_parts.h"
#include "protocols/wechat/wire/ids.h"
#include "protocols/wechat/wire/kinds.h"

#include <utility>

namespace tuma::wechat {
namespace {

using protocols::Answer;

constexpr int release_done = 200;
constexpr int release_early = 425;
constexpr int release_busy = 503;

Timestamp released_at(const ledger::Order& payment) {
    return payment.moved_at + sharing_days;
}

http::HttpReply release_status(int code) {
    return {.status = code};
}

core::OrderRequest release_order(const Options& options, const ledger::Order& payment,
                                 AccountId merchant, std::int64_t left) {
    const Content paid = read_content(payment.content);
    Content content;
    content.mchid = paid.mchid;
    content.sp_mchid = paid.sp_mchid;
    content.transaction_id = transaction_id(payment);
    content.amount = left;
    core::OrderRequest wish =
        sharing_order(options, Kind::unfreezing, payment.terms.credit, merchant, left);
    // A refund may have taken some of it in between; then it is looked at again.
    wish.refuses_openly = true;
    wish.keys = {release_key(payment.terms.id)};
    wish.content = to_json(content);
    return wish;
}

}  // namespace

bool is_release(const core::Effect& effect) {
    return effect.channel == channel_release &&
           (is_kind(*effect.order, Kind::payment) || is_kind(*effect.order, Kind::member));
}

Answer release_rest(const core::Effect& effect, const protocols::Directory& directory,
                    const Options& options, const Merchant& merchant) {
    // An administrator may have hurried it.
    if (effect.time < released_at(*effect.order)) return release_status(release_early);
    const OrderPtr payment = effect.order;
    return protocols::with_accounts(
        directory, release_status(release_busy), {merchant_account(options, merchant)},
        [payment, options](const protocols::Accounts& accounts) -> Answer {
            return ask(
                core::QueryAccount{payment->terms.credit, {}}, release_status(release_busy),
                [payment, options, to = accounts.front()](const core::Outcome& outcome) -> Answer {
                    if (!outcome.account) return release_status(release_busy);
                    const std::int64_t left = ledger::balance(outcome.account->account);
                    if (left <= 0) return release_status(release_done);
                    return protocols::open_order(
                        release_order(options, *payment, to, left), release_status(release_busy),
                        [](const core::Outcome& opened) -> Answer {
                            return release_status(opened.order != nullptr ? release_done
                                                                          : release_busy);
                        });
                });
        });
}

protocols::Verdict verdict_on_release(const core::Effect& effect, int status) {
    protocols::Verdict verdict{.is_delivered = status == release_done};
    if (status == release_early)
        verdict.again_after = released_at(*effect.order) - effect.time;
    else if (!verdict.is_delivered)
        verdict.again_after = protocols::wait_after(protocols::retries_of_a_day, effect.attempt);
    return verdict;
}

}  // namespace tuma::wechat
