// Payments as the switch sees them, whatever version of the API asks: opened, found, told of.
#pragma once

#include "protocols/adapter.h"
#include "protocols/parties.h"
#include "protocols/wechat/call.h"
#include "protocols/wechat/content.h"
#include "protocols/wechat/magic.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace tuma::wechat {

using OrderPtr = std::shared_ptr<const ledger::Order>;

/// A payment that a merchant wants.
struct TradeWish {
    Content content;
    Script script;
    Timestamp expires{};  ///< the zero time: after the options' life of an order
};

/// What became of a wish for a payment.
enum class TradeFate {
    open,     ///< there is such an order, new or from the same request before
    differs,  ///< there is one with this number and other parameters
    paid,     ///< it is paid already
    closed,   ///< it is closed, expired or failed already
    refused,  ///< the switch does not open it
};
struct TradeOutcome {
    TradeFate fate = TradeFate::refused;
    OrderPtr order{};
    bool is_new = false;
    Refusal refusal = Refusal::none;
};

/// The account that a merchant's payments go to.
protocols::Party merchant_party(const Call& call, const Merchant& merchant);
/// The account of a payment: that, or one of its own where the payment waits to be shared.
protocols::Party payment_party(const Call& call, const Merchant& merchant, const Content& content);
/// Says that the merchant has payments that wait to be shared, so that bills look for them.
inline constexpr std::string_view sharing_profile_prefix = "wechat/sharing/";
/// A customer's wallet; opened if the options say so.
protocols::Party customer_party(const Call& call, const std::string& openid);
/// The account from which a merchant pays persons.
protocols::Party operating_party(const Merchant& merchant);
/// What a walk to accounts needs; `busy` is the reply when the switch takes nothing more.
protocols::PartyTerms party_terms(const Call& call, http::HttpReply busy);

/// Opens the payment. One by code (MICROPAY) is decided at once, unless the customer has to enter a
/// password first; all others wait for the customer.
protocols::Answer open_trade(const CallPtr& call, TradeWish wish, http::HttpReply busy,
                             std::function<protocols::Answer(const TradeOutcome&)> then);

/// Names one payment: by the platform's number where it is given, else by the merchant's.
struct TradeRef {
    std::string transaction_id;
    std::string out_trade_no;
};
/// The query that finds it.
core::QueryOrder query_of(const Merchant& merchant, const TradeRef& ref);
/// The order if it is this merchant's payment with this reference, else null. `takes_members`: also
/// one of several that were made at once.
OrderPtr fitting(const Merchant& merchant, const TradeRef& ref, const OrderPtr& order,
                 bool takes_members);
/// Finds it and goes on; null if there is none.
protocols::Answer find_trade(const CallPtr& call, const TradeRef& ref, http::HttpReply busy,
                             std::function<protocols::Answer(OrderPtr)> then);

/// Asks to store that mark, unless it is there.
void add_sharing_mark(const Call& call, const std::string& mchid, protocols::Asking& asking);

/// One request to the switch, and on with its outcome.
protocols::Answer ask(core::Command command, http::HttpReply busy,
                      std::function<protocols::Answer(const core::Outcome&)> then);

/// "SUCCESS", "REFUND", "NOTPAY", "CLOSED", "REVOKED", "USERPAYING", "PAYERROR".
/// `is_revoked`: a payment by code was taken back.
std::string_view trade_state(const ledger::Order& order, const Content& content, bool is_revoked);
/// The platform's sentence for it.
std::string_view trade_state_text(std::string_view state);
/// Who paid: whom an administrator named, else who was asked.
std::string payer_of(const ledger::Order& order, const Content& content);

/// The wish's channel tells merchants, if there is an address.
void put_notice(core::OrderWish& wish, const Content& content, ledger::NoticeWhen when,
                ledger::NoticeLadder ladder, const Script& script);

}  // namespace tuma::wechat
