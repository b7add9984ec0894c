// Puts an X.509 certificate together, term by term; included by the sources of this folder only.
#pragma once

#include "protocols/crypto/certificate.h"
#include "protocols/crypto/openssl_types.h"

#include <optional>

namespace tuma::crypto {

/// One certificate in the making. Each step refuses its term with the term's name.
class CertificateMaker {
public:
    explicit CertificateMaker(const CertificateTerms& terms);

    /// Everything but the issuer and the signature.
    std::optional<InputError> fill(const PublicKey& subject);

    /// Nothing for a certificate that signs itself.
    Result<Certificate> sign(const Certificate* issuer, const PrivateKey& key);

    /// Takes a certificate that OpenSSL has parsed. Refuses (field "certificate") one without an
    /// RSA key.
    static Result<Certificate> adopt(X509Owner certificate);

private:
    std::optional<InputError> set_serial();
    std::optional<InputError> set_validity();
    std::optional<InputError> set_subject();
    std::optional<InputError> set_names();
    std::optional<InputError> check_permitted() const;
    /// The value of the extension; empty for none.
    std::string permitted_names() const;
    void add_extension(X509* issuer, int nid, const char* value);

    const CertificateTerms& terms_;
    X509Owner certificate_;
};

}  // namespace tuma::crypto
