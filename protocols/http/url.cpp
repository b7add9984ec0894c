#include "protocols/http/url.h"

#include <boost/url/parse.hpp>
#include <boost/url/scheme.hpp>
#include <boost/url/url_view.hpp>

namespace tuma::http {
namespace {

// RFC 1035, section 2.3.4, without the dots at both ends.
constexpr std::size_t host_bytes_max = 253;

InputError bad(std::string reason) {
    return {"url", std::move(reason)};
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
    namespace urls = boost::urls;
    if (text.size() > url_bytes_max) return bad("is longer than 2048 bytes");
    const auto parsed = urls::parse_uri({text.data(), text.size()});
    if (!parsed) return bad("is no absolute URL");
    const urls::url_view& view = *parsed;
    // Boost.URL 1.81 reads "http://a:8x/" as port 8 and path "x/".
    const std::string target(view.encoded_target());
    const bool is_rooted = target.empty() || target.front() == '/' || target.front() == '?';
    if (view.has_authority() && !is_rooted) return bad("is no absolute URL");
    const bool is_tls = view.scheme_id() == urls::scheme::https;
    if (!is_tls && view.scheme_id() != urls::scheme::http) return bad("is neither http nor https");
    // The URL is kept with the order and stands in logs: no place for a password.
    if (view.has_userinfo()) return bad("has a user in it");
    const std::string host(view.encoded_host_address());
    if (!view.has_authority() || host.empty()) return bad("has no host");
    if (host.size() > host_bytes_max) return bad("has a host of more than 253 bytes");
    // The resolver would be asked for the escape as it stands, and nothing has such a name.
    if (host.find('%') != std::string::npos) return bad("has a percent-encoded host");
    const std::uint16_t usual_port = is_tls ? 443 : 80;
    const bool has_port = view.has_port() && !view.port().empty();
    // Boost.URL says 0 of a number that does not fit, too.
    if (has_port && view.port_number() == 0) return bad("has a port outside 1 to 65535");

    Url url;
    url.is_tls = is_tls;
    url.host = host;
    url.port = has_port ? view.port_number() : usual_port;
    url.host_field = std::string(view.encoded_host());
    // Servers compare this field with their own name, which has no port when it is the usual one.
    if (url.port != usual_port) url.host_field += ":" + std::to_string(url.port);
    url.target = target;
    if (!url.target.starts_with('/')) url.target.insert(0, "/");
    return url;
}

}  // namespace tuma::http
