// What is played to merchants on purpose: by the customer's number, or by a request's own headers.
#pragma once

#include "protocols/customer_script.h"
#include "protocols/http/message.h"
#include "protocols/mpesa/options.h"

#include <span>
#include <string_view>

namespace tuma::mpesa {

/// How a request is to go.
struct Script : protocols::CustomerScript {
    bool is_unregistered = false;   ///< the customer's number is without M-Pesa
    bool is_queue_timeout = false;  ///< told to QueueTimeOutURL
    bool has_late_result = false;   ///< and to ResultURL after that

    bool operator==(const Script&) const = default;
};

/// One row of what words and numbers play: "2547000010NN" ends in `ending`, the header
/// Tuma-Scenario says `word`.
struct MagicRow {
    std::string_view ending;  ///< two digits, or empty for words only
    std::string_view word;
    Script script;
    std::string_view sentence;
};
std::span<const MagicRow> magic_table();
inline constexpr std::string_view magic_prefix = "2547000010";
/// Safaricom's own test number.
inline constexpr std::string_view test_msisdn = "254708374149";

/// The script for a request about this customer (empty where there is none). The header
/// Tuma-Scenario (words separated by commas: a word of the table, "result:CODE", "delay=500ms")
/// comes before the number; Tuma-Fault adds "error:CODE", "callback-lost", "callback-twice",
/// "callback-late:MS". Requires: `misspelt_word` finds none.
Script script_of(const http::HttpRequest& request, std::string_view msisdn, const Options& options);
/// The first word of these headers that is none of the above, with the header as field.
std::optional<InputError> misspelt_word(const http::HttpRequest& request);

}  // namespace tuma::mpesa
