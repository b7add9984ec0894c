#include "switch/ops/masked_text.h"

#include "ledger/words/text.h"

#include <algorithm>
#include <array>

namespace tuma::net {
namespace {

constexpr std::size_t number_digits_min = 7;
constexpr std::string_view mask = "***";

// What a name has in it, and what it is as a whole, in small letters without marks.
constexpr std::array<std::string_view, 8> secret_parts{
    "password", "secret", "credential", "passkey", "token", "apikey", "v3key", "privatekey"};
constexpr std::array<std::string_view, 8> secret_names{"pin",      "sign",  "paysign", "signature",
                                                       "authcode", "v2key", "openid",  "subopenid"};

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_of_name(char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool is_secret(std::string_view name) {
    std::string plain;
    for (const char c : name)
        if (is_letter(c) || (c >= '0' && c <= '9'))
            plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
    return std::find(secret_names.begin(), secret_names.end(), plain) != secret_names.end() ||
           std::any_of(secret_parts.begin(), secret_parts.end(), [&](std::string_view part) {
               return plain.find(part) != std::string::npos;
           });
}

// Where the name that begins at `from` ends.
std::size_t end_of_name(std::string_view text, std::size_t from) {
    while (from < text.size() && is_of_name(text[from])) ++from;
    return from;
}

// Reads the message once, from left to right.
class Masking {
public:
    explicit Masking(std::string_view text) : rest_(text) {}

    std::string masked() {
        while (!rest_.empty()) step();
        return std::move(shown_);
    }

private:
    void step() {
        if (rest_.front() == '"') return take_member();
        if (rest_.front() == '<') return take_element();
        const std::size_t name = end_of_name(rest_, 0);
        if (name == 0) return show(1);
        const bool hides =
            name < rest_.size() && rest_[name] == '=' && is_secret(rest_.substr(0, name));
        show(name);
        if (!hides) return;
        show(1);
        hide(rest_.find_first_of("& \r\n,"));
    }

    // A text of JSON, and its value if it is the name of something secret.
    void take_member() {
        const std::size_t end = end_of_json_text(rest_, 0);
        const bool hides = end > 2 && is_secret(rest_.substr(1, end - 2));
        show(end);
        if (!hides) return;
        const std::size_t value = rest_.find_first_not_of(" \t\r\n:");
        // Without a colon it is no name but a value.
        if (rest_.substr(0, value).find(':') == std::string_view::npos) return;
        show(value);
        if (rest_.empty()) return;
        hide(rest_.front() == '"' ? end_of_json_text(rest_, 0) : rest_.find_first_of(",}]\r\n"));
    }

    void take_element() {
        const std::size_t name = end_of_name(rest_, 1);
        const std::size_t end = rest_.find('>');
        const bool hides = is_secret(rest_.substr(1, name - 1));
        show(end == std::string_view::npos ? end : end + 1);
        if (hides) hide(rest_.find("</"));
    }

    void show(std::size_t size) {
        shown_ += rest_.substr(0, size);
        rest_.remove_prefix(std::min(size, rest_.size()));
    }
    void hide(std::size_t size) {
        shown_ += mask;
        rest_.remove_prefix(std::min(size, rest_.size()));
    }

    std::string_view rest_;
    std::string shown_;
};

}  // namespace

std::string masked_numbers(std::string_view text) {
    std::string shown;
    while (!text.empty()) {
        const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
        if (digits >= number_digits_min)
            shown += mask;
        else
            shown += text.substr(0, digits);
        text.remove_prefix(digits);
        const std::size_t others = std::min(text.find_first_of("0123456789"), text.size());
        shown += text.substr(0, others);
        text.remove_prefix(others);
    }
    return shown;
}

std::string masked_message(std::string_view text) {
    return masked_numbers(Masking(text).masked());
}

}  // namespace tuma::net
