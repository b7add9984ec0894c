// How a simulated customer behaves and what becomes of callbacks, whatever the dialect.
#pragma once

#include "ledger/records/order.h"
#include "ledger/words/time.h"
#include "protocols/kit/scenario_words.h"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace tuma::protocols {

/// What all dialects' scripts have in common.
struct CustomerScript {
    ledger::CustomerAction action = ledger::CustomerAction::approve;
    std::uint16_t code = 0;           ///< why it is declined, the dialect's own number
    std::optional<Duration> delay{};  ///< until the customer acts or the result is told
    ledger::NoticeFault fault = ledger::NoticeFault::none;
    Duration notice_delay{};  ///< added before the first attempt of a callback
    std::string error{};      ///< the code of an API error to answer, or empty

    bool operator==(const CustomerScript&) const = default;
};

/// Scripts that differ from paying at once in one respect.
template <typename Script>
Script declining(std::uint16_t code) {
    Script script;
    script.action = ledger::CustomerAction::decline;
    script.code = code;
    return script;
}
template <typename Script>
Script ignoring() {
    Script script;
    // The order waits for its own deadline.
    script.action = ledger::CustomerAction::none;
    return script;
}
template <typename Script>
Script slow(Duration delay) {
    Script script;
    script.delay = delay;
    return script;
}
template <typename Script>
Script spoiling(ledger::NoticeFault fault, Duration notice_delay) {
    Script script;
    script.fault = fault;
    script.notice_delay = notice_delay;
    return script;
}

/// Takes the words of Tuma-Fault that all dialects have.
WordCheck take_callback_fault(CustomerScript& script, std::string_view word);
/// They, for messages.
inline constexpr std::array<std::string_view, 3> callback_faults{"callback-lost", "callback-twice",
                                                                 "callback-late:MS"};
/// Takes the delay of "delay=500ms"; another word is not known.
WordCheck take_delay(CustomerScript& script, std::string_view word);
/// Calls `take` for each word of Tuma-Fault, those that play a scenario first: they replace the
/// script, and the others add to it.
void for_each_fault(std::string_view words, const std::function<void(std::string_view)>& take);
inline constexpr std::string_view scenario_prefix = "scenario:";

}  // namespace tuma::protocols
