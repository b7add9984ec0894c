// A scheme in words, for people.
#pragma once

#include "switch/core/rules/scheme.h"
#include "switch/files/scheme_file.h"

#include <string>
#include <string_view>

namespace tuma {

/// "since 2023-07-01", "until 2016-12-31", "2017-01-01 to 2018-06-30", "at any time".
std::string text(const core::Period& period);
/// Basis points as "0.55 %".
std::string percent_text(std::int64_t basis_points);
/// Minutes ahead of UTC as "+03:00".
std::string zone_text(std::int16_t offset_minutes);
/// Minutes of the day as "09:30".
std::string time_text(std::chrono::minutes of_day);

/// "0.55 %, free up to 200.00, at most 200.00", "12 bands of 0.00 to 108.00, up to 250000.00".
std::string fee_text(const core::FeeRule& rule, Currency currency);
/// All fees of a type and its tax: "payer 2.00; tax of 15 % included", or "free".
std::string price_text(const core::PaymentType& type, Currency currency);
/// "at once", or "T+2 business days" with what differs from the defaults.
std::string settlement_text(const core::SettlementRule& rule, Currency currency);
/// "250000.00 a payment, 500000.00 a day, balance of 500000.00", or "none".
std::string limits_text(const core::Limits& limits, Currency currency);

/// The periods of all types called `name`, newest first: "since 2023-07-01, until 2023-06-30".
std::string periods_of(const core::Scheme& scheme, std::string_view name);
/// The distinct names of types, of classes, in the order of the scheme.
std::vector<std::string> type_names(const core::Scheme& scheme);
std::vector<std::string> class_names(const core::Scheme& scheme);

/// What is in a scheme, on several lines, each with its line end.
std::string summary_text(const SchemeFile& file);
/// One line for each scheme that comes with the program.
std::string list_text();

}  // namespace tuma
