// The lines of all bills: a backtick before each value, CRLF behind the last.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tuma::wechat {

/// The byte order mark of UTF-8, with which every bill begins.
inline constexpr std::string_view bill_begin = "\xEF\xBB\xBF";
inline constexpr std::string_view bill_line_end = "\r\n";

/// "12.34".
std::string yuan_text(std::int64_t fen);

/// One line of values.
class BillLine {
public:
    /// What would begin another value or line is a blank.
    BillLine& add(std::string_view value);
    std::string end();

private:
    std::string text_;
};

}  // namespace tuma::wechat
