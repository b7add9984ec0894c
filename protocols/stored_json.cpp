#include "protocols/stored_json.h"

#include "ledger/words.h"
#include "protocols/strict_json.h"

#include <utility>

namespace tuma::protocols {

StoredJson::StoredJson(std::string_view json, std::string_view what) : what_(what) {
    if (auto value = parse_strictly(json)) value_ = *std::move(value);
    if (!value_.is_object()) fail(what_, "is not a JSON object, or has a member twice");
}

StoredJson::StoredJson(const boost::json::value& value, std::string_view what)
    : value_(value), what_(what) {
    if (!value_.is_object()) fail(what_, "is not a JSON object");
}

const boost::json::value* StoredJson::find(std::string_view key) {
    if (!value_.is_object()) return nullptr;
    taken_.emplace(key);
    return value_.get_object().if_contains({key.data(), key.size()});
}

std::string StoredJson::text(std::string_view key) {
    const boost::json::value* value = find(key);
    if (value != nullptr && value->is_string()) return std::string(value->get_string());
    fail(key, "is missing or is no text");
    return {};
}

std::string StoredJson::text_or(std::string_view key, std::string_view otherwise) {
    return find(key) == nullptr ? std::string(otherwise) : text(key);
}

std::int64_t StoredJson::number_or(std::string_view key, std::int64_t otherwise) {
    const boost::json::value* value = find(key);
    if (value == nullptr) return otherwise;
    if (value->is_int64()) return value->get_int64();
    fail(key, "is no whole number");
    return otherwise;
}

bool StoredJson::flag_or(std::string_view key, bool otherwise) {
    const boost::json::value* value = find(key);
    if (value == nullptr) return otherwise;
    if (value->is_bool()) return value->get_bool();
    fail(key, "is not true or false");
    return otherwise;
}

std::vector<std::string> StoredJson::texts(std::string_view key) {
    std::vector<std::string> texts;
    const boost::json::array* items = array(key);
    if (items == nullptr) return texts;
    for (const boost::json::value& item : *items) {
        if (!item.is_string())
            fail(key, "has an item that is no text");
        else
            texts.emplace_back(item.get_string());
    }
    return texts;
}

const boost::json::array* StoredJson::array(std::string_view key) {
    const boost::json::value* value = find(key);
    if (value == nullptr) return nullptr;
    if (value->is_array()) return &value->get_array();
    fail(key, "is no array");
    return nullptr;
}

const boost::json::value* StoredJson::object(std::string_view key) {
    const boost::json::value* value = find(key);
    if (value != nullptr && value->is_object()) return value;
    fail(key, "is missing or is no object");
    return nullptr;
}

void StoredJson::fail(std::string_view field, std::string reason) {
    if (!error_) error_ = InputError{std::string(field), std::move(reason)};
}

std::optional<InputError> StoredJson::error() {
    if (value_.is_object())
        for (const auto& member : value_.get_object())
            if (!taken_.contains(std::string_view{member.key().data(), member.key().size()}))
                fail(std::string_view{member.key().data(), member.key().size()},
                     "is no member of a " + what_ + ": " +
                         none_of(std::string_view{member.key().data(), member.key().size()},
                                 std::vector<std::string>(taken_.begin(), taken_.end())));
    return error_;
}

}  // namespace tuma::protocols
