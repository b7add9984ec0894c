// Fuzzes the Authorization header of WeChat Pay: any bytes as its value, and behind the right
// scheme.
#include "protocols/wechat/wire/authorization.h"
#include "protocols/wechat/wire/sign_error.h"

#include <boost/json/parse.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace {

using namespace tuma;

// Read once; no key of it ever verifies what the fuzzer invents.
const wechat::VerifyingKey& merchant_key() {
    static const wechat::VerifyingKey key{"1D", crypto::PrivateKey::generate().public_key()};
    return key;
}

void read_header(std::string_view value) {
    const wechat::SignedRequest request{"POST", value, value};
    const auto read = wechat::parse_authorization(value);
    if (!read) {
        static_cast<void>(
            boost::json::parse(wechat::sign_error_body(read.error(), request, nullptr)));
        return;
    }
    const auto again = wechat::parse_authorization(wechat::text(*read));
    ensure(again.has_value() && *again == *read, "an accepted header came back different");
    const auto error = wechat::verify_request(*read, request, {&merchant_key(), 1}, read->time());
    ensure(error.has_value(), "an invented signature verified");
    static_cast<void>(boost::json::parse(wechat::sign_error_body(*error, request, &*read)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    read_header(bytes);
    read_header(std::string(wechat::signature_scheme) + " " + std::string(bytes));
    return 0;
}
