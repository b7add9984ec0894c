// Reads JSON that this program wrote or an operator provided, member by member.
#pragma once

#include "ledger/result.h"

#include <boost/json/value.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::protocols {

/// One JSON object whose members are taken one after the other. The first thing wrong is kept; what
/// is taken after it is empty.
class StoredJson {
public:
    /// `what` is the field of errors about the whole.
    StoredJson(std::string_view json, std::string_view what);
    StoredJson(const boost::json::value& value, std::string_view what);

    bool has(std::string_view key) { return find(key) != nullptr; }
    std::string text(std::string_view key);
    std::string text_or(std::string_view key, std::string_view otherwise);
    std::int64_t number_or(std::string_view key, std::int64_t otherwise);
    bool flag_or(std::string_view key, bool otherwise);
    std::vector<std::string> texts(std::string_view key);
    /// The member if it is an array, else null.
    const boost::json::array* array(std::string_view key);
    /// The member if it is an object, else null.
    const boost::json::value* object(std::string_view key);

    void fail(std::string_view field, std::string reason);
    /// What was wrong, members that nobody has taken included.
    std::optional<InputError> error();

private:
    const boost::json::value* find(std::string_view key);

    boost::json::value value_;
    std::string what_;
    std::set<std::string, std::less<>> taken_;
    std::optional<InputError> error_;
};

}  // namespace tuma::protocols
