// JSON in the order and with the digits of the wire: some clients look at the bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::protocols {

/// Writes one JSON value without blanks. Objects and arrays are begun and ended by hand; in an
/// object every value takes its key, in an array the key is empty.
class JsonText {
public:
    JsonText& begin_object(std::string_view key = {});
    JsonText& end_object();
    JsonText& begin_array(std::string_view key = {});
    JsonText& end_array();
    /// A JSON string. Bytes that are not UTF-8 become question marks.
    JsonText& text(std::string_view key, std::string_view value);
    JsonText& number(std::string_view key, std::int64_t value);
    /// Digits that are a JSON number already ("1.00").
    JsonText& digits(std::string_view key, std::string_view value);
    JsonText& flag(std::string_view key, bool value);
    JsonText& null(std::string_view key);
    /// An array of strings.
    JsonText& texts(std::string_view key, const std::vector<std::string>& values);
    /// JSON that is written already.
    JsonText& json(std::string_view key, std::string_view value) { return digits(key, value); }

    std::string take() { return std::move(out_); }

private:
    void begin(std::string_view key);

    std::string out_;
    bool needs_comma_ = false;
};

/// `value` as a JSON string with its quotes.
std::string quoted(std::string_view value);

}  // namespace tuma::protocols
