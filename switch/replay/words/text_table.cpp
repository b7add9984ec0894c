#include "switch/replay/words/text_table.h"

#include <algorithm>

namespace tuma::replay {

std::size_t text_width(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        // Bytes that continue a character take no room of their own.
        return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
    }));
}

std::string text_table(const std::vector<TextRow>& rows, const std::vector<std::size_t>& left) {
    std::vector<std::size_t> widths(rows.front().size());
    for (const TextRow& row : rows)
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], text_width(row[i]));
    std::string out;
    for (const TextRow& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string fill(widths[i] - text_width(row[i]), ' ');
            const bool is_left = std::find(left.begin(), left.end(), i) != left.end();
            out += is_left ? "  " + row[i] + fill : "  " + fill + row[i];
        }
        // Blanks at a line's end are noise in a file and in a diff.
        out.erase(out.find_last_not_of(' ') + 1);
        out += '\n';
    }
    return out;
}

}  // namespace tuma::replay
