// A request's JSON body as Daraja reads it: flat, and a number is as good as a string.
#pragma once

#include "ledger/words/result.h"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::mpesa {

/// The members of one JSON object. Numbers are kept as the digits that were sent.
class Body {
public:
    /// Refuses (field "body"): what is not one JSON object in UTF-8, more than 64 KiB, nesting
    /// deeper than 16, a member that is there twice.
    static Result<Body> read(std::string_view json);
    /// The same of an array of 1 to `most` such objects, of any length. Says which one is wrong.
    static Result<std::vector<Body>> read_list(std::string_view json, std::size_t most);

    /// The text of a string or the digits of a number, blanks at both ends removed; nothing for a
    /// member that is missing, null or blank.
    std::optional<std::string> find(std::string_view key) const;
    /// The same with the blanks.
    std::optional<std::string> find_exact(std::string_view key) const;
    /// True if the member is there and is an object, an array, true or false.
    bool is_mistyped(std::string_view key) const;

private:
    friend class BodyReader;

    /// One value at the beginning of `json`, which becomes what follows it.
    static Result<Body> take(std::string_view& json);

    struct Member {
        bool is_scalar = true;
        std::string text;
    };
    std::map<std::string, Member, std::less<>> members_;
};

}  // namespace tuma::mpesa
