#include "protocols/kit/customer_script.h"

namespace tuma::protocols {

WordCheck take_callback_fault(CustomerScript& script, std::string_view word) {
    constexpr std::string_view late = "callback-late:";
    if (word == "callback-lost") {
        script.fault = ledger::NoticeFault::lost;
        // One that never comes is not late either.
        return deciding(decides_callbacks | decides_notice_delay);
    }
    if (word == "callback-twice") {
        // It says nothing of a delay: callback-late may stand beside it.
        script.fault = ledger::NoticeFault::twice;
        return deciding(decides_callbacks);
    }
    if (!word.starts_with(late)) return unknown_word;
    const auto delay = read_milliseconds(word.substr(late.size()));
    if (!delay) return bad_milliseconds(word);
    script.notice_delay = *delay;
    return deciding(decides_notice_delay);
}

WordCheck take_delay(CustomerScript& script, std::string_view word) {
    constexpr std::string_view prefix = "delay=";
    if (!word.starts_with(prefix)) return unknown_word;
    const auto delay = read_milliseconds(word.substr(prefix.size()));
    if (!delay) return bad_milliseconds(word);
    script.delay = delay;
    return deciding(decides_delay);
}

void for_each_fault(std::string_view words, const std::function<void(std::string_view)>& take) {
    // A scenario replaces the whole script, so that it is played first, wherever it stands in the
    // header.
    for (const bool plays : {true, false})
        for_each_word(words, [&](std::string_view word) {
            if (word.starts_with(scenario_prefix) == plays) take(word);
        });
}

}  // namespace tuma::protocols
