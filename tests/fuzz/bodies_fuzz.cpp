// Fuzzes what dialects read of JSON and URLs: any bytes as a Daraja body, as every profile that is
// stored for M-Pesa and WeChat Pay, and as an address.
#include "ledger/words/ensure.h"
#include "protocols/http/url.h"
#include "protocols/mpesa/profiles/numbers.h"
#include "protocols/mpesa/profiles/options.h"
#include "protocols/mpesa/profiles/profiles.h"
#include "protocols/mpesa/wire/body.h"
#include "protocols/wechat/profiles/options.h"
#include "protocols/wechat/profiles/profiles.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace tuma;

void read_body(std::string_view bytes) {
    const Result<mpesa::Body> body = mpesa::Body::read(bytes);
    if (!body) return;
    for (const std::string_view key : {"Amount", "PartyA", "Remarks", "a", ""}) {
        const auto text = body->find(key);
        ensure(!text || !body->is_mistyped(key), "a value of another type came as text");
        if (!text) continue;
        ensure(!text->empty() && text->front() != ' ' && text->back() != ' ',
               "blanks at the ends came back");
        if (const auto cents = mpesa::read_amount(*text))
            ensure(*cents > 0 && *cents % 100 == 0, "an amount is no whole shillings");
        if (const auto number = mpesa::read_msisdn(*text, true))
            ensure(mpesa::is_msisdn(*number), "a number was read that is none");
    }
}

// A list of what is a body by itself is read, and any other bytes are read as bodies or not at all.
void read_list(std::string_view bytes) {
    constexpr std::size_t most = 3;
    const auto list = mpesa::Body::read_list(bytes, most);
    ensure(!list || (!list->empty() && list->size() <= most),
           "a list of no bodies, or of too many");
    if (!mpesa::Body::read(bytes)) return;
    const std::string one(bytes);
    const auto two = mpesa::Body::read_list("[" + one + "," + one + "]", most);
    ensure(two.has_value() && two->size() == 2, "a body is none in a list");
    ensure(!mpesa::Body::read_list("[" + one + "," + one + "]", 1),
           "more bodies than were allowed");
}

// What is read can be written, and read again it is the same.
template <typename Read>
void read_twice(std::string_view bytes, const Read& read) {
    const auto first = read(bytes);
    if (!first) return;
    const auto second = read(to_json(*first));
    ensure(second.has_value() && *second == *first, "a profile came back different");
}

void read_profiles(std::string_view bytes) {
    read_twice(bytes, mpesa::read_app);
    read_twice(bytes, mpesa::read_shortcode);
    read_twice(bytes, mpesa::read_customer);
    read_twice(bytes, mpesa::read_urls);
    read_twice(bytes, mpesa::read_pull);
    read_twice(bytes, mpesa::read_biller);
    read_twice(bytes, mpesa::read_keys);
    read_twice(bytes, mpesa::read_options);
    read_twice(bytes, wechat::read_merchant);
    read_twice(bytes, wechat::read_options);
    // It reads a key even where there is none, and that takes as long as all else.
    if (bytes.find("public_key") != std::string_view::npos)
        read_twice(bytes, wechat::read_platform);
}

void read_url(std::string_view bytes) {
    const Result<http::Url> url = http::parse_url(bytes);
    if (!url) return;
    ensure(!url->host.empty() && url->port != 0, "a URL leads nowhere");
    ensure(url->target.starts_with('/'), "a target is no path");
    const std::string again =
        (url->is_tls ? "https://" : "http://") + url->host_field + url->target;
    // The path "/" is longer than none.
    if (again.size() > http::url_bytes_max) return;
    const Result<http::Url> second = http::parse_url(again);
    ensure(second.has_value() && *second == *url, "a URL came back different");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    read_body(bytes);
    read_list(bytes);
    read_list("[{" + std::string(bytes) + "}]");
    read_profiles(bytes);
    read_url(bytes);
    read_url("http://" + std::string(bytes));
    // Most bytes are no JSON; these are, when they are text.
    read_body("{\"a\":\"" + std::string(bytes) + "\"}");
    read_body("{\"Amount\":" + std::string(bytes) + "}");
    read_profiles("{" + std::string(bytes) + "}");
    return 0;
}
