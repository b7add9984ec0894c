// Reads HTML that is written as XML is: every tag closed, every attribute quoted, nothing
// unescaped.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma::testing {

struct Element {
    std::string name;
    std::vector<std::pair<std::string, std::string>> attributes;  ///< values as written

    /// The value of an attribute, or nothing.
    std::optional<std::string_view> find(std::string_view attribute) const;
};

/// What was read before the first fault, and that fault; empty if there is none.
struct Markup {
    std::vector<Element> elements;  ///< in the order of their opening tags
    std::string text;               ///< between tags, but for <style> and <script>
    std::string fault;
};

/// Stricter than a browser and than most XML readers: no bare & or <, no attribute twice, the only
/// entities are those five of XML and &#160;, and it must be UTF-8 without control characters.
Markup read_markup(std::string_view page);

}  // namespace tuma::testing
