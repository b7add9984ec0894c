#include "tests/support/markup.h"

#include <algorithm>
#include <cctype>

namespace tuma::testing {
namespace {

bool is_name_character(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == ':' || c == '_';
}

/// The first entity that is none of those allowed, or an empty text.
std::string bad_entity(std::string_view text) {
    for (std::size_t at = text.find('&'); at != std::string_view::npos;
         at = text.find('&', at + 1)) {
        const std::string_view rest = text.substr(at);
        const auto begins = [&](std::string_view entity) { return rest.starts_with(entity); };
        if (!begins("&amp;") && !begins("&lt;") && !begins("&gt;") && !begins("&quot;") &&
            !begins("&#39;") && !begins("&#160;")) {
            return std::string(rest.substr(0, 20));
        }
    }
    return {};
}

/// Where the first byte is that is not printable UTF-8, or nothing. Overlong forms are not looked
/// for.
std::optional<std::size_t> bad_byte(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = static_cast<unsigned char>(text[i]);
        const std::size_t more = byte < 0x80   ? 0
                                 : byte < 0xC2 ? 9
                                 : byte < 0xE0 ? 1
                                 : byte < 0xF0 ? 2
                                 : byte < 0xF5 ? 3
                                               : 9;
        if ((byte < 0x20 && byte != '\n' && byte != '\t') || more == 9) return i;
        for (std::size_t k = 1; k <= more; ++k) {
            if (i + k >= text.size() || (static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) {
                return i;
            }
        }
        i += more + 1;
    }
    return std::nullopt;
}

class Reader {
public:
    explicit Reader(std::string_view page) : rest_(page) {}

    Markup read() {
        if (const auto at = bad_byte(rest_)) return failed("not UTF-8", rest_.substr(*at));
        if (rest_.starts_with("<!doctype html>")) rest_.remove_prefix(15);
        while (!rest_.empty() && out_.fault.empty()) {
            if (rest_.front() == '<') {
                tag();
            } else {
                text();
            }
        }
        if (out_.fault.empty() && !open_.empty()) return failed("never closed", open_.back());
        return std::move(out_);
    }

private:
    Markup failed(std::string_view what, std::string_view where) {
        fail(what, where);
        return std::move(out_);
    }

    void fail(std::string_view what, std::string_view where) {
        if (out_.fault.empty())
            out_.fault = std::string(what) + ": " + std::string(where.substr(0, 60));
    }

    void text() {
        const std::string_view text = rest_.substr(0, rest_.find('<'));
        if (const std::string entity = bad_entity(text); !entity.empty()) fail("entity", entity);
        out_.text += text;
        rest_.remove_prefix(text.size());
    }

    void tag() {
        if (rest_.starts_with("</")) return closing_tag();
        const std::string_view whole = rest_;
        rest_.remove_prefix(1);
        Element element{name(), {}};
        if (element.name.empty()) return fail("no tag", whole);
        while (!rest_.empty() && rest_.front() != '>' && rest_.front() != '/') {
            if (!attribute(element)) return fail("attribute", whole);
        }
        const bool is_empty = rest_.starts_with("/>");
        if (!is_empty && !rest_.starts_with(">")) return fail("tag does not end", whole);
        rest_.remove_prefix(is_empty ? 2 : 1);
        out_.text += ' ';
        if (!is_empty) {
            open_.push_back(element.name);
            if (element.name == "script" || element.name == "style") skip_raw(element.name);
        }
        out_.elements.push_back(std::move(element));
    }

    void closing_tag() {
        const std::string_view whole = rest_;
        rest_.remove_prefix(2);
        const std::string closed = name();
        if (open_.empty() || open_.back() != closed || !rest_.starts_with(">")) {
            return fail("closes what is not open", whole);
        }
        open_.pop_back();
        rest_.remove_prefix(1);
    }

    std::string name() {
        std::size_t end = 0;
        while (end < rest_.size() && is_name_character(rest_[end])) ++end;
        std::string out(rest_.substr(0, end));
        rest_.remove_prefix(end);
        return out;
    }

    bool attribute(Element& element) {
        if (!rest_.starts_with(" ")) return false;
        rest_.remove_prefix(1);
        const std::string key = name();
        if (key.empty() || !rest_.starts_with("=\"")) return false;
        rest_.remove_prefix(2);
        const std::size_t end = rest_.find('"');
        if (end == std::string_view::npos) return false;
        const std::string_view value = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        if (value.find('<') != std::string_view::npos || !bad_entity(value).empty()) return false;
        if (element.find(key)) return false;
        element.attributes.emplace_back(key, value);
        return true;
    }

    void skip_raw(const std::string& element) {
        const std::size_t end = rest_.find("</");
        if (end == std::string_view::npos || !rest_.substr(end + 2).starts_with(element)) {
            return fail("raw text ends early", element);
        }
        rest_.remove_prefix(end);
    }

    std::string_view rest_;
    std::vector<std::string> open_;
    Markup out_;
};

}  // namespace

std::optional<std::string_view> Element::find(std::string_view attribute) const {
    const auto found = std::find_if(attributes.begin(), attributes.end(),
                                    [&](const auto& one) { return one.first == attribute; });
    if (found == attributes.end()) return std::nullopt;
    return found->second;
}

Markup read_markup(std::string_view page) {
    return Reader(page).read();
}

}  // namespace tuma::testing
