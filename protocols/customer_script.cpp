#include "protocols/customer_script.h"

namespace tuma::protocols {

WordCheck take_callback_fault(CustomerScript& script, std::string_view word) {
    constexpr std::string_view late = "callback-late:";
    if (word == "callback-lost") {
        script.fault = ledger::NoticeFault::lost;
    } else if (word == "callback-twice") {
        script.fault = ledger::NoticeFault::twice;
    } else if (word.starts_with(late)) {
        const auto delay = read_milliseconds(word.substr(late.size()));
        if (!delay) return bad_milliseconds(word);
        script.notice_delay = *delay;
    } else {
        return unknown_word;
    }
    return {};
}

WordCheck take_delay(CustomerScript& script, std::string_view word) {
    constexpr std::string_view prefix = "delay=";
    if (!word.starts_with(prefix)) return unknown_word;
    const auto delay = read_milliseconds(word.substr(prefix.size()));
    if (!delay) return bad_milliseconds(word);
    script.delay = delay;
    return {};
}

}  // namespace tuma::protocols
