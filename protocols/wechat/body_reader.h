// Takes a JSON body's members one after the other and remembers the first that is wrong.
#pragma once

#include "protocols/wechat/call.h"
#include "protocols/wechat/replies.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::wechat {

enum class Need { required, optional };

/// A text's length in characters.
struct TextBounds {
    std::size_t least = 1;
    std::size_t most = 255;
};

/// One object of a body. What is taken after the first wrong member may be empty. Objects inside
/// share the error.
class BodyReader {
public:
    explicit BodyReader(const Call& call);

    std::string text(std::string_view key, TextBounds bounds, Need need);
    /// Digits, letters and the marks of `marks`.
    std::string name(std::string_view key, TextBounds bounds, std::string_view marks, Need need);
    /// out_trade_no and combine_out_trade_no: up to 32 of those, the options say how few.
    std::string order_number(std::string_view key, Need need);
    /// A whole JSON number; `otherwise` when it is not there.
    std::int64_t number(std::string_view key, std::int64_t least, std::int64_t most, Need need,
                        std::int64_t otherwise = 0);
    bool flag(std::string_view key);
    /// One of the words; the first when it is not there.
    std::string word(std::string_view key, std::initializer_list<std::string_view> words,
                     Need need);
    /// An instant in RFC 3339 with an offset.
    std::optional<Timestamp> instant(std::string_view key);
    /// http or https, without a query if the options say so.
    std::string url(std::string_view key, Need need);
    /// The member as an object; one without members where it is missing or wrong.
    BodyReader object(std::string_view key, Need need);
    bool has(std::string_view key) const;
    /// The objects of an array.
    std::vector<BodyReader> objects(std::string_view key, std::size_t least, std::size_t most,
                                    Need need);
    /// The member's JSON as it was parsed, for what is only echoed; at most `bytes_max` of it.
    std::string raw(std::string_view key, std::size_t bytes_max);
    /// Members that are known but not looked at.
    void ignore(std::initializer_list<std::string_view> keys);

    void fail(std::string_view key, std::string_view issue);
    /// Anything but the body's shape.
    void fail(ApiError error);
    /// Looks for members that nobody has taken; call it when all are.
    void finish();
    bool is_good() const { return !state_->error.has_value(); }
    /// Requires: something was wrong.
    http::HttpReply refusal() const;

private:
    struct State {
        const Call& call;
        std::optional<ApiError> error{};
    };
    BodyReader(std::shared_ptr<State> state, boost::json::object object, std::string pointer)
        : state_(std::move(state)), object_(std::move(object)), pointer_(std::move(pointer)) {}

    const boost::json::value* find(std::string_view key, Need need);

    std::shared_ptr<State> state_;
    boost::json::object object_;
    std::string pointer_;
    std::set<std::string, std::less<>> taken_{};
};

/// A PARAM_ERROR about a parameter of path ("url") or query.
ApiError parameter_error(std::string_view field, std::string_view value, std::string_view issue,
                         std::string_view location);

}  // namespace tuma::wechat
