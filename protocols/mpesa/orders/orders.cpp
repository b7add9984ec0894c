#include "protocols/mpesa/orders/orders.h"

#include "protocols/kit/route_table.h"
#include "protocols/mpesa/wire/replies.h"
#include "protocols/mpesa/wire/result_codes.h"

#include <fmt/format.h>

#include <memory>
#include <utility>

namespace tuma::mpesa {

using protocols::Answer;

core::OrderRequest wish_of(Kind kind, const Content& content) {
    return protocols::wish_of(number(kind), to_json(content));
}

void put_movement(core::OrderRequest& wish, const Movement& movement) {
    // M-Pesa calls a party that does not exist an operator.
    protocols::put_movement(wish, movement, result::unknown_operator);
}

void put_channel(core::OrderRequest& wish, std::uint8_t channel, ledger::NoticeWhen when,
                 const Script& script, const Options& options) {
    protocols::put_channel(wish, channel, when, script,
                           options.retries_callbacks ? schedule_retried : schedule_once);
}

void note_failure(http::ReplyNote& note, std::uint16_t code, std::string_view why) {
    if (code == result::success) return;
    const ResultRow& row = result_row(code);
    protocols::fill_in(note.code, row.wire);
    protocols::fill_in(note.why, fmt::format("it was accepted, and its result will be {} ({}){}{}",
                                             row.wire, row.sentence, why.empty() ? "" : ": ", why));
}

Answer open_order(const CallPtr& call, core::OrderRequest wish,
                  std::function<Answer(const core::Outcome&)> then) {
    const std::uint16_t early_code = failure_of(wish);
    return protocols::open_order(
        std::move(wish), error_reply(*call, unreachable_service()),
        [early_code, then = std::move(then)](const core::Outcome& outcome) -> Answer {
            if (outcome.code != Refusal::none) return then(outcome);
            // What is decided at once may have been refused by the books.
            const Refusal refusal = outcome.order->refusal;
            const std::uint16_t code = refusal == Refusal::none ? early_code : code_of(refusal);
            if (code == result::success) return then(outcome);
            return protocols::noted(then(outcome), [code, refusal](http::ReplyNote& note) {
                note_failure(note, code, refusal == Refusal::none ? "" : sentence(refusal));
            });
        });
}

Answer find_order(const CallPtr& call, core::QueryOrder query,
                  std::function<Answer(const OrderPtr&)> then) {
    return protocols::find_order(std::move(query), error_reply(*call, unreachable_service()),
                                 std::move(then));
}

const ledger::WatchedBalance* balance_at(const ledger::Order& order, std::size_t place) {
    // An order that failed early watches nothing.
    return place < order.balances.size() ? &order.balances[place] : nullptr;
}

}  // namespace tuma::mpesa
