#include "protocols/wechat/bills/bill_lines.h"

#include "ledger/words/money.h"

#include <utility>

namespace tuma::wechat {

std::string yuan_text(std::int64_t fen) {
    return Money{fen, Currency::cny}.text();
}

BillLine& BillLine::add(std::string_view value) {
    if (!text_.empty()) text_ += ',';
    text_ += '`';
    for (const char c : value) {
        // A comma or a line break in a merchant's text would shift the columns, a backtick begins
        // a value. Replaced and not removed, so that words do not run together.
        const bool is_mark = c == ',' || c == '`' || c == '\r' || c == '\n';
        text_ += is_mark ? ' ' : c;
    }
    return *this;
}

std::string BillLine::end() {
    return std::move(text_) + std::string(bill_line_end);
}

}  // namespace tuma::wechat
