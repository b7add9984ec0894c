// Certificates: made, written, read again; what OpenSSL's own verification says of them; every
// refused term.
#include "protocols/crypto/certificate.h"

#include "tests/protocols/crypto/keys.h"

#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/x509v3.h>

#include <array>

using namespace tuma;
using namespace tuma::crypto;
using std::chrono::seconds;

namespace {

const Timestamp start{seconds(1'700'000'000)};
const Timestamp end = start + std::chrono::hours(24 * 365);

CertificateTerms authority_terms() {
    return {.use = CertificateUse::authority,
            .common_name = "tuma local authority",
            .organization = "tuma",
            .serial = "01",
            .not_before = start,
            .not_after = end};
}

CertificateTerms server_terms() {
    return {.use = CertificateUse::server,
            .common_name = "localhost",
            .organization = {},
            .serial = "5157f09efdc096de15ebe81a47057a7232f1b8e1",
            .not_before = start,
            .not_after = end,
            .dns_names = {"localhost", "*.pay.example"},
            .ip_addresses = {"127.0.0.1", "::1"}};
}

Certificate authority() {
    return make_self_signed(authority_terms(), test::first_key()).value();
}

Certificate server() {
    return make_certificate(server_terms(), test::second_key().public_key(), authority(),
                            test::first_key())
        .value();
}

// What a TLS client does with the chain.
int verify_as_client(const Certificate& leaf, const Certificate& trusted, Timestamp now,
                     const char* purpose) {
    X509_STORE* const store = X509_STORE_new();
    X509_STORE_add_cert(store, trusted.handle());
    X509_STORE_CTX* const context = X509_STORE_CTX_new();
    X509_STORE_CTX_init(context, store, leaf.handle(), nullptr);
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(context),
                               std::chrono::duration_cast<seconds>(now.time_since_epoch()).count());
    if (purpose != nullptr) X509_STORE_CTX_set_default(context, purpose);
    X509_verify_cert(context);
    const int error = X509_STORE_CTX_get_error(context);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    return error;
}

std::string refused_term(const CertificateTerms& terms) {
    const Result<Certificate> made = make_self_signed(terms, test::first_key());
    return made ? "" : made.error().field;
}

}  // namespace

TEST_CASE("certificate: it says what its terms say, and reads back the same") {
    const Certificate made = server();
    CHECK(made.serial() == "5157F09EFDC096DE15EBE81A47057A7232F1B8E1");
    CHECK(made.common_name() == "localhost");
    CHECK(made.not_before() == start);
    CHECK(made.not_after() == end);
    CHECK(made.public_key() == test::second_key().public_key());

    const std::string pem = made.pem();
    CHECK(pem.starts_with("-----BEGIN CERTIFICATE-----\n"));
    CHECK(pem.ends_with("-----END CERTIFICATE-----\n"));
    const Certificate read = Certificate::read(pem).value();
    CHECK(read.pem() == pem);
    CHECK(read.serial() == made.serial());
    CHECK(PublicKey::read(pem).value() == made.public_key());
}

TEST_CASE("certificate: the same terms and keys make the same bytes") {
    CHECK(server().pem() == server().pem());
    CHECK(authority().pem() == authority().pem());
}

TEST_CASE(
    "certificate: a TLS client that trusts the authority accepts the server, by name and address, "
    "in time") {
    const Certificate root = authority();
    const Certificate leaf = server();
    CHECK(verify_as_client(leaf, root, start, "ssl_server") == X509_V_OK);
    CHECK(verify_as_client(leaf, root, end + seconds(1), "ssl_server") ==
          X509_V_ERR_CERT_HAS_EXPIRED);
    CHECK(verify_as_client(leaf, root, start - seconds(1), "ssl_server") ==
          X509_V_ERR_CERT_NOT_YET_VALID);
    const Certificate stranger = make_self_signed(authority_terms(), test::second_key()).value();
    CHECK(verify_as_client(leaf, stranger, start, "ssl_server") != X509_V_OK);

    CHECK(leaf.is_issued_by(root));
    CHECK(root.is_issued_by(root));
    CHECK(!root.is_issued_by(leaf));
    CHECK(!leaf.is_issued_by(stranger));
    CHECK(leaf.names_host("localhost"));
    CHECK(leaf.names_host("api.pay.example"));
    CHECK(!leaf.names_host("pay.example"));
    CHECK(!leaf.names_host("elsewhere"));
    CHECK(leaf.names_address("127.0.0.1"));
    CHECK(leaf.names_address("::1"));
    CHECK(!leaf.names_address("127.0.0.2"));
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("certificate: a signer is no authority and no server") {
    CertificateTerms terms = server_terms();
    terms.use = CertificateUse::signer;
    terms.common_name = "支付平台";
    const Certificate signer =
        make_certificate(terms, test::second_key().public_key(), authority(), test::first_key())
            .value();
    CHECK(signer.common_name() == "支付平台");
    CHECK(verify_as_client(signer, authority(), start, nullptr) == X509_V_OK);
    CHECK(X509_check_ca(signer.handle()) == 0);
    CHECK(X509_check_ca(authority().handle()) == 1);
    CHECK(X509_check_purpose(server().handle(), X509_PURPOSE_SSL_CLIENT, 0) == 0);
}

TEST_CASE(
    "certificate: serials are upper-case, of an even number of digits, as OpenSSL prints them") {
    struct Row {
        std::string given;
        std::string said;
    };
    const Row rows[] = {
        {"1", "01"},
        {"abc", "0ABC"},
        {"0001DD", "01DD"},
        {"80", "80"},
        {"7fffffffffffffffffffffffffffffffffffffff", "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"}};
    for (const Row& row : rows) {
        CertificateTerms terms = authority_terms();
        terms.serial = row.given;
        CHECK(make_self_signed(terms, test::first_key()).value().serial() == row.said);
    }
    std::array<std::byte, 20> random{};
    CHECK(certificate_serial(random) == "40" + std::string(38, '0'));
    random.fill(std::byte{0xFF});
    CHECK(certificate_serial(random) == "7F" + std::string(38, 'F'));
}

TEST_CASE("certificate: an authority may be limited to names, and has none below it") {
    CertificateTerms terms = authority_terms();
    terms.permitted_dns_names = {"localhost", "pay.example"};
    terms.permitted_ip_addresses = {"127.0.0.1", "::1"};
    const Certificate limited = make_self_signed(terms, test::first_key()).value();
    CHECK(limited.permitted_dns_names() == terms.permitted_dns_names);
    CHECK(authority().permitted_dns_names().empty());
    CHECK(X509_get_pathlen(limited.handle()) == 0);
    const auto verified = [&](const CertificateTerms& leaf_terms) {
        const Certificate leaf = make_certificate(leaf_terms, test::second_key().public_key(),
                                                  limited, test::first_key())
                                     .value();
        return verify_as_client(leaf, limited, start, nullptr);
    };
    CHECK(verified(server_terms()) == X509_V_OK);
    CertificateTerms other = server_terms();
    other.dns_names = {"localhost", "bank.example"};
    CHECK(verified(other) == X509_V_ERR_PERMITTED_VIOLATION);
    other = server_terms();
    other.ip_addresses = {"10.0.0.1"};
    CHECK(verified(other) == X509_V_ERR_PERMITTED_VIOLATION);
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("certificate: each bad term is refused by its name") {
    CHECK(refused_term(authority_terms()).empty());
    struct Row {
        std::string field;
        void (*spoil)(CertificateTerms&);
    };
    const Row rows[] = {
        {"serial", [](CertificateTerms& t) { t.serial = ""; }},
        {"serial", [](CertificateTerms& t) { t.serial = "000"; }},
        {"serial", [](CertificateTerms& t) { t.serial = "xyz"; }},
        {"serial", [](CertificateTerms& t) { t.serial = "-1"; }},
        {"serial", [](CertificateTerms& t) { t.serial = "8" + std::string(39, '0'); }},
        {"serial", [](CertificateTerms& t) { t.serial = std::string(41, '1'); }},
        {"not_after", [](CertificateTerms& t) { t.not_after = t.not_before; }},
        {"not_after",
         [](CertificateTerms& t) { t.not_after = Timestamp(seconds(253'402'300'800)); }},
        {"not_before",
         [](CertificateTerms& t) { t.not_before = Timestamp(seconds(-631'152'001)); }},
        {"common_name", [](CertificateTerms& t) { t.common_name = ""; }},
        {"common_name", [](CertificateTerms& t) { t.common_name = std::string(65, 'x'); }},
        {"common_name", [](CertificateTerms& t) { t.common_name = "\xFF"; }},
        {"organization", [](CertificateTerms& t) { t.organization = std::string(65, 'x'); }},
        {"dns_names",
         [](CertificateTerms& t) {
             t.dns_names = {"a", ""};
         }},
        {"dns_names", [](CertificateTerms& t) { t.dns_names = {"a b"}; }},
        {"dns_names", [](CertificateTerms& t) { t.dns_names = {"a,DNS:b"}; }},
        {"dns_names", [](CertificateTerms& t) { t.dns_names = {"a..b"}; }},
        {"dns_names", [](CertificateTerms& t) { t.dns_names = {"*.*.b"}; }},
        {"dns_names",
         [](CertificateTerms& t) { t.dns_names = std::vector<std::string>(101, "a"); }},
        {"permitted_dns_names", [](CertificateTerms& t) { t.permitted_dns_names = {"a,DNS:b"}; }},
        {"permitted_dns_names", [](CertificateTerms& t) { t.permitted_dns_names = {"*.b"}; }},
        {"permitted_ip_addresses",
         [](CertificateTerms& t) { t.permitted_ip_addresses = {"10.0.0.0/8"}; }},
        {"ip_addresses", [](CertificateTerms& t) { t.ip_addresses = {"127.0.0.256"}; }},
        {"ip_addresses", [](CertificateTerms& t) { t.ip_addresses = {"localhost"}; }},
        {"ip_addresses",
         [](CertificateTerms& t) { t.ip_addresses = {std::string("127.0.0.1\0", 10)}; }},
    };
    for (const Row& row : rows) {
        CertificateTerms terms = authority_terms();
        row.spoil(terms);
        CAPTURE(row.field);
        CAPTURE(&row - rows);
        CHECK(refused_term(terms) == row.field);
    }
    CHECK(ERR_peek_error() == 0);
}

TEST_CASE("certificate: what is none, or cut off, is refused and leaves no error behind") {
    const std::string pem = server().pem();
    CHECK(Certificate::read("").error().field == "certificate");
    CHECK(Certificate::read("nonsense").error().field == "certificate");
    CHECK(!Certificate::read(pem.substr(0, pem.size() - 40)));
    CHECK(!Certificate::read(test::first_key().pem()));
    CHECK(!Certificate::read(std::string(key_text_bytes_max + 1, 'x')));
    std::string spoilt = pem;
    spoilt[pem.size() / 2] = spoilt[pem.size() / 2] == 'A' ? 'B' : 'A';
    const Result<Certificate> read = Certificate::read(spoilt);
    if (read) CHECK(!read->is_issued_by(authority()));
    CHECK(ERR_peek_error() == 0);
}

// An extension without content broke the parser of wechatpay-node-v3, which reads the certificate
// of the merchant that it is given.
TEST_CASE("certificate: one that signs itself names its own key as the issuer's") {
    const Certificate certificate = authority();
    const ASN1_OCTET_STRING* const own = X509_get0_subject_key_id(certificate.handle());
    const ASN1_OCTET_STRING* const issuers = X509_get0_authority_key_id(certificate.handle());
    REQUIRE(own != nullptr);
    REQUIRE(issuers != nullptr);
    CHECK(ASN1_OCTET_STRING_cmp(own, issuers) == 0);
}

TEST_CASE("certificate: key and certificate in one file are read back with its password alone") {
    const std::string file = pkcs12(authority(), test::first_key(), "1900000109");
    BIO* const bio = BIO_new_mem_buf(file.data(), static_cast<int>(file.size()));
    PKCS12* const read = d2i_PKCS12_bio(bio, nullptr);
    REQUIRE(read != nullptr);
    EVP_PKEY* key = nullptr;
    X509* certificate = nullptr;
    CHECK(PKCS12_parse(read, "1900000110", &key, &certificate, nullptr) == 0);
    ERR_clear_error();
    REQUIRE(PKCS12_parse(read, "1900000109", &key, &certificate, nullptr) == 1);
    CHECK(EVP_PKEY_eq(key, test::first_key().handle()) == 1);
    CHECK(X509_cmp(certificate, authority().handle()) == 0);
    EVP_PKEY_free(key);
    X509_free(certificate);
    PKCS12_free(read);
    BIO_free(bio);
}
