// What an order of this dialect remembers, so that everything about it can be told later.
#pragma once

#include "ledger/records/order.h"
#include "protocols/mpesa/profiles/profiles.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace tuma::mpesa {

/// The content of all kinds of orders; what a kind does not need is empty.
struct Content {
    std::string originator;    ///< OriginatorConversationID, MerchantRequestID, RequestRefID
    std::string conversation;  ///< ConversationID, CheckoutRequestID
    std::string initiator;
    std::string command;      ///< CommandID, TransactionType
    std::string shortcode;    ///< who asks
    std::string party;        ///< the other side: shortcode or MSISDN
    std::string msisdn;       ///< of the customer
    std::int64_t amount = 0;  ///< as it was asked for, cents, also when the order moves no money
    std::string url;          ///< CallBackURL, ResultURL
    std::string timeout_url;
    std::string reference;  ///< AccountReference, BillRefNumber
    std::string remarks;
    std::string occasion;
    std::string query_code{};      ///< what queries tell instead of the prompt's own result
    bool is_till = false;          ///< the receiver is a till
    bool is_unregistered = false;  ///< the receiver has no M-Pesa
    bool failed_early = false;     ///< before anything was tried: the receipt is all zeros
    C2bUrls urls{};                ///< of the receiver, where C2B callbacks are due
    /// What a status or reversal tells of the original.
    std::map<std::string, std::string, std::less<>> facts{};

    bool operator==(const Content&) const = default;
};

std::string to_json(const Content& content);
/// The inverse. Requires: made by `to_json`.
Content read_content(std::string_view json);

/// The receipt of an order: M-Pesa's own number of the transaction. Prompts have it once they are
/// paid, everything else from the beginning.
std::string receipt_of(const ledger::Order& order, const Content& content);

/// What orders are found by.
std::string checkout_key(std::string_view checkout_request_id);
std::string originator_key(std::string_view shortcode, std::string_view originator);
std::string conversation_key(std::string_view conversation);

}  // namespace tuma::mpesa
