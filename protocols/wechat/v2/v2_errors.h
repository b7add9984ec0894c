// The errors of API v2: codes that are mostly without underscores, and the platform's sentences.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tuma::wechat {

/// One of them.
struct V2ErrorRow {
    std::string_view code;     ///< err_code
    std::string_view chinese;  ///< err_code_des
    std::string_view english;  ///< for the log
};
std::span<const V2ErrorRow> v2_error_table();
/// The row of a code, or null.
const V2ErrorRow* find_v2_error(std::string_view code);

/// An error to be answered; an empty text is the row's own.
struct V2Error {
    std::string_view code;
    std::string message{};
    /// Wrong with the message and not with the wish: return_code FAIL and the sentence, no sign.
    bool is_of_message = false;
    std::string why{};  ///< for the log, in English; empty: the text says it all
};

/// What is wrong, for the log. Requires: a code of the table.
std::string words_of(const V2Error& error);

/// A field that has to be there and is not.
V2Error v2_missing(std::string_view field);
/// A field of the wrong shape.
V2Error v2_invalid(std::string_view field, std::string_view issue);
/// A field that the API does not have.
V2Error v2_undefined(std::string_view field);
/// What is wrong with a message, as a sentence alone.
V2Error v2_unreadable(std::string sentence);

}  // namespace tuma::wechat
