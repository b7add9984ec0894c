#include "protocols/kit/access.h"

#include "protocols/crypto/digest.h"
#include "protocols/crypto/encoding.h"

#include <algorithm>

namespace tuma::protocols {
namespace {

constexpr std::size_t credentials_bytes_max = 1'024;
constexpr std::size_t token_bytes_max = 4'096;

bool is_same_letter(char a, char b) {
    const auto lower = [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return lower(a) == lower(b);
}

// Base64 for URLs, without padding. Source: RFC 7515, section 2.
std::string url_encoded(std::string_view bytes) {
    std::string text = crypto::base64_encode(bytes);
    text.erase(text.find_last_not_of('=') + 1);
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    return text;
}

std::optional<std::string> url_decoded(std::string text) {
    std::replace(text.begin(), text.end(), '-', '+');
    std::replace(text.begin(), text.end(), '_', '/');
    // The padding that RFC 7515 leaves off; the decoder wants it.
    text.append((4 - text.size() % 4) % 4, '=');
    Result<std::string> bytes = crypto::base64_decode(text, token_bytes_max);
    if (!bytes) return std::nullopt;
    return std::move(bytes).value();
}

std::string proof_of(std::string_view secret, std::string_view said) {
    return url_encoded(crypto::as_text(crypto::hmac_sha256(secret, said)));
}

}  // namespace

std::string_view authorization(const http::HttpRequest& request, std::string_view scheme) {
    const std::string* const field = request.find("Authorization");
    if (field == nullptr) return {};
    const std::string_view text = *field;
    // Without the blank "BearerX" would be the scheme Bearer.
    if (text.size() <= scheme.size() || text[scheme.size()] != ' ') return {};
    if (!std::equal(scheme.begin(), scheme.end(), text.begin(), is_same_letter)) return {};
    const std::size_t begin = text.find_first_not_of(' ', scheme.size());
    return begin == std::string_view::npos ? std::string_view{} : text.substr(begin);
}

std::optional<std::pair<std::string, std::string>> basic_credentials(
    const http::HttpRequest& request) {
    const auto pair = crypto::base64_decode(authorization(request, "Basic"), credentials_bytes_max);
    // A field that is missing decodes to an empty text, which has no colon. Only the first one
    // counts, because a password may have more.
    const std::size_t colon = pair ? pair->find(':') : std::string::npos;
    if (colon == std::string::npos) return std::nullopt;
    return std::pair{pair->substr(0, colon), pair->substr(colon + 1)};
}

std::string signed_claims(std::string_view secret, std::string_view json) {
    const std::string said =
        url_encoded(R"({"typ":"JWT","alg":"HS256"})") + "." + url_encoded(json);
    return said + "." + proof_of(secret, said);
}

std::optional<std::string> read_claims(std::string_view secret, std::string_view token) {
    const std::size_t first = token.find('.');
    const std::size_t last = token.rfind('.');
    if (token.size() > token_bytes_max || first == last) return std::nullopt;
    // The header is covered by the proof and is not read: what it says of an algorithm must not
    // decide how the proof is checked.
    const std::string proof = proof_of(secret, token.substr(0, last));
    // How much of a guess was right must not be measurable.
    if (!crypto::constant_time_equal(proof, token.substr(last + 1))) return std::nullopt;
    return url_decoded(std::string(token.substr(first + 1, last - first - 1)));
}

}  // namespace tuma::protocols
