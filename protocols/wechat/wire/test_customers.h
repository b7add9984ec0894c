// What is played to merchants on purpose: by the customer's openid or payment code, or by a
// request's own headers.
#pragma once

#include "ledger/records/order.h"
#include "ledger/words/time.h"
#include "protocols/http/message.h"
#include "protocols/kit/scenario_table.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::wechat {

/// How a payment, a refund or a transfer is to go.
struct Script : protocols::CustomerScript {
    std::uint16_t refund_code = 0;  ///< why refunds of the payment do not arrive
    bool asks_password = false;     ///< a payment by code takes a while

    bool operator==(const Script&) const = default;
};

/// A row's ending stands behind `magic_openid` or `magic_code`.
using MagicRow = protocols::ScenarioRow<Script>;
std::span<const MagicRow> magic_table();
inline constexpr std::string_view magic_openid = "oTumaSandboxCustomer000000";
/// Payment codes with these 16 digits in front play what their last two digits say.
inline constexpr std::string_view magic_code = "1399999999999900";

/// The script for a request about this customer or payment code (empty where there is none). The
/// header Tuma-Scenario (words separated by commas: a word of the table, "delay=500ms") comes
/// before the openid; Wechatpay-Negative-Test and Tuma-Fault add "error:CODE", "callback-lost",
/// "callback-twice", "callback-late:MS". Requires: `misspelt_word` finds none.
Script script_of(const http::HttpRequest& request, std::string_view customer);
/// What a version of the API can be made to say.
struct SpokenErrors {
    std::vector<std::string_view> codes;  ///< as they are listed to who has misspelt one
    bool (*has)(std::string_view code);   ///< also in other spellings
    bool signs_time;                      ///< whether a timestamp can be stale
};
/// The first word of these headers that is none of the above, with the header as field.
std::optional<InputError> misspelt_word(const http::HttpRequest& request,
                                        const SpokenErrors& errors);

/// What is wrong with a reply on purpose.
struct Faults {
    bool wrong_signature = false;  ///< Tuma-Fault: wrong-signature
    bool stale_timestamp = false;  ///< Tuma-Fault: stale-timestamp
};
Faults faults_of(const http::HttpRequest& request);
/// How old a stale timestamp is: clients take 300 s.
inline constexpr Duration stale_by = std::chrono::seconds{600};

}  // namespace tuma::wechat
