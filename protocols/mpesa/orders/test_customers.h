// What is played to merchants on purpose: by the customer's number, or by a request's own headers.
#pragma once

#include "protocols/http/message.h"
#include "protocols/kit/scenario_table.h"
#include "protocols/mpesa/profiles/options.h"

#include <span>
#include <string_view>

namespace tuma::mpesa {

/// How a request is to go.
struct Script : protocols::CustomerScript {
    bool is_unregistered = false;   ///< the customer's number is without M-Pesa
    bool is_queue_timeout = false;  ///< told to QueueTimeOutURL
    bool has_late_result = false;   ///< and to ResultURL after that
    std::string query_code{};       ///< what queries tell instead of the prompt's own result

    bool operator==(const Script&) const = default;
};

/// "2547000010NN" ends in a row's ending.
using MagicRow = protocols::ScenarioRow<Script>;
std::span<const MagicRow> magic_table();
inline constexpr std::string_view magic_prefix = "2547000010";
/// `Script::error` that is no code: the gateway's inside fails.
inline constexpr std::string_view soap_fault = "soap-fault";
/// Safaricom's own test number.
inline constexpr std::string_view test_msisdn = "254708374149";

/// The script for a request about this customer (empty where there is none). The header
/// Tuma-Scenario (words separated by commas: a word of the table, "result:CODE", "delay=500ms")
/// comes before the number; Tuma-Fault adds "error:CODE", "query:CODE", "callback-lost",
/// "callback-twice", "callback-late:MS". Requires: `misspelt_word` finds none.
Script script_of(const http::HttpRequest& request, std::string_view msisdn, const Options& options);
/// The first word of these headers that is none of the above, with the header as field.
std::optional<InputError> misspelt_word(const http::HttpRequest& request);

}  // namespace tuma::mpesa
