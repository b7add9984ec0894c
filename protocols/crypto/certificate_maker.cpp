// Making X.509 certificates by OpenSSL.
#include "protocols/crypto/certificate_maker.h"

#include "ledger/words/ensure.h"

#include <algorithm>

namespace tuma::crypto {
namespace {

using ExtensionOwner = std::unique_ptr<X509_EXTENSION, Free<&X509_EXTENSION_free>>;
using NamesOwner = std::unique_ptr<GENERAL_NAMES, Free<&GENERAL_NAMES_free>>;
using NameOwner = std::unique_ptr<GENERAL_NAME, Free<&GENERAL_NAME_free>>;
using NumberOwner = std::unique_ptr<BIGNUM, Free<&BN_free>>;

constexpr long version_3 = 2;
constexpr std::size_t serial_digits_max = 40;
constexpr std::size_t names_max = 100;
// What can be written. Source: RFC 5280, 4.1.2.5.
constexpr std::chrono::sys_seconds first_instant =
    std::chrono::sys_days(std::chrono::year(1950) / 1 / 1);
constexpr std::chrono::sys_seconds end_of_time =
    std::chrono::sys_days(std::chrono::year(10000) / 1 / 1);

bool is_dns_name(std::string_view name) {
    // Only one label may be left open, and only the first: so browsers and OpenSSL read it.
    if (name.starts_with("*.")) name.remove_prefix(2);
    return !name.empty() && name.size() <= 253 && name.front() != '.' && name.back() != '.' &&
           name.find("..") == std::string_view::npos &&
           name.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.") ==
               std::string_view::npos;
}

/// The two kinds of key usage that are told: what the key may do, and for whom.
struct Usage {
    const char* constraints;
    const char* key_usage;
    const char* extended;
};

Usage usage(CertificateUse use) {
    switch (use) {
        case CertificateUse::authority:
            // No authority may stand below: it is made for tests on one machine, and must not be
            // able to do more.
            return {"critical,CA:TRUE,pathlen:0", "critical,keyCertSign,cRLSign", nullptr};
        case CertificateUse::server:
            // Key encipherment beside signing, as certificates of real servers have it.
            return {"critical,CA:FALSE", "critical,digitalSignature,keyEncipherment", "serverAuth"};
        case CertificateUse::signer:
            return {"critical,CA:FALSE",
                    "critical,digitalSignature,nonRepudiation,keyEncipherment,dataEncipherment",
                    nullptr};
    }
    unreachable("a use that is not in the enumeration");
}

void push_name(GENERAL_NAMES& names, int type, ASN1_STRING* value) {
    ensure(value != nullptr, "no memory for a name");
    NameOwner name(GENERAL_NAME_new());
    ensure(name != nullptr, "no memory for a name");
    // From here on the name owns the value.
    GENERAL_NAME_set0_value(name.get(), type, value);
    ensure(sk_GENERAL_NAME_push(&names, name.get()) > 0, "no memory for a name");
    // Pushed names belong to the list; releasing it twice would end the process.
    static_cast<void>(name.release());
}

ASN1_IA5STRING* dns_value(const std::string& name) {
    ASN1_IA5STRING* const value = ASN1_IA5STRING_new();
    ensure(
        value != nullptr && ASN1_STRING_set(value, name.data(), static_cast<int>(name.size())) == 1,
        "no memory for a name");
    return value;
}

}  // namespace

CertificateMaker::CertificateMaker(const CertificateTerms& terms)
    : terms_(terms), certificate_(X509_new()) {
    ensure(certificate_ != nullptr, "no memory for a certificate");
}

std::optional<InputError> CertificateMaker::fill(const PublicKey& subject) {
    const ErrorScope errors;
    ensure(X509_set_version(certificate_.get(), version_3) == 1, "no memory for a certificate");
    // In the order in which the terms are written down, so that the first mistake is the one that
    // is told.
    if (auto error = set_serial()) return error;
    if (auto error = set_validity()) return error;
    if (auto error = set_subject()) return error;
    if (auto error = check_permitted()) return error;
    ensure(X509_set_pubkey(certificate_.get(), subject.handle()) == 1,
           "no memory for a certificate");
    return set_names();
}

std::optional<InputError> CertificateMaker::set_serial() {
    const std::string& serial = terms_.serial;
    const bool is_hex = serial.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos;
    // Zero is what a forgotten number looks like.
    const bool is_zero = serial.find_first_not_of('0') == std::string::npos;
    const bool fits = serial.size() < serial_digits_max ||
                      // Twenty bytes, the first of them below 0x80: RFC 5280 allows no more, and
                      // the number must not be negative.
                      (serial.size() == serial_digits_max && serial[0] < '8');
    if (!is_hex || is_zero || !fits)
        return InputError{
            "serial",
            "is no hexadecimal number of up to 40 digits, not zero, below 8 followed by 39 zeros"};
    BIGNUM* parsed = nullptr;
    ensure(BN_hex2bn(&parsed, serial.c_str()) > 0, "no memory for a number");
    const NumberOwner number(parsed);
    ensure(BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate_.get())) != nullptr,
           "no memory for a number");
    return std::nullopt;
}

std::optional<InputError> CertificateMaker::set_validity() {
    // Certificates know seconds.
    const auto from = std::chrono::floor<std::chrono::seconds>(terms_.not_before);
    const auto to = std::chrono::floor<std::chrono::seconds>(terms_.not_after);
    if (to <= from) return InputError{"not_after", "is not later than not_before"};
    if (from < first_instant) return InputError{"not_before", "is before 1950"};
    if (to >= end_of_time) return InputError{"not_after", "is after the year 9999"};
    const bool is_set = ASN1_TIME_set(X509_getm_notBefore(certificate_.get()),
                                      from.time_since_epoch().count()) != nullptr &&
                        ASN1_TIME_set(X509_getm_notAfter(certificate_.get()),
                                      to.time_since_epoch().count()) != nullptr;
    ensure(is_set, "no memory for a time");
    return std::nullopt;
}

std::optional<InputError> CertificateMaker::set_subject() {
    X509_NAME* const name = X509_get_subject_name(certificate_.get());
    // OpenSSL knows the bounds of each attribute and what is UTF-8.
    const auto add = [name](int nid, const std::string& value) {
        return X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8,
                                          to_openssl(std::string_view(value)),
                                          static_cast<int>(value.size()), -1, 0) == 1;
    };
    if (!terms_.organization.empty() && !add(NID_organizationName, terms_.organization))
        return InputError{"organization", "is not up to 64 characters in UTF-8"};
    // A certificate without a common name is legal, and no client of ours shows it sensibly.
    if (terms_.common_name.empty() || !add(NID_commonName, terms_.common_name))
        return InputError{"common_name", "is not 1 to 64 characters in UTF-8"};
    return std::nullopt;
}

std::optional<InputError> CertificateMaker::set_names() {
    if (terms_.dns_names.size() > names_max) return InputError{"dns_names", "are more than 100"};
    if (terms_.ip_addresses.size() > names_max)
        return InputError{"ip_addresses", "are more than 100"};
    const NamesOwner names(GENERAL_NAMES_new());
    ensure(names != nullptr, "no memory for names");
    for (const std::string& name : terms_.dns_names) {
        if (!is_dns_name(name)) return InputError{"dns_names", "\"" + name + "\" is no DNS name"};
        push_name(*names, GEN_DNS, dns_value(name));
    }
    for (const std::string& address : terms_.ip_addresses) {
        ASN1_OCTET_STRING* const value = a2i_IPADDRESS(address.c_str());
        // A name with a zero inside would be read differently by C and by us.
        if (value == nullptr || address.find('\0') != std::string::npos) {
            ASN1_OCTET_STRING_free(value);
            return InputError{"ip_addresses", "\"" + address + "\" is no IPv4 or IPv6 address"};
        }
        push_name(*names, GEN_IPADD, value);
    }
    // An empty extension would say "good for no name at all".
    if (sk_GENERAL_NAME_num(names.get()) > 0)
        ensure(X509_add1_ext_i2d(certificate_.get(), NID_subject_alt_name, names.get(), 0, 0) == 1,
               "no memory for names");
    return std::nullopt;
}

std::optional<InputError> CertificateMaker::check_permitted() const {
    for (const std::string& name : terms_.permitted_dns_names)
        if (!is_dns_name(name) || name.starts_with('*'))
            return InputError{"permitted_dns_names", "\"" + name + "\" is no DNS name"};
    for (const std::string& address : terms_.permitted_ip_addresses) {
        const std::unique_ptr<ASN1_OCTET_STRING, Free<&ASN1_OCTET_STRING_free>> value(
            a2i_IPADDRESS(address.c_str()));
        if (value == nullptr || address.find('\0') != std::string::npos)
            return InputError{"permitted_ip_addresses",
                              "\"" + address + "\" is no IPv4 or IPv6 address"};
    }
    return std::nullopt;
}

std::string CertificateMaker::permitted_names() const {
    std::string text;
    for (const std::string& name : terms_.permitted_dns_names) text += ",permitted;DNS:" + name;
    for (const std::string& address : terms_.permitted_ip_addresses) {
        // One address is a network of one: its mask has all bits set.
        const bool is_v4 = address.find(':') == std::string::npos;
        text += ",permitted;IP:" + address +
                (is_v4 ? "/255.255.255.255" : "/ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
    }
    // Critical: a client that does not know the extension has to refuse the certificate, or the
    // bound would be worth nothing.
    return text.empty() ? text : "critical" + text;
}

void CertificateMaker::add_extension(X509* issuer, int nid, const char* value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate_.get(), nullptr, nullptr, 0);
    const ExtensionOwner extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value));
    ensure(extension != nullptr && X509_add_ext(certificate_.get(), extension.get(), -1) == 1,
           "an extension cannot be written");
}

Result<Certificate> CertificateMaker::sign(const Certificate* issuer, const PrivateKey& key) {
    const ErrorScope errors;
    // Who signs itself is its own issuer.
    X509* const issuer_handle = issuer != nullptr ? issuer->handle() : certificate_.get();
    ensure(X509_set_issuer_name(certificate_.get(), X509_get_subject_name(issuer_handle)) == 1,
           "no memory for a certificate");
    const Usage use = usage(terms_.use);
    add_extension(issuer_handle, NID_basic_constraints, use.constraints);
    add_extension(issuer_handle, NID_key_usage, use.key_usage);
    if (const std::string permitted = permitted_names(); !permitted.empty())
        add_extension(issuer_handle, NID_name_constraints, permitted.c_str());
    if (use.extended != nullptr) add_extension(issuer_handle, NID_ext_key_usage, use.extended);
    add_extension(issuer_handle, NID_subject_key_identifier, "hash");
    // After the subject's identifier: a certificate that signs itself refers to its own.
    add_extension(issuer_handle, NID_authority_key_identifier, "keyid:always");
    ensure(X509_sign(certificate_.get(), key.handle(), sha256_algorithm()) > 0,
           "OpenSSL could not sign");
    // Read back as any other certificate, so that what is wrong with it is found here.
    return adopt(std::move(certificate_));
}

Result<Certificate> make_certificate(const CertificateTerms& terms, const PublicKey& subject,
                                     const Certificate& issuer, const PrivateKey& issuer_key) {
    // A certificate signed by another key would be refused by every client, and nobody would know
    // why.
    ensure(issuer.public_key() == issuer_key.public_key(), "the issuer's key is another one's");
    CertificateMaker maker(terms);
    if (auto error = maker.fill(subject)) return std::move(*error);
    return maker.sign(&issuer, issuer_key);
}

Result<Certificate> make_self_signed(const CertificateTerms& terms, const PrivateKey& key) {
    CertificateMaker maker(terms);
    if (auto error = maker.fill(key.public_key())) return std::move(*error);
    return maker.sign(nullptr, key);
}

}  // namespace tuma::crypto
