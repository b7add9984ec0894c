#include "protocols/mpesa/wire/credential.h"

#include "protocols/crypto/encoding.h"
#include "protocols/mpesa/wire/result_codes.h"

#include <algorithm>

namespace tuma::mpesa {
namespace {

// A 4096-bit key's.
constexpr std::size_t ciphertext_bytes_max = 512;

}  // namespace

CredentialReader::CredentialReader(const std::optional<CredentialKeys>& keys) {
    if (!keys) return;
    Result<crypto::PrivateKey> key = crypto::PrivateKey::read(keys->private_key);
    // A key that cannot be read lets nobody in, and the dialect's other APIs go on.
    if (key) key_ = std::move(key).value();
}

bool CredentialReader::matches(std::string_view credential, std::string_view password,
                               bool accepts_prefix) const {
    // With prefixes allowed, an empty password would match everything.
    if (!key_ || password.empty()) return false;
    const Result<std::string> ciphertext = crypto::base64_decode(credential, ciphertext_bytes_max);
    if (!ciphertext || ciphertext->size() != key_->public_key().size()) return false;
    // A wrong padding gives random bytes, not an error: who asks cannot learn which step has
    // failed.
    const std::string plaintext = key_->decrypt_pkcs1(*ciphertext);
    const std::string_view said = accepts_prefix
                                      ? std::string_view{plaintext}.substr(0, password.size())
                                      : std::string_view{plaintext};
    return crypto::constant_time_equal(said, password);
}

std::uint16_t check_initiator(const Shortcode& shortcode, const Credentials& given,
                              const CredentialReader& reader, const Options& options) {
    const auto initiator =
        std::find_if(shortcode.initiators.begin(), shortcode.initiators.end(),
                     [&](const Initiator& one) { return one.name == given.initiator; });
    if (initiator == shortcode.initiators.end()) return result::wrong_initiator;
    // Before the password, so that a locked initiator hears of the lock.
    if (initiator->locked) return result::credential_locked;
    if (!options.accept_any_credential &&
        !reader.matches(given.credential, initiator->password, options.accept_password_prefix))
        return result::wrong_initiator;
    // Without roles everything is allowed.
    const bool is_allowed =
        initiator->roles.empty() || std::find(initiator->roles.begin(), initiator->roles.end(),
                                              given.role) != initiator->roles.end();
    return is_allowed ? result::success : result::initiator_not_allowed;
}

}  // namespace tuma::mpesa
