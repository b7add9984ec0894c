// Reads SecurityCredentials: initiators' passwords, encrypted for the emulator's own certificate.
#pragma once

#include "protocols/crypto/rsa.h"
#include "protocols/mpesa/profiles/options.h"
#include "protocols/mpesa/profiles/profiles.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tuma::mpesa {

/// The private key, read once. Any number of threads.
class CredentialReader {
public:
    /// `keys` as in the profile; a key that cannot be read decrypts nothing.
    explicit CredentialReader(const std::optional<CredentialKeys>& keys);

    /// Whether `credential` (base64) is `password` encrypted for the key; with `accepts_prefix`
    /// also if more follows the password. RSAES-PKCS1-v1_5. Source: mpesa reference, section 1.16.
    bool matches(std::string_view credential, std::string_view password, bool accepts_prefix) const;

private:
    std::optional<crypto::PrivateKey> key_;
};

/// What an initiator's request needs to be allowed to do.
struct Credentials {
    std::string_view initiator;
    std::string_view credential;
    std::string_view role;  ///< "b2c", "b2b", "balance", "status", "reversal"
};

/// The result code with which a request fails for who asks, or 0: 2001 for a name that the business
/// does not know and for a wrong credential, 8006 for a locked one, 21 for a missing role.
std::uint16_t check_initiator(const Shortcode& shortcode, const Credentials& given,
                              const CredentialReader& reader, const Options& options);

}  // namespace tuma::mpesa
