#include "protocols/mpesa/wire/body.h"

#include "protocols/kit/strict_json.h"

#include <boost/json/basic_parser_impl.hpp>
#include <fmt/format.h>

#include <cstdint>

namespace tuma::mpesa {
namespace {

constexpr std::size_t body_bytes_max = 64 * 1024;
constexpr std::size_t nesting_max = 16;

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

InputError no_value() {
    return {"body", "is not one JSON value"};
}

}  // namespace

// Takes what Boost.JSON finds; its own values would lose the digits of numbers.
class BodyReader {
public:
    static constexpr std::size_t max_object_size = 1'000;
    static constexpr std::size_t max_array_size = 10'000;
    static constexpr std::size_t max_key_size = 1'000;
    static constexpr std::size_t max_string_size = body_bytes_max;

    using Error = boost::json::error_code;

    bool on_document_begin(Error&) { return true; }
    bool on_document_end(Error&) { return true; }
    bool on_object_begin(Error&) {
        // Only members of the outer object can be asked for. One that is an object or array is
        // noted, so that it can be called mistyped.
        if (depth_ == 0) is_object_ = true;
        if (depth_ == 1) put(false, {});
        is_nested_ = depth_ > 0;
        ++depth_;
        return true;
    }
    bool on_object_end(std::size_t, Error&) {
        --depth_;
        return true;
    }
    bool on_array_begin(Error&) {
        if (depth_ == 1) put(false, {});
        ++depth_;
        return true;
    }
    bool on_array_end(std::size_t, Error&) {
        --depth_;
        return true;
    }
    bool on_key_part(boost::json::string_view part, std::size_t, Error&) {
        key_.append(part.data(), part.size());
        return true;
    }
    bool on_key(boost::json::string_view part, std::size_t, Error&) {
        key_.append(part.data(), part.size());
        // Kept apart from key_, because objects inside have keys of their own before this member
        // ends.
        if (depth_ == 1) member_ = key_;
        key_.clear();
        return true;
    }
    bool on_string_part(boost::json::string_view part, std::size_t, Error&) {
        text_.append(part.data(), part.size());
        return true;
    }
    bool on_string(boost::json::string_view part, std::size_t, Error&) {
        text_.append(part.data(), part.size());
        return scalar();
    }
    bool on_number_part(boost::json::string_view part, Error&) {
        text_.append(part.data(), part.size());
        return true;
    }
    bool on_int64(std::int64_t, boost::json::string_view part, Error&) { return number(part); }
    bool on_uint64(std::uint64_t, boost::json::string_view part, Error&) { return number(part); }
    bool on_double(double, boost::json::string_view part, Error&) { return number(part); }
    bool on_bool(bool, Error&) {
        if (depth_ == 1) put(false, {});
        return true;
    }
    bool on_null(Error&) {
        // Null is as good as missing: an empty text is not found.
        if (depth_ == 1) put(true, {});
        return true;
    }
    bool on_comment_part(boost::json::string_view, Error&) { return true; }
    bool on_comment(boost::json::string_view, Error&) { return true; }

    bool is_object() const { return is_object_; }
    bool is_nested() const { return is_nested_; }
    bool has_member_twice() const { return is_twice_; }
    Body take() { return std::move(body_); }

private:
    bool number(boost::json::string_view part) {
        text_.append(part.data(), part.size());
        return scalar();
    }
    bool scalar() {
        // Strings and numbers alike, as Daraja takes them.
        if (depth_ == 1) put(true, text_);
        text_.clear();
        return true;
    }
    void put(bool is_scalar, const std::string& text) {
        // A proxy in front and this switch would each see another of two values. So the second one
        // is only noted, and the body refused.
        const auto [at, is_new] =
            body_.members_.insert_or_assign(member_, Body::Member{is_scalar, text});
        is_twice_ = is_twice_ || !is_new;
    }

    Body body_;
    std::string key_;
    std::string member_;
    std::string text_;
    std::size_t depth_ = 0;
    bool is_object_ = false;
    bool is_nested_ = false;
    bool is_twice_ = false;
};

Result<Body> Body::read(std::string_view json) {
    if (json.size() > body_bytes_max)
        return InputError{"body", "longer than " + std::to_string(body_bytes_max) + " bytes"};
    Result<Body> body = take(json);
    // The parser stops behind the first value. What follows it would be ignored.
    if (body && !json.empty()) return no_value();
    return body;
}

Result<std::vector<Body>> Body::read_list(std::string_view json, std::size_t most) {
    json = trimmed(json);
    if (!json.starts_with('[')) return InputError{"body", "is not a JSON array"};
    std::vector<Body> bodies;
    do {
        if (bodies.size() == most)
            return InputError{"body", fmt::format("has more than {} elements", most)};
        // Behind the bracket or a comma.
        json = trimmed(json.substr(1));
        Result<Body> body = take(json);
        if (!body)
            return InputError{"body",
                              fmt::format("element {} {}", bodies.size() + 1, body.error().reason)};
        bodies.push_back(std::move(body).value());
        json = trimmed(json);
    } while (json.starts_with(','));
    if (json != "]")
        return InputError{"body", fmt::format("has neither a comma nor a closing bracket behind "
                                              "element {}",
                                              bodies.size())};
    return bodies;
}

Result<Body> Body::take(std::string_view& json) {
    boost::json::parse_options options;
    options.max_depth = nesting_max;
    boost::json::basic_parser<BodyReader> parser(options);
    boost::json::error_code error;
    const std::size_t read = parser.write_some(false, json.data(), json.size(), error);
    if (error) return no_value();
    const std::string_view value = json.substr(0, read);
    json.remove_prefix(read);
    if (!parser.handler().is_object()) return InputError{"body", "is not a JSON object"};
    // Objects inside are not kept above. They are rare, and only then is the body parsed a second
    // time.
    if (parser.handler().has_member_twice() ||
        (parser.handler().is_nested() && protocols::has_member_twice(value)))
        return InputError{"body", "has a member twice"};
    return parser.handler().take();
}

std::optional<std::string> Body::find(std::string_view key) const {
    const auto found = members_.find(key);
    if (found == members_.end() || !found->second.is_scalar) return std::nullopt;
    const std::string_view text = trimmed(found->second.text);
    // A blank field is as good as a missing one. Blanks around a word are dropped, because a client
    // sends one behind its transaction type.
    if (text.empty()) return std::nullopt;
    return std::string(text);
}

std::optional<std::string> Body::find_exact(std::string_view key) const {
    const auto found = members_.find(key);
    if (found == members_.end() || !found->second.is_scalar) return std::nullopt;
    return found->second.text;
}

bool Body::is_mistyped(std::string_view key) const {
    const auto found = members_.find(key);
    return found != members_.end() && !found->second.is_scalar;
}

}  // namespace tuma::mpesa
