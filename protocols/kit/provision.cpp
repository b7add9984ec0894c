#include "protocols/kit/provision.h"

#include "ledger/words/ensure.h"
#include "protocols/crypto/certificate.h"
#include "protocols/crypto/rsa.h"

namespace tuma::protocols {

KeyPair draw_key_pair(const Making& making, std::string_view purpose,
                      const std::string& common_name, std::chrono::days life) {
    const crypto::PrivateKey key = crypto::PrivateKey::generate();
    crypto::CertificateTerms terms;
    terms.common_name = common_name;
    terms.organization = "tuma";
    terms.serial = crypto::certificate_serial(making.bytes<20>(purpose));
    // Clocks of clients may be behind this machine's.
    terms.not_before = making.outside - std::chrono::days{1};
    terms.not_after = making.outside + life;
    const auto certificate = crypto::make_self_signed(terms, key);
    ensure(certificate.has_value(), "terms of our own make a certificate");
    return {key.pem(), certificate->pem()};
}

}  // namespace tuma::protocols
