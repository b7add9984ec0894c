// The flat XML of WeChat Pay API v2: names and values, one level deep.
#pragma once

#include "ledger/words/result.h"
#include "protocols/wechat/v2/v2_signature.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma::wechat {

inline constexpr std::size_t v2_xml_bytes_max = 64 * 1024;
inline constexpr std::size_t v2_elements_max = 128;

/// Why bytes are no v2 message, in the order of the checks.
enum class V2XmlFault {
    empty,      ///< nothing, or blanks only
    too_large,  ///< more than 64 KiB
    not_utf8,   ///< or a character that XML does not have
    malformed,  ///< no XML; a DOCTYPE; entities but XML's own five; another root; nested, repeated
                ///< or more than 128 elements
};

/// Reads `<xml><name>value</name>...</xml>`. Values are plain or CDATA; a prolog, comments,
/// attributes and blanks between elements are passed over. Values come as they are on the wire,
/// line ends too, because they are signed.
Result<V2Fields, V2XmlFault> read_v2_xml(std::string_view xml, std::string_view root = "xml");

/// Names and values in the order in which they are written.
using V2List = std::vector<std::pair<std::string, std::string>>;

/// The inverse: every value in CDATA, nothing between elements. Requires: names of letters, digits
/// and '_', values that `v2_text` has passed.
std::string write_v2_xml(const V2List& fields, std::string_view root = "xml");

/// The text with a question mark for each byte that XML cannot carry.
std::string v2_text(std::string_view text);

/// Sorted, as signatures need it.
V2Fields sorted(const V2List& fields);

}  // namespace tuma::wechat
