#include "protocols/http/head_scan.h"

#include "ledger/words/ensure.h"

namespace tuma::http {

std::size_t HeadScan::feed(std::string_view bytes) {
    ensure(!is_complete_ && !problem_, "the head has ended already");
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        take(bytes[i]);
        // What follows the head belongs to a body or to the next request, and stays with the
        // caller.
        if (is_complete_ || problem_) return i + 1;
    }
    return bytes.size();
}

void HeadScan::take(char c) {
    // Only what two parsers could cut differently is refused here. Names and values are judged by
    // the parser behind.
    if (c == '\0') {
        problem_ = "a NUL in the header";
    } else if (is_after_cr_ && c != '\n') {
        problem_ = "a CR without LF in the header";
    } else if (c == '\n' && !is_after_cr_) {
        problem_ = "an LF without CR in the header";
    } else if (c == '\n') {
        is_complete_ = line_bytes_ == 0;
        has_start_line_ = true;
        is_after_cr_ = false;
        line_bytes_ = 0;
    } else if (c == '\r') {
        is_after_cr_ = true;
    } else {
        // The start line is not meant: a method begins with no blank, and the reader looks at that
        // first.
        if (has_start_line_ && line_bytes_ == 0 && (c == ' ' || c == '\t'))
            problem_ = "a folded header field";
        ++line_bytes_;
    }
}

}  // namespace tuma::http
