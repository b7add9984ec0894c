#include "protocols/customer_script.h"

#include "protocols/scenario_words.h"

namespace tuma::protocols {

bool take_callback_fault(CustomerScript& script, std::string_view word) {
    constexpr std::string_view late = "callback-late:";
    if (word == "callback-lost") {
        script.fault = ledger::NoticeFault::lost;
    } else if (word == "callback-twice") {
        script.fault = ledger::NoticeFault::twice;
    } else if (word.starts_with(late)) {
        if (const auto delay = read_milliseconds(word.substr(late.size())))
            script.notice_delay = *delay;
    } else {
        return false;
    }
    return true;
}

}  // namespace tuma::protocols
