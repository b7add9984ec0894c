// What a merchant's programs must know, as `tuma serve` writes it into DATA/clients.
#pragma once

#include "ledger/words/result.h"
#include "protocols/crypto/aes.h"
#include "protocols/crypto/rsa.h"
#include "protocols/wechat/profiles/signature_keys.h"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// DATA/clients/mpesa.json, as far as prompts need it.
struct MpesaClient {
    std::string consumer_key;
    std::string consumer_secret;
    std::string shortcode;
    std::string passkey;
};

/// DATA/clients/wechat.json with the keys that it names.
struct WechatClient {
    std::string mchid;
    std::string appid;
    crypto::Aes256Key apiv3_key;
    wechat::SigningKey merchant;
    /// The platform's, by the name in Wechatpay-Serial: its certificate's and its public key.
    std::vector<wechat::VerifyingKey> platform;
};

/// DATA/clients/mtn-momo.json, as far as requests to pay need it.
struct MomoClient {
    std::string target_environment;
    std::string currency;
    std::string api_user;
    std::string api_key;
    std::string collection_key;
};

/// Refuse, with the file's name or the member's: a file that cannot be read, no JSON object, a
/// member that is missing or no text, a key that is none.
Result<MpesaClient> read_mpesa_client(const std::filesystem::path& path);
Result<WechatClient> read_wechat_client(const std::filesystem::path& path);
Result<MomoClient> read_momo_client(const std::filesystem::path& path);

}  // namespace tuma::loadgen
