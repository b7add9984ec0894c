// One request of a merchant with everything that answering it may need, kept until it is answered.
#pragma once

#include "protocols/adapter.h"
#include "protocols/wechat/known_keys.h"
#include "protocols/wechat/options.h"

#include <boost/json/value.hpp>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::wechat {

/// A request whose signature holds and whose body was read.
struct Call {
    protocols::Context context;
    std::shared_ptr<const Options> options;
    PlatformPtr platform;
    http::HttpRequest request;
    KnownKeys* keys = nullptr;                                ///< for other merchants than who asks
    MerchantPtr merchant{};                                   ///< null until it is known
    boost::json::value body{};                                ///< an object, or null without one
    std::vector<std::string> arguments{};                     ///< of the path, decoded
    std::map<std::string, std::string, std::less<>> query{};  ///< decoded

    const Merchant& profile() const { return merchant->profile; }
    /// A parameter of the query, empty without it.
    std::string_view parameter(std::string_view name) const {
        const auto found = query.find(name);
        return found == query.end() ? std::string_view{} : std::string_view{found->second};
    }
};
/// Shared by the steps that answer one request.
using CallPtr = std::shared_ptr<const Call>;

/// The part of a request's random bytes that serves one purpose; no two overlap.
struct ChancePart {
    std::size_t offset;
    std::size_t size;
};
inline constexpr ChancePart chance_nonce{0, 16};
inline constexpr ChancePart chance_request_id{16, 20};
inline constexpr ChancePart chance_token{36, 8};
inline constexpr ChancePart chance_resource{44, 12};

/// The part as upper-case hexadecimal.
std::string chance_hex(const protocols::Chance& chance, ChancePart part);
/// The part as letters and digits, one a byte.
std::string chance_text(const protocols::Chance& chance, ChancePart part);

}  // namespace tuma::wechat
