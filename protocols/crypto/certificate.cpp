// Reading X.509 certificates by OpenSSL.
#include "protocols/crypto/certificate.h"

#include "ledger/words/ensure.h"
#include "protocols/crypto/certificate_maker.h"
#include "protocols/crypto/encoding.h"
#include "protocols/crypto/openssl_types.h"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <array>

namespace tuma::crypto {
namespace {

X509* parse(std::string_view text) {
    // Told apart by PEM's first words: DER could begin with anything, but not with these.
    if (text.find("-----BEGIN ") != std::string_view::npos)
        return PEM_read_bio_X509(open_bio(text).get(), nullptr, &no_passphrase, nullptr);
    const unsigned char* at = to_openssl(text);
    X509Owner certificate(d2i_X509(nullptr, &at, static_cast<long>(text.size())));
    // Bytes behind the certificate would be kept by nobody and trusted by somebody.
    return at == to_openssl(text) + text.size() ? certificate.release() : nullptr;
}

Timestamp instant(const ASN1_TIME* time) {
    std::tm parts{};
    // The form was checked when the certificate was read, so this can only be a mistake of ours.
    ensure(ASN1_TIME_to_tm(time, &parts) == 1, "a time that was checked cannot be read");
    const auto day = std::chrono::year(parts.tm_year + 1900) / (parts.tm_mon + 1) / parts.tm_mday;
    return std::chrono::sys_days(day) + std::chrono::hours(parts.tm_hour) +
           std::chrono::minutes(parts.tm_min) + std::chrono::seconds(parts.tm_sec);
}

bool has_times(const X509* certificate) {
    return ASN1_TIME_check(X509_get0_notBefore(certificate)) == 1 &&
           ASN1_TIME_check(X509_get0_notAfter(certificate)) == 1;
}

}  // namespace

Result<Certificate> Certificate::read(std::string_view text) {
    // A bound before parsing: certificates are a few kilobytes, and texts come from files that
    // people name.
    if (text.size() > key_text_bytes_max) return InputError{"certificate", "is longer than 64 KiB"};
    const ErrorScope errors;
    X509Owner certificate(parse(text));
    if (!certificate) return InputError{"certificate", "is no X.509 certificate in PEM or DER"};
    return CertificateMaker::adopt(std::move(certificate));
}

Result<Certificate> CertificateMaker::adopt(X509Owner certificate) {
    // A certificate whose times cannot be read would be valid for ever in a careless comparison.
    if (!has_times(certificate.get()))
        return InputError{"certificate", "its validity cannot be read"};
    std::shared_ptr<EVP_PKEY> key(X509_get_pubkey(certificate.get()),
                                  [](EVP_PKEY* owned) { EVP_PKEY_free(owned); });
    Result<PublicKey> public_key = PublicKey::adopt(std::move(key));
    if (!public_key) return InputError{"certificate", "its key " + public_key.error().reason};
    // OpenSSL fills in what it knows of the extensions at the first question; asked now, so that
    // the threads that share the certificate only read.
    static_cast<void>(X509_check_purpose(certificate.get(), -1, 0));
    std::shared_ptr<X509> shared(certificate.release(), [](X509* owned) { X509_free(owned); });
    return Certificate(std::move(shared), std::move(public_key).value());
}

std::string Certificate::pem() const {
    const BioOwner bio(BIO_new(BIO_s_mem()));
    ensure(bio != nullptr && PEM_write_bio_X509(bio.get(), certificate_.get()) == 1,
           "a certificate cannot be written");
    return bio_text(bio.get());
}

std::string pkcs12(const Certificate& certificate, const PrivateKey& key,
                   const std::string& password) {
    using Pkcs12Owner = std::unique_ptr<PKCS12, Free<&PKCS12_free>>;
    const Pkcs12Owner file(PKCS12_create(password.c_str(), nullptr, key.handle(),
                                         certificate.handle(), nullptr, 0, 0, 0, 0, 0));
    const BioOwner bio(BIO_new(BIO_s_mem()));
    ensure(file != nullptr && bio != nullptr && i2d_PKCS12_bio(bio.get(), file.get()) == 1,
           "key and certificate cannot be written together");
    return bio_text(bio.get());
}

// Clients compare serials letter by letter, so the form has to be one: upper case, and what the
// certificate's bytes say.
std::string Certificate::serial() const {
    const ASN1_INTEGER* const number = X509_get0_serialNumber(certificate_.get());
    const auto size = static_cast<std::size_t>(ASN1_STRING_length(number));
    std::string digits = hex_upper(
        std::string_view(reinterpret_cast<const char*>(ASN1_STRING_get0_data(number)), size));
    return digits.empty() ? "00" : digits;
}

std::string Certificate::common_name() const {
    const X509_NAME* const name = X509_get_subject_name(certificate_.get());
    const int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);
    // Names may hold several; the first is the one that people know it by.
    if (at < 0) return {};
    unsigned char* utf8 = nullptr;
    const int size =
        ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    if (size < 0) return {};
    std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
    OPENSSL_free(utf8);
    return text;
}

Timestamp Certificate::not_before() const {
    return instant(X509_get0_notBefore(certificate_.get()));
}

Timestamp Certificate::not_after() const {
    return instant(X509_get0_notAfter(certificate_.get()));
}

bool Certificate::is_issued_by(const Certificate& issuer) const {
    const ErrorScope errors;
    // Names first, since verifying a signature costs far more than comparing them.
    return X509_check_issued(issuer.handle(), certificate_.get()) == X509_V_OK &&
           // The name of the issuer alone proves nothing: anybody can write it.
           X509_verify(certificate_.get(), issuer.public_key().handle()) == 1;
}

bool Certificate::names_host(const std::string& dns_name) const {
    return X509_check_host(certificate_.get(), dns_name.data(), dns_name.size(), 0, nullptr) == 1;
}

bool Certificate::names_address(const std::string& ip_address) const {
    return X509_check_ip_asc(certificate_.get(), ip_address.c_str(), 0) == 1;
}

std::vector<std::string> Certificate::permitted_dns_names() const {
    struct Release {
        void operator()(NAME_CONSTRAINTS* constraints) const { NAME_CONSTRAINTS_free(constraints); }
    };
    const std::unique_ptr<NAME_CONSTRAINTS, Release> constraints(static_cast<NAME_CONSTRAINTS*>(
        X509_get_ext_d2i(certificate_.get(), NID_name_constraints, nullptr, nullptr)));
    std::vector<std::string> names;
    // Without constraints an authority is good for every name.
    if (!constraints) return names;
    for (int i = 0; i < sk_GENERAL_SUBTREE_num(constraints->permittedSubtrees); ++i) {
        const GENERAL_NAME* const name =
            sk_GENERAL_SUBTREE_value(constraints->permittedSubtrees, i)->base;
        if (name->type != GEN_DNS) continue;
        const ASN1_IA5STRING* const text = name->d.dNSName;
        names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                           static_cast<std::size_t>(ASN1_STRING_length(text)));
    }
    return names;
}

std::string certificate_serial(std::span<const std::byte, 20> random) {
    std::array<std::byte, 20> bytes{};
    std::copy(random.begin(), random.end(), bytes.begin());
    // The upper bit stays clear, because the number is signed; the next one is set, so that all
    // serials have equal length.
    bytes[0] = (bytes[0] & std::byte{0x7F}) | std::byte{0x40};
    return hex_upper(bytes);
}

}  // namespace tuma::crypto
