// Takes the fields of a request one after the other and remembers the first that is wrong, in the
// words of the dialect.
#pragma once

#include "ledger/words/ensure.h"
#include "ledger/words/utf8.h"

#include <boost/json/object.hpp>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tuma::protocols {

/// A field as it came, whatever the format: JSON, XML, a query.
struct FieldValue {
    enum class Type { missing, text, number, flag, other };
    Type type = Type::missing;
    std::string text{};  ///< of a text; a number's digits; "true" or "false"

    bool is_there() const { return type != Type::missing; }
};
/// The member of a JSON object; null is missing.
FieldValue find_member(const boost::json::object& object, std::string_view key);

/// Whether a request without the field is good.
enum class Need { required, optional };

/// How long a text may be, and how complaints call it; empty: by its key.
struct TextRule {
    std::size_t least = 1;
    std::size_t most = 255;
    std::string_view label{};
    std::string_view form{};  ///< what `shaped` and `read` want, for the log: "5 to 7 digits"
};
struct NumberRule {
    std::int64_t least = 0;
    std::int64_t most = 0;
};

/// What can be wrong with a field.
enum class Issue {
    missing,
    not_text,
    not_number,
    not_flag,
    too_short,
    too_long,
    too_small,
    too_large,
    control,   ///< has control characters
    letters,   ///< has others than digits, letters and `marks`
    no_word,   ///< is none of the words
    misshapen  ///< is not what the dialect's own check wants
};

/// What a dialect is told so that it can complain in its own way.
struct Complaint {
    Issue issue = Issue::missing;
    std::string_view key{};
    std::string_view label{};  ///< the key, or how else the rule calls it
    std::int64_t least = 0;    ///< the bounds, of texts and numbers
    std::int64_t most = 0;
    std::string_view marks{};                         ///< of `letters`
    std::initializer_list<std::string_view> words{};  ///< of `no_word`
    std::string_view form{};                          ///< of `misshapen`; may be empty
};

/// "999,999,999": as the log shows it, which hides long numbers without commas as somebody's.
std::string bound_text(std::int64_t bound);
/// The complaint in plain words, for the log: "Amount is missing", "attach is longer than 128".
std::string complaint_words(const Complaint& complaint);

/// How many characters UTF-8 has.
std::size_t characters_of(std::string_view text);
/// Whether it has bytes below 0x20 or 0x7F.
bool has_control(std::string_view text);
/// Digits, letters and these marks only.
bool is_name(std::string_view text, std::string_view marks);
/// Whole decimal digits, with `signs` also a minus in front; nothing for what is too large.
std::optional<std::int64_t> whole_number(std::string_view text, bool signs);

/// The reader. `Policy` is the dialect's part of it:
///   using Error                                what an answer says is wrong;
///   FieldValue find(std::string_view key)      looks in the body;
///   Error complaint(const Complaint&)          puts it in the dialect's words;
///   static constexpr bool texts_are_numbers    formats without types: digits are a number;
///   static constexpr bool numbers_are_texts    a number does where a text is wanted;
///   bool counts_characters                     lengths are characters, else bytes;
///   static constexpr bool takes_control        control characters are like all others.
/// What is taken after the first wrong field may be empty.
template <typename Policy>
class RequestFields {
public:
    using Error = typename Policy::Error;

    explicit RequestFields(Policy policy)
        : policy_(std::move(policy)), error_(std::make_shared<std::optional<Error>>()) {}
    /// Of an object inside: whichever of the two finds something wrong first is heard.
    RequestFields(Policy policy, const RequestFields& around)
        : policy_(std::move(policy)), error_(around.error_) {}

    bool has(std::string_view key) { return policy_.find(key).is_there(); }

    std::string text(std::string_view key, TextRule rule = {}, Need need = Need::required) {
        FieldValue value = policy_.find(key);
        const std::string_view label = rule.label.empty() ? key : rule.label;
        // An optional text that is empty is as good as none.
        const bool is_empty = !value.is_there() || (is_text(value) && value.text.empty());
        // A required text that is there and empty goes on: the services call it too short, not
        // missing.
        if (is_empty && (need == Need::optional || !value.is_there())) {
            if (need == Need::required) complain({Issue::missing, key, label});
            return {};
        }
        if (!is_text(value)) {
            complain({Issue::not_text, key, label});
            return {};
        }
        // The length comes before the content: a text that is far too long is not looked through.
        const std::size_t length =
            policy_.counts_characters ? characters_of(value.text) : value.text.size();
        const auto least = static_cast<std::int64_t>(rule.least);
        const auto most = static_cast<std::int64_t>(rule.most);
        if (length < rule.least)
            complain({Issue::too_short, key, label, least, most});
        else if (length > rule.most)
            complain({Issue::too_long, key, label, least, most});
        else if (!Policy::takes_control && has_control(value.text))
            complain({Issue::control, key, label});
        return std::move(value.text);
    }
    /// The first of several spellings that is there; missing is empty.
    std::string any_text(std::initializer_list<std::string_view> keys, TextRule rule = {}) {
        for (const std::string_view key : keys)
            if (std::string value = text(key, rule, Need::optional); !value.empty()) return value;
        return {};
    }
    /// Digits, letters and the marks.
    std::string name(std::string_view key, TextRule rule, std::string_view marks,
                     Need need = Need::required) {
        std::string value = text(key, rule, need);
        // A text that is missing came back empty, which passes here. A second complaint is not
        // heard.
        if (!is_name(value, marks)) complain({Issue::letters, key, key, 0, 0, marks});
        return value;
    }
    /// One of the words; `otherwise` when it is not there.
    std::string word(std::string_view key, std::initializer_list<std::string_view> words,
                     Need need = Need::required, std::string_view otherwise = {},
                     TextRule rule = {.most = 256}) {
        std::string value = text(key, rule, need);
        // Empty is either allowed or has been complained about by text().
        if (value.empty()) return std::string(otherwise);
        if (std::find(words.begin(), words.end(), value) == words.end())
            complain({.issue = Issue::no_word, .key = key, .label = key, .words = words});
        return value;
    }
    /// A text of which `is_good` says whether it is one.
    template <typename IsGood>
    std::string shaped(std::string_view key, const IsGood& is_good_one, TextRule rule = {},
                       Need need = Need::required) {
        std::string value = text(key, rule, need);
        const bool is_left_out = value.empty() && need == Need::optional;
        if (!is_left_out && !is_good_one(std::string_view{value})) misshapen(key, rule);
        return value;
    }
    /// What `read` makes of a text; nothing where it is missing or makes nothing.
    template <typename Read>
    auto read(std::string_view key, const Read& reads, TextRule rule = {},
              Need need = Need::required) -> std::invoke_result_t<Read, std::string_view> {
        const std::string value = text(key, rule, need);
        if (value.empty() && need == Need::optional) return {};
        auto made = reads(std::string_view{value});
        // A missing text that is required is complained about twice, and the first complaint
        // counts.
        if (!made) misshapen(key, rule);
        return made;
    }
    /// A whole number; `otherwise` when it is not there or out of bounds.
    std::int64_t number(std::string_view key, NumberRule rule, Need need = Need::required,
                        std::int64_t otherwise = 0) {
        const FieldValue value = policy_.find(key);
        const bool is_empty =
            !value.is_there() || (Policy::texts_are_numbers && value.text.empty());
        if (is_empty) {
            if (need == Need::required) complain({Issue::missing, key, key});
            return otherwise;
        }
        // In JSON a minus makes a number too small. In formats without types a text with a minus is
        // no number at all.
        const auto number =
            is_number(value) ? whole_number(value.text, !Policy::texts_are_numbers) : std::nullopt;
        if (!number)
            complain({Issue::not_number, key, key});
        else if (*number < rule.least)
            complain({Issue::too_small, key, key, rule.least, rule.most});
        else if (*number > rule.most)
            complain({Issue::too_large, key, key, rule.least, rule.most});
        else
            return *number;
        return otherwise;
    }
    bool flag(std::string_view key) {
        const FieldValue value = policy_.find(key);
        if (value.is_there() && value.type != FieldValue::Type::flag)
            complain({Issue::not_flag, key, key});
        return value.type == FieldValue::Type::flag && value.text == "true";
    }

    /// The first thing wrong counts.
    void fail(Error error) {
        // An answer has room for one complaint, and later ones may follow from the first.
        if (!*error_) *error_ = std::move(error);
    }
    void complain(const Complaint& complaint) {
        if (!*error_) *error_ = policy_.complaint(complaint);
    }
    bool is_good() const { return !error_->has_value(); }
    /// Requires: something was wrong.
    const Error& error() const {
        ensure(error_->has_value(), "a refusal of a request that is good");
        return **error_;
    }
    const Policy& policy() const { return policy_; }
    Policy& policy() { return policy_; }

private:
    void misshapen(std::string_view key, const TextRule& rule) {
        complain({.issue = Issue::misshapen,
                  .key = key,
                  .label = rule.label.empty() ? key : rule.label,
                  .form = rule.form});
    }
    static bool is_text(const FieldValue& value) {
        return value.type == FieldValue::Type::text ||
               (Policy::numbers_are_texts && value.type == FieldValue::Type::number);
    }
    static bool is_number(const FieldValue& value) {
        return value.type == FieldValue::Type::number ||
               (Policy::texts_are_numbers && value.type == FieldValue::Type::text);
    }

    Policy policy_;
    std::shared_ptr<std::optional<Error>> error_;
};

}  // namespace tuma::protocols
