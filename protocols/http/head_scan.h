// Finds the end of a message's head and refuses what parsers disagree about.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace tuma::http {

/// Reads the start line and the header fields byte by byte, in any pieces. Looks at line ends only,
/// so that a proxy before us and the parser behind us cannot see different fields: CR and LF only
/// as a pair, no NUL, no folded field (a line that begins with a blank).
/// Source: RFC 9112, sections 2.2 and 5.2; RFC 9110, section 5.5.
class HeadScan {
public:
    /// Takes the next bytes until the head's end. Returns how many belong to the head; all of them
    /// while it is incomplete. Requires: neither complete nor refused.
    std::size_t feed(std::string_view bytes);

    /// The blank line has been read.
    bool is_complete() const { return is_complete_; }
    /// Why this is no head, as a sentence; nothing while all is well.
    std::optional<std::string_view> problem() const { return problem_; }

private:
    void take(char c);

    bool is_complete_ = false;
    std::optional<std::string_view> problem_;
    bool is_after_cr_ = false;
    std::size_t line_bytes_ = 0;  ///< of the line being read, CR not counted
    bool has_start_line_ = false;
};

}  // namespace tuma::http
