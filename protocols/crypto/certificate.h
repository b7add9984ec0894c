// X.509 certificates: reading them, and making those that an emulator shows: its own authority, TLS
// servers, signers.
#pragma once

#include "ledger/words/time.h"
#include "protocols/crypto/rsa.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct x509_st;  // OpenSSL's X509

namespace tuma::crypto {

/// What a certificate is for; decides its key usage and constraints.
enum class CertificateUse {
    authority,  ///< signs other certificates
    server,     ///< a TLS server, found by its names and addresses
    signer,     ///< signs messages: a payment platform, a merchant
};

/// What a certificate says. The same terms and keys make the same certificate, byte for byte.
struct CertificateTerms {
    CertificateUse use = CertificateUse::signer;
    std::string common_name;   ///< UTF-8, 1 to 64 characters
    std::string organization;  ///< UTF-8, up to 64 characters; empty for none
    std::string serial;  ///< hexadecimal, up to 40 digits, not zero, the highest of 160 bits clear
    Timestamp not_before{};                   ///< from 1950; whole seconds count
    Timestamp not_after{};                    ///< later than `not_before`, up to the year 9999
    std::vector<std::string> dns_names{};     ///< subject alternative names; "*.example.org" is one
    std::vector<std::string> ip_addresses{};  ///< IPv4 or IPv6 in text
    /// Of an authority: the only names (and those below them) and addresses that certificates under
    /// it are good for; without any, all are. No authority may stand below it.
    /// Source: RFC 5280, section 4.2.1.10.
    std::vector<std::string> permitted_dns_names{};
    std::vector<std::string> permitted_ip_addresses{};
};

/// An X.509 certificate with an RSA key. Immutable; any number of threads may use one at once.
class Certificate {
public:
    /// Reads PEM (the first "CERTIFICATE" block) or DER.
    /// Refuses (field "certificate") anything else, and keys that `PublicKey::read` refuses.
    static Result<Certificate> read(std::string_view text);

    /// "CERTIFICATE" in PEM, with a line feed at its end.
    std::string pem() const;

    /// Upper-case hexadecimal, an even number of digits: what WeChat Pay calls serial_no.
    std::string serial() const;

    std::string common_name() const;
    Timestamp not_before() const;
    Timestamp not_after() const;
    const PublicKey& public_key() const { return public_key_; }

    /// Whether `issuer` is named as the issuer and its key has signed this; says nothing of
    /// validity in time.
    bool is_issued_by(const Certificate& issuer) const;

    /// Whether a TLS client that wants to speak with this name, or address, is content with it.
    bool names_host(const std::string& dns_name) const;
    bool names_address(const std::string& ip_address) const;

    /// The names that certificates under this authority are limited to, as they were given; empty
    /// if there is no such limit.
    std::vector<std::string> permitted_dns_names() const;

    /// For the other sources of this folder.
    x509_st* handle() const { return certificate_.get(); }

private:
    friend class CertificateMaker;
    Certificate(std::shared_ptr<x509_st> certificate, PublicKey public_key)
        : certificate_(std::move(certificate)), public_key_(std::move(public_key)) {}

    std::shared_ptr<x509_st> certificate_;
    PublicKey public_key_;
};

/// A certificate for `subject`, signed by the issuer. Refuses with the term's name what the terms'
/// comments exclude. Requires: `issuer_key` belongs to `issuer`.
Result<Certificate> make_certificate(const CertificateTerms& terms, const PublicKey& subject,
                                     const Certificate& issuer, const PrivateKey& issuer_key);

/// A certificate that its own key has signed: an authority's, or a signer's without one. Refuses as
/// above.
Result<Certificate> make_self_signed(const CertificateTerms& terms, const PrivateKey& key);

/// Key and certificate in one file under a password (PKCS #12, DER), as some clients want them.
/// Other bytes each time: OpenSSL salts it. Requires: the key belongs to the certificate.
std::string pkcs12(const Certificate& certificate, const PrivateKey& key,
                   const std::string& password);

/// A serial of 40 digits made from random bytes: the highest bit is cleared, the one below set.
std::string certificate_serial(std::span<const std::byte, 20> random);

}  // namespace tuma::crypto
