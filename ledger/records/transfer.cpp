#include "ledger/records/transfer.h"

#include "ledger/words/ensure.h"

#include <array>

namespace tuma::ledger {
namespace {

constexpr std::array<std::string_view, 6> kind_names{"posted",   "reserved", "settled",
                                                     "released", "expired",  "reversed"};
constexpr std::array<std::string_view, 14> purpose_names{
    "issue", "redeem", "deposit",    "withdraw", "transfer", "pay_merchant", "adjust",
    "fee",   "tax",    "commission", "refund",   "disburse", "payout",       "bank_transfer"};

}  // namespace

std::string_view name(TransferKind kind) {
    // Kinds count from 1; for zero the index wraps around and is refused with everything else that
    // is none.
    const auto index = static_cast<std::size_t>(kind) - 1;
    ensure(index < kind_names.size(), "a transfer kind outside the enumeration");
    return kind_names[index];
}

std::string_view name(Purpose purpose) {
    const auto index = static_cast<std::size_t>(purpose) - 1;
    ensure(index < purpose_names.size(), "a purpose outside the enumeration");
    return purpose_names[index];
}

std::optional<Purpose> parse_purpose(std::string_view name) {
    // Fourteen names, and nobody parses one while payments wait.
    for (std::size_t i = 0; i < purpose_names.size(); ++i)
        if (purpose_names[i] == name) return static_cast<Purpose>(i + 1);
    return std::nullopt;
}

}  // namespace tuma::ledger
