// What a rail costs and when it pays, in words for people.
#pragma once

#include "switch/core/rules/scheme.h"

#include <cstdint>
#include <string>

namespace tuma::replay {

/// "1.75 %".
std::string percent_text(std::int64_t basis_points);

/// "0.55 %, at most KES 200.00, free up to KES 200.00"; "free"; "by band, the payer pays".
std::string fee_words(const core::PaymentType& type, Currency currency);

/// "at once"; "T+2 business days (GB-ENG)"; "T+1 calendar day, payouts from KES 35,000.00".
std::string settlement_words(const core::SettlementRule& rule, const core::Calendar& calendar,
                             Currency currency);

}  // namespace tuma::replay
