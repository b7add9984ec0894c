// Takes a JSON body's members one after the other and remembers the first that is wrong.
#pragma once

#include "protocols/kit/request_fields.h"
#include "protocols/wechat/wire/call.h"
#include "protocols/wechat/wire/complaints.h"
#include "protocols/wechat/wire/replies.h"

#include <boost/json/object.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma::wechat {

using protocols::Need;
using TextBounds = protocols::TextRule;

/// How v3 reads a JSON object and complains: PARAM_ERROR with the member's pointer, its value and
/// the issue.
struct JsonFields {
    using Error = ApiError;
    static constexpr bool texts_are_numbers = false;
    static constexpr bool numbers_are_texts = false;
    static constexpr bool takes_control = false;

    protocols::FieldValue find(std::string_view key);
    ApiError complaint(const protocols::Complaint& complaint) const;
    ApiError error(std::string_view key, std::string_view issue) const;
    /// The member, null where it is missing or null; it counts as taken.
    const boost::json::value* member(std::string_view key);
    /// "/body/amount/total".
    std::string place(std::string_view key) const;

    const Call& call;
    boost::json::object object;
    std::string pointer{};
    std::set<std::string, std::less<>> taken{};
    /// Bytes of UTF-8 nearly everywhere; transfers and profit sharing count characters.
    bool counts_characters = false;
};

/// The marks of an out_trade_no, and of the numbers that a merchant gives to anything else.
inline constexpr std::string_view order_number_marks = "_-|*";
inline constexpr std::string_view number_marks = "_-|*@";

/// One object of a body. What is taken after the first wrong member may be empty. Objects inside
/// share the error.
class BodyReader : public protocols::RequestFields<JsonFields> {
public:
    explicit BodyReader(const Call& call);

    /// A text without characters of four bytes, which the service does not take.
    std::string text(std::string_view key, TextBounds bounds = {}, Need need = Need::required);
    /// What is encrypted for the platform's key that Wechatpay-Serial names, decrypted.
    std::string sealed(std::string_view key, Need need);
    /// An address of IPv4 or IPv6.
    std::string ip(std::string_view key, Need need);
    /// A list of texts that nothing follows from.
    void texts(std::string_view key, TextBounds bounds);
    /// out_trade_no and combine_out_trade_no: up to 32 of those, the options say how few.
    std::string order_number(std::string_view key, Need need);
    /// A whole JSON number; `otherwise` when it is not there.
    std::int64_t number(std::string_view key, std::int64_t least, std::int64_t most, Need need,
                        std::int64_t otherwise = 0);
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
    /// From here on lengths are characters, inside too.
    void count_characters() { policy().counts_characters = true; }

    using RequestFields::fail;
    void fail(std::string_view key, std::string_view issue) { fail(policy().error(key, issue)); }
    /// Looks for members that nobody has taken; call it when all are.
    void finish();
    /// Requires: something was wrong.
    http::HttpReply refusal() const { return error_reply(policy().call, error()); }

private:
    BodyReader(const BodyReader& around, boost::json::object object, std::string pointer)
        : RequestFields({around.policy().call,
                         std::move(object),
                         std::move(pointer),
                         {},
                         around.policy().counts_characters},
                        around) {}

    const boost::json::value* find(std::string_view key, Need need);
};

/// A PARAM_ERROR about a parameter of path ("uri_template") or query.
ApiError parameter_error(std::string_view field, std::string_view value, std::string_view issue,
                         std::string_view location);
/// The PARAM_ERROR of what the API does not know: "/query/sub_mch_id", "/body/trade_type".
ApiError undefined_error(const std::vector<std::string>& pointers);
/// One that breaks a rule of length: the argument of a path.
ApiError length_error(std::string_view field, std::size_t length, std::size_t most,
                      std::string_view location);

}  // namespace tuma::wechat
