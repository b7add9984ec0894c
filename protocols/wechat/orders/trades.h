// Payments as the switch sees them, whatever version of the API asks: opened, found, told of.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/kit/parties.h"
#include "protocols/kit/payment.h"
#include "protocols/wechat/orders/order_details.h"
#include "protocols/wechat/wire/call.h"
#include "protocols/wechat/wire/test_customers.h"

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace tuma::wechat {

using protocols::ask;
using protocols::OrderPtr;

/// A payment that a merchant wants.
struct TradeWish {
    Content content;
    Script script;
    Timestamp expires{};      ///< the zero time: after the options' life of an order
    std::string auth_code{};  ///< of a payment by code
};

/// What became of a wish for a payment.
enum class TradeFate {
    open,       ///< there is such an order, new or from the same request before
    differs,    ///< there is one with this number and other parameters
    paid,       ///< it is paid already
    closed,     ///< it is closed, expired or failed already
    code_used,  ///< another payment was made with this payment code
    refused,    ///< the switch does not open it
};
struct TradeOutcome {
    TradeFate fate = TradeFate::refused;
    OrderPtr order{};
    bool is_new = false;
    Refusal refusal = Refusal::none;
};

/// The account that a merchant's payments go to.
protocols::AccountSpec merchant_account(const Options& options, const Merchant& merchant);
/// The account of a payment: that, or one of its own where the payment waits to be shared.
protocols::AccountSpec payment_account(const Options& options, const Merchant& merchant,
                                       const Content& content);
/// Says that the merchant has payments that wait to be shared, so that bills look for them.
inline constexpr std::string_view sharing_profile_prefix = "wechat/sharing/";
/// A payment can be shared for so long after it was made. Source: WeChat Pay API v3, profit
/// sharing.
inline constexpr std::chrono::days sharing_days{30};
/// Puts the moment into a payment that is to be shared at which that is over.
void put_release(core::OrderRequest& wish, const Content& content);
/// A customer's wallet; opened if the options say so.
protocols::AccountSpec customer_account(const Options& options, const std::string& openid);
/// The account from which a merchant pays persons.
protocols::AccountSpec operating_account(const Options& options, const Merchant& merchant);
/// The wish is to pay a person, who may be nobody: then it fails.
void put_payout(core::OrderRequest& wish, const Content& content, AccountId merchant,
                AccountId person);
/// What stands for the merchant's card at a bank, where refunds go that no customer could be given.
protocols::AccountSpec card_account(const Merchant& merchant);
/// Opens the payment. One by code (MICROPAY) is decided at once, unless the customer has to enter a
/// password first; all others wait for the customer.
protocols::Answer open_trade(const CallPtr& call, TradeWish wish, const http::HttpReply& busy,
                             std::function<protocols::Answer(const TradeOutcome&)> then);

/// Names one payment: by the platform's number where it is given, else by the merchant's.
struct TradeRef {
    std::string transaction_id;
    std::string out_trade_no;
};
/// Whether it is the merchant's, made by who asks: what a service provider has made for a merchant
/// is seen through that provider alone.
bool is_own(const Call& call, const Content& content);
/// The query that finds it.
core::QueryOrder query_of(const Call& call, const TradeRef& ref);
/// The order if it is this merchant's payment with this reference, else null. `takes_members`: also
/// one of several that were made at once.
OrderPtr fitting(const Call& call, const TradeRef& ref, const OrderPtr& order, bool takes_members);
/// Finds it and goes on; null if there is none.
protocols::Answer find_trade(const CallPtr& call, const TradeRef& ref, http::HttpReply busy,
                             std::function<protocols::Answer(OrderPtr)> then);

/// Asks to store that mark, unless it is there.
void add_sharing_mark(const Call& call, const std::string& mchid, protocols::Asking& asking);

/// "SUCCESS", "REFUND", "NOTPAY", "CLOSED", "REVOKED", "USERPAYING", "PAYERROR".
/// `is_ended`: a payment by code was taken back, or one that can be paid no more was closed.
std::string_view trade_state(const ledger::Order& order, const Content& content, bool is_ended);
/// The platform's sentence for it.
std::string_view trade_state_text(std::string_view state);
/// Who paid: whom an administrator named, else who was asked.
std::string payer_of(const ledger::Order& order, const Content& content);

/// The wish's channel tells merchants, if there is an address.
void put_notice(core::OrderRequest& wish, const Content& content, ledger::NoticeWhen when,
                std::uint8_t schedule, const Script& script);

}  // namespace tuma::wechat
