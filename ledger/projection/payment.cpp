// Names of payment states and events.
#include "ledger/projection/payment.h"

#include "ledger/words/ensure.h"

namespace tuma::ledger {

namespace {

constexpr std::array<std::string_view, payment_state_count> state_names{
    "none", "posted", "reserved", "settled", "released", "expired", "partly_reversed", "reversed"};

constexpr std::array<std::string_view, payment_event_count> event_names{
    "post", "reserve", "settle", "release", "expire", "reverse_part", "reverse_all"};

}  // namespace

std::string_view name(PaymentState state) {
    const auto index = static_cast<std::size_t>(state);
    ensure(index < state_names.size(), "a payment state outside its table");
    return state_names[index];
}

std::string_view name(PaymentEvent event) {
    const auto index = static_cast<std::size_t>(event);
    ensure(index < event_names.size(), "a payment event outside its table");
    return event_names[index];
}

std::optional<PaymentState> parse_payment_state(std::string_view name) {
    for (std::size_t i = 0; i < state_names.size(); ++i) {
        if (state_names[i] == name) return static_cast<PaymentState>(i);
    }
    return std::nullopt;
}

}  // namespace tuma::ledger
