// Any bytes as a scheme: refused, or the very bytes that the scheme is written as.
#include "ledger/words/ensure.h"
#include "switch/core/rules/scheme_bytes.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

using namespace tuma;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::byte> bytes = std::as_bytes(std::span{data, size});
    const Result<core::Scheme> scheme = core::read_scheme(bytes);
    if (!scheme) {
        ensure(!scheme.error().field.empty() && !scheme.error().reason.empty(),
               "a refusal says where and why");
        return 0;
    }
    const auto again = core::scheme_bytes(*scheme);
    ensure(std::equal(again.begin(), again.end(), bytes.begin(), bytes.end()),
           "a scheme is the bytes it was read from");
    return 0;
}
