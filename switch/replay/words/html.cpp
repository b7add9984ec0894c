#include "switch/replay/words/html.h"

#include "ledger/words/utf8.h"

#include <fmt/format.h>

#include <cstdint>

namespace tuma::replay {
std::string breakable(std::string_view name) {
    std::string out;
    for (const char c : escaped(name)) {
        out += c;
        // Long names with underscores would push a table out of the page.
        if (c == '_') out += "<wbr/>";
    }
    return out;
}

std::string prose(std::string_view text) {
    const std::string from = escaped(text);
    const auto is_letter = [&](std::size_t i) { return from[i] >= 'A' && from[i] <= 'Z'; };
    std::string out;
    for (std::size_t i = 0; i < from.size(); ++i) {
        const bool is_before_share = from[i] == ' ' && i + 1 < from.size() && from[i + 1] == '%';
        const bool is_behind_currency =
            // Three capital letters in front of a blank are taken for a currency; in prose of ours
            // nothing else looks so.
            from[i] == ' ' && i >= 3 && is_letter(i - 1) && is_letter(i - 2) && is_letter(i - 3);
        if (is_before_share || is_behind_currency) {
            out += "\u00A0";
        } else {
            out += from[i];
        }
    }
    return out;
}

std::string shortened(std::string_view text, std::size_t characters_max) {
    std::size_t end = 0;
    for (std::size_t n = 0; end < text.size(); ++n) {
        // Cut between characters, never inside one.
        if (n == characters_max) return std::string(text.substr(0, end)) + "…";
        end += std::max<std::size_t>(utf8_size(text.substr(end)), 1);
    }
    return std::string(text);
}

std::string listed(const std::vector<std::string>& names, std::size_t most) {
    const bool is_cut = names.size() > most;
    const std::size_t shown = is_cut ? most : names.size();
    std::string out;
    for (std::size_t i = 0; i < shown; ++i) {
        const bool is_last = i + 1 == shown && !is_cut;
        if (i > 0) out += is_last ? " and " : ", ";
        out += names[i];
    }
    if (is_cut) out += fmt::format(" and {} more", names.size() - most);
    return out;
}

std::string_view file_name(std::string_view path) {
    const std::size_t slash = path.find_last_of('/');
    const std::string_view name = slash == std::string_view::npos ? path : path.substr(slash + 1);
    // A path that ends in a slash has no last part; then all of it is shown.
    return name.empty() ? path : name;
}

std::string line_classes(std::size_t style) {
    // The colour changes first, so that neighbours differ most.
    return fmt::format("c{} s{}", style % 8, style / 8 % 4);
}

std::string swatch(std::size_t style) {
    return fmt::format(
        "<svg class=\"swatch\" viewBox=\"0 0 30 8\" aria-hidden=\"true\"><path class=\"line {}\" "
        "d=\"M2 4H28\"/></svg>",
        line_classes(style));
}

std::string number_cell(std::string_view text, std::int64_t sort_key) {
    // Sorted by the number, since texts with commas and signs sort by their letters.
    return fmt::format("<td class=\"n\" data-key=\"{}\">{}</td>", sort_key, escaped(text));
}

std::string nothing_cell(std::string_view text) {
    return fmt::format("<td class=\"n nil\" data-key=\"0\">{}</td>", escaped(text));
}

std::string number_cell(std::string_view text) {
    return fmt::format("<td class=\"n\">{}</td>", escaped(text));
}

}  // namespace tuma::replay
