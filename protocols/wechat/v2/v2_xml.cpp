#include "protocols/wechat/v2/v2_xml.h"

#include "ledger/words/utf8.h"

#include <pugixml.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

namespace tuma::wechat {
namespace {

// No entities and no line ends are touched; a DOCTYPE and text outside the root are found.
constexpr unsigned parse_options =
    pugi::parse_cdata | pugi::parse_ws_pcdata_single | pugi::parse_doctype | pugi::parse_fragment;

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

// Source: XML 1.0, production [2] Char.
bool is_xml_character(std::uint32_t code) {
    if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
    return code <= 0xD7FF || (code >= 0xE000 && code <= 0xFFFD) ||
           (code >= 0x10000 && code <= 0x10FFFF);
}

// Bytes of the XML character at the front; 0 if there is none.
std::size_t character_size(std::string_view text) {
    const std::size_t size = utf8_size(text);
    // utf8_size() has refused surrogates and what is no UTF-8.
    if (size == 1 && !is_xml_character(static_cast<unsigned char>(text[0]))) return 0;
    // U+FFFE and U+FFFF are the only others that XML leaves out.
    if (size == 3 && (text.starts_with("\xEF\xBF\xBE") || text.starts_with("\xEF\xBF\xBF")))
        return 0;
    return size;
}

bool is_all_characters(std::string_view text) {
    while (!text.empty()) {
        const std::size_t size = character_size(text);
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

void append_character(std::string& out, std::uint32_t code) {
    const auto tail = [&](unsigned shift) {
        out += static_cast<char>(0x80U | ((code >> shift) & 0x3FU));
    };
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += static_cast<char>(0xC0U | (code >> 6U));
        tail(0);
    } else if (code < 0x10000) {
        out += static_cast<char>(0xE0U | (code >> 12U));
        tail(6);
        tail(0);
    } else {
        out += static_cast<char>(0xF0U | (code >> 18U));
        tail(12);
        tail(6);
        tail(0);
    }
}

struct Entity {
    std::string_view name;
    char character;
};
constexpr std::array entities{Entity{"amp", '&'}, Entity{"lt", '<'}, Entity{"gt", '>'},
                              Entity{"quot", '"'}, Entity{"apos", '\''}};

// What stands between '&' and ';'.
bool append_reference(std::string& out, std::string_view name) {
    const auto known = std::find_if(entities.begin(), entities.end(),
                                    [&](const Entity& entity) { return entity.name == name; });
    // XML's own five and no others: a DOCTYPE could define more, which is how documents are made to
    // grow without end.
    if (known != entities.end()) {
        out += known->character;
        return true;
    }
    if (!name.starts_with('#')) return false;
    name.remove_prefix(1);
    const bool is_hexadecimal = name.starts_with('x');
    if (is_hexadecimal) name.remove_prefix(1);
    std::uint32_t code = 0;
    const auto [end, error] =
        std::from_chars(name.data(), name.data() + name.size(), code, is_hexadecimal ? 16 : 10);
    // A reference must not bring in what could not stand there itself.
    if (error != std::errc{} || end != name.data() + name.size() || !is_xml_character(code))
        return false;
    append_character(out, code);
    return true;
}

bool append_plain(std::string& out, std::string_view text) {
    while (!text.empty()) {
        const std::size_t mark = std::min(text.find('&'), text.size());
        out += text.substr(0, mark);
        text.remove_prefix(mark);
        if (text.empty()) break;
        const std::size_t end = text.find(';');
        // A lone & is no XML, though many writers forget it; reading it leniently would change what
        // is signed.
        if (end == std::string_view::npos || !append_reference(out, text.substr(1, end - 1)))
            return false;
        text.remove_prefix(end + 1);
    }
    return true;
}

std::optional<std::string> value_of(const pugi::xml_node& element) {
    std::string value;
    for (const pugi::xml_node& part : element.children()) {
        // Taken as it is: in CDATA an & is only an &.
        if (part.type() == pugi::node_cdata)
            value += part.value();
        else if (part.type() != pugi::node_pcdata || !append_plain(value, part.value()))
            return std::nullopt;
    }
    return value;
}

// The root when there is nothing beside it.
pugi::xml_node only_root(const pugi::xml_document& document, std::string_view name) {
    pugi::xml_node root;
    for (const pugi::xml_node& node : document.children()) {
        // A DOCTYPE, a text beside the root or a second root: none of them is in a message of v2.
        if (node.type() != pugi::node_element || root || node.name() != name) return {};
        root = node;
    }
    return root;
}

std::optional<V2Fields> fields_of(const pugi::xml_node& root) {
    V2Fields fields;
    for (const pugi::xml_node& element : root.children()) {
        if (element.type() != pugi::node_element || fields.size() == v2_elements_max)
            return std::nullopt;
        auto value = value_of(element);
        // A field that is there twice could be signed as the one and read as the other.
        if (!value || !fields.emplace(element.name(), *std::move(value)).second)
            return std::nullopt;
    }
    return fields;
}

void append_cdata(std::string& out, std::string_view value) {
    constexpr std::string_view end = "]]>";
    out += "<![CDATA[";
    for (std::size_t at = value.find(end); at != std::string_view::npos; at = value.find(end)) {
        // The end mark is cut in two, because nothing inside CDATA can be escaped.
        out += value.substr(0, at + 2);
        out += "]]><![CDATA[";
        value.remove_prefix(at + 2);
    }
    out += value;
    out += end;
}

}  // namespace

Result<V2Fields, V2XmlFault> read_v2_xml(std::string_view xml, std::string_view root) {
    // An empty body has an error of its own, POST_DATA_EMPTY.
    if (std::all_of(xml.begin(), xml.end(), is_blank)) return V2XmlFault::empty;
    if (xml.size() > v2_xml_bytes_max) return V2XmlFault::too_large;
    // Before the parser, which would take such bytes and hand them on.
    if (!is_all_characters(xml)) return V2XmlFault::not_utf8;
    pugi::xml_document document;
    if (!document.load_buffer(xml.data(), xml.size(), parse_options, pugi::encoding_utf8))
        return V2XmlFault::malformed;
    auto fields = fields_of(only_root(document, root));
    if (!fields || !only_root(document, root)) return V2XmlFault::malformed;
    return *std::move(fields);
}

std::string write_v2_xml(const V2List& fields, std::string_view root) {
    std::string xml;
    xml.append("<").append(root).append(">");
    for (const auto& [name, value] : fields) {
        xml.append("<").append(name).append(">");
        // All values in CDATA, so that none has to be escaped.
        append_cdata(xml, value);
        xml.append("</").append(name).append(">");
    }
    return xml.append("</").append(root).append(">");
}

std::string v2_text(std::string_view text) {
    std::string out;
    while (!text.empty()) {
        const std::size_t size = character_size(text);
        if (size == 0)
            // One for each byte that is no good, and the next byte may begin a character again.
            out += '?';
        else
            out += text.substr(0, size);
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    return out;
}

V2Fields sorted(const V2List& fields) {
    return {fields.begin(), fields.end()};
}

}  // namespace tuma::wechat
