// From what a merchant asks to an order of the switch: what it moves, what the customer does, who
// is told; and what is asked of the switch: orders opened, found and moved, an account's records.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/kit/customer_script.h"

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>

namespace tuma::protocols {

using OrderPtr = std::shared_ptr<const ledger::Order>;

/// What an order moves, from where to where.
struct Movement {
    ledger::Purpose purpose = ledger::Purpose::pay_merchant;
    AccountId debit{};
    AccountId credit{};
    Money amount{};
};

/// A wish of this kind with this content that moves no money yet.
core::OrderRequest wish_of(std::uint16_t kind, std::string content);
/// The wish is to move that. Without one of the accounts it fails with `missing_code`.
void put_movement(core::OrderRequest& wish, const Movement& movement, std::uint16_t missing_code);
/// It gives back some or all of what an earlier order has moved.
void put_return(core::OrderRequest& wish, const ledger::Order& original, std::int64_t amount);
/// The order fails with this code, whatever the books say; no money moves.
void put_failure(core::OrderRequest& wish, std::uint16_t code);
/// The code with which it fails for certain, or 0. Of what moves no money the script may have said
/// so.
std::uint16_t failure_of(const core::OrderRequest& wish);
/// What the script says of the customer; `delay` is what holds unless it says how long.
void put_script(core::OrderRequest& wish, const CustomerScript& script, Duration delay);
/// A channel speaks at that moment, with the script's faults. `schedule` is the dialect's own
/// number of a retry schedule, for its verdicts to go by; not 0.
void put_channel(core::OrderRequest& wish, std::uint8_t channel, ledger::NoticeWhen when,
                 const CustomerScript& script, std::uint8_t schedule = 1);
/// The balances that are told with the order's end; accounts that are none are passed over.
void watch(core::OrderRequest& wish, std::initializer_list<AccountId> accounts);

/// One command to the switch, and on with its outcome; `busy` is the reply when it takes nothing.
Answer ask(core::Command command, http::HttpReply busy,
           std::function<Answer(const core::Outcome&)> then);
Answer open_order(core::OrderRequest wish, http::HttpReply busy,
                  std::function<Answer(const core::Outcome&)> then);
/// Asks for an order by key, or by number, and goes on; null if there is none.
Answer find_order(core::QueryOrder query, http::HttpReply busy,
                  std::function<Answer(const OrderPtr&)> then);
/// Accepts, declines, closes an order and its like.
Answer move_order(core::OrderAction act, http::HttpReply busy,
                  std::function<Answer(const core::Outcome&)> then);
/// Asks for one more order, or step of one, with all that is asked already.
void put_question(Asking& asking, core::OrderRequest wish);
void put_question(Asking& asking, core::OrderAction act);
/// Reads the records of `account` backwards from the newest. `visit` gets one after the other and
/// says whether older ones are wanted; then, or when there are no more, `then` answers. An account
/// that cannot be read has none. `busy` is the reply when the switch takes nothing more.
Answer walk_statement(AccountId account, http::HttpReply busy,
                      std::function<bool(const native::StatementEntry&)> visit,
                      std::function<Answer()> then);
/// Stores a profile; the directory has it when `then` is called.
core::Command store_profile(std::string name, std::string content);
/// The same where `before` is what is stored still, or nothing is and it is empty; otherwise the
/// outcome is profile_changed. Of several that have seen the same, one gets through.
core::Command replace_profile(std::string name, std::string before, std::string content);

/// What became of a wish that may have come before under the same key.
enum class Repeat {
    fresh,    ///< there is a new order
    same,     ///< the first request's order stands, and this one asks for the same
    differs,  ///< it stands, and this one asks for something else
    refused,  ///< there is none: the outcome's code says why
};
/// `is_same` compares with the order that is there; it is asked only where there is one.
template <typename IsSame>
Repeat repeat_of(const core::Outcome& outcome, const IsSame& is_same) {
    if (outcome.code == Refusal::none) return Repeat::fresh;
    if (outcome.code != Refusal::order_exists || outcome.order == nullptr) return Repeat::refused;
    return is_same(*outcome.order) ? Repeat::same : Repeat::differs;
}

}  // namespace tuma::protocols
