// One request of a merchant with everything that answering it may need, kept until it is answered.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/kit/ids.h"
#include "protocols/wechat/profiles/known_keys.h"
#include "protocols/wechat/profiles/options.h"

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
    KnownKeys* keys = nullptr;  ///< for other merchants than who asks
    MerchantPtr merchant{};     ///< null until it is known
    /// Who has signed, where a service provider acts for the merchant; else null.
    MerchantPtr partner{};
    boost::json::value body{};                                ///< an object, or null without one
    std::vector<std::string> arguments{};                     ///< of the path, decoded
    std::map<std::string, std::string, std::less<>> query{};  ///< decoded

    /// Whose orders and money it is about.
    const Merchant& profile() const { return merchant->profile; }
    /// Who has signed, and reads the reply.
    const Merchant& signer() const { return (partner == nullptr ? merchant : partner)->profile; }
    /// The service provider's, or empty.
    std::string sp_mchid() const {
        return partner == nullptr ? std::string{} : partner->profile.mchid;
    }
    /// A parameter of the query, empty without it.
    std::string_view parameter(std::string_view name) const {
        const auto found = query.find(name);
        return found == query.end() ? std::string_view{} : std::string_view{found->second};
    }
};
/// Shared by the steps that answer one request.
using CallPtr = std::shared_ptr<const Call>;

/// From here on it is about a merchant for which who has signed acts as a service provider; false
/// if it acts for no such merchant.
bool act_for(Call& call, std::string_view sub_mchid);

/// The parts of a request's random bytes; no two overlap.
using protocols::EntropyPart;
inline constexpr EntropyPart entropy_nonce{0, 16};
inline constexpr EntropyPart entropy_request_id{16, 20};
inline constexpr EntropyPart entropy_token{36, 8};
inline constexpr EntropyPart entropy_resource{44, 12};

/// The part as upper-case hexadecimal.
std::string entropy_hex(const protocols::Entropy& entropy, EntropyPart part);
/// The part as letters and digits, one a byte.
std::string entropy_text(const protocols::Entropy& entropy, EntropyPart part);

}  // namespace tuma::wechat
