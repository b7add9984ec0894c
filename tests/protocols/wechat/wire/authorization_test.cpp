// The Authorization header: forms that clients send, every refusal, every altered byte.
#include "protocols/wechat/wire/authorization.h"

#include "tests/protocols/crypto/keys.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace tuma;
using namespace tuma::wechat;
using std::chrono::seconds;

namespace {

const Timestamp now{seconds(1'700'000'000)};
const std::string scheme = "WECHATPAY2-SHA256-RSA2048 ";
constexpr std::string_view serial = "1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C";

const SigningKey& signing_key() {
    static const SigningKey key{std::string(serial), test::first_key()};
    return key;
}

const std::vector<VerifyingKey>& merchant_keys() {
    static const std::vector<VerifyingKey> keys{
        {"00AA", test::second_key().public_key()},
        {std::string(serial), test::first_key().public_key()}};
    return keys;
}

constexpr SignedRequest order{"POST", "/v3/pay/transactions/native?a=%2F",
                              "{\"amount\":{\"total\":100}}"};

std::string signed_header(const SignedRequest& request = order) {
    return sign_request(signing_key(), "1900000109", request, now, "593BEC0C930BF1AF");
}

std::optional<SignFailure> failure(const std::string& header, const SignedRequest& request = order,
                                   Timestamp at = now) {
    const auto authorization = parse_authorization(header);
    if (!authorization) return authorization.error().failure;
    const auto error = verify_request(*authorization, request, merchant_keys(), at);
    return error ? std::optional(error->failure) : std::nullopt;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    return text.replace(at, from.size(), to);
}

AuthorizationError error_of(const std::string& header) {
    const auto authorization = parse_authorization(header);
    REQUIRE(!authorization.has_value());
    return authorization.error();
}

}  // namespace

TEST_CASE(
    "authorization: the five values are read in any order, with blanks after commas or without") {
    const Authorization expected{.mchid = "19",
                                 .nonce_str = "n/+=, x",
                                 .signature = "c2ln",
                                 .timestamp = "1700000000",
                                 .serial_no = "1dDe"};
    const std::string mchid = R"(mchid="19")";
    const std::string nonce = R"(nonce_str="n/+=, x")";
    const std::string signature = R"(signature="c2ln")";
    const std::string timestamp = R"(timestamp="1700000000")";
    const std::string serial_no = R"(serial_no="1dDe")";
    const std::string headers[] = {
        scheme + mchid + "," + nonce + "," + signature + "," + timestamp + "," + serial_no,
        scheme + mchid + "," + serial_no + "," + timestamp + "," + nonce + "," + signature,
        scheme + signature + ", " + serial_no + ", " + nonce + ", " + timestamp + ", " + mchid,
        scheme + "  " + mchid + " ,\t" + nonce + ",  " + signature + "," + timestamp + "," +
            serial_no + " ",
    };
    for (const std::string& header : headers) {
        CAPTURE(header);
        const auto read = parse_authorization(header);
        REQUIRE(read.has_value());
        CHECK(*read == expected);
        CHECK(read->time() == now);
    }
    CHECK(text(expected) == headers[0]);
}

TEST_CASE(
    "authorization: a header that is missing, of another scheme or form is refused with the "
    "field") {
    struct Row {
        std::string header;
        SignFailure failure;
        std::string field;
    };
    using enum SignFailure;
    const std::string good =
        scheme + R"(mchid="19",nonce_str="n",signature="c2ln",timestamp="17",serial_no="1D")";
    REQUIRE(parse_authorization(good).has_value());
    const Row rows[] = {
        {"", authorization_malformed, "authorization"},
        {"WECHATPAY2-SHA256-RSA2048", authorization_malformed, "authorization"},
        {scheme, authorization_malformed, "authorization"},
        {"Bearer abc", scheme_unsupported, "authorization"},
        {" " + good, scheme_unsupported, "authorization"},
        {replaced(good, "WECHATPAY2-SHA256-RSA2048", "WECHATPAY2-SM2-WITH-SM3"), scheme_unsupported,
         "authorization"},
        {replaced(good, "WECHATPAY2", "wechatpay2"), scheme_unsupported, "authorization"},
        {replaced(good, "mchid=\"19\",", ""), authorization_malformed, "mchid"},
        {replaced(good, "nonce_str=\"n\",", ""), authorization_malformed, "nonce_str"},
        {replaced(good, "signature=\"c2ln\",", ""), authorization_malformed, "signature"},
        {replaced(good, "timestamp=\"17\",", ""), authorization_malformed, "timestamp"},
        {replaced(good, ",serial_no=\"1D\"", ""), authorization_malformed, "serial_no"},
        {good + ",mchid=\"19\"", authorization_malformed, "mchid"},
        {good + ",", authorization_malformed, "authorization"},
        {good + ";", authorization_malformed, "authorization"},
        {good + " serial=\"1\"", authorization_malformed, "authorization"},
        {good + ",serial=\"1\"", authorization_malformed, "authorization"},
        {replaced(good, ",nonce", ",,nonce"), authorization_malformed, "authorization"},
        {replaced(good, ",nonce", "nonce"), authorization_malformed, "authorization"},
        {replaced(good, "\"19\"", "19"), authorization_malformed, "authorization"},
        {replaced(good, "mchid=", "mchid ="), authorization_malformed, "authorization"},
        {replaced(good, "mchid", "MCHID"), authorization_malformed, "authorization"},
        {replaced(good, "\"1D\"", "\"1D"), authorization_malformed, "authorization"},
        {replaced(good, "\"19\"", "\"\""), authorization_malformed, "mchid"},
        {replaced(good, "\"19\"", "\"" + std::string(33, '1') + "\""), authorization_malformed,
         "mchid"},
        {replaced(good, "\"n\"", "\"" + std::string(33, 'n') + "\""), authorization_malformed,
         "nonce_str"},
        {replaced(good, "\"n\"", "\"a\nb\""), authorization_malformed, "nonce_str"},
        {replaced(good, "\"17\"", "\"-17\""), authorization_malformed, "timestamp"},
        {replaced(good, "\"17\"", "\"17.5\""), authorization_malformed, "timestamp"},
        {replaced(good, "\"17\"", "\"123456789012\""), authorization_malformed, "timestamp"},
        {replaced(good, "\"1D\"", "\"1D:AA\""), authorization_malformed, "serial_no"},
        {replaced(good, "\"c2ln\"", "\"" + std::string(1025, 's') + "\""), authorization_malformed,
         "signature"},
        {good + std::string(2048, ' '), authorization_malformed, "authorization"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.header);
        const AuthorizationError error = error_of(row.header);
        CHECK(error.failure == row.failure);
        CHECK(error.reason.field == row.field);
        CHECK(!error.reason.reason.empty());
    }
}

TEST_CASE("authorization: a signed request verifies, with a lower-case serial too") {
    CHECK(!failure(signed_header()));
    CHECK(!failure(replaced(signed_header(), serial, "1dde55ad98ed71d6edd4a4a16996de7b47773a8c")));
    const SignedRequest empty_post{"POST", "/v3/x/cancel", ""};
    CHECK(!failure(signed_header(empty_post), empty_post));
}

TEST_CASE("authorization: the message is five lines, the last one ended too") {
    CHECK(request_message({"GET", "/v3/certificates", ""}, "17", "n") ==
          "GET\n/v3/certificates\n17\nn\n\n");
    CHECK(request_message({"POST", "/a?b=%2F", "{\n}"}, "17", "n") ==
          "POST\n/a?b=%2F\n17\nn\n{\n}\n");
}

TEST_CASE("authorization: 300 seconds early or late are accepted, a microsecond more is not") {
    const std::string header = signed_header();
    CHECK(!failure(header, order, now + seconds(300)));
    CHECK(!failure(header, order, now - seconds(300)));
    CHECK(failure(header, order, now + seconds(300) + Duration(1)) ==
          SignFailure::timestamp_too_far);
    CHECK(failure(header, order, now - seconds(300) - Duration(1)) ==
          SignFailure::timestamp_too_far);
    CHECK(failure(replaced(header, "1700000000", "99999999999")) == SignFailure::timestamp_too_far);
    CHECK(failure(replaced(header, "1700000000", "0")) == SignFailure::timestamp_too_far);
}

TEST_CASE("authorization: failures are told in their order: time, serial, signature") {
    std::string header = replaced(signed_header(), "signature=\"", "signature=\"AAAA");
    CHECK(failure(header) == SignFailure::signature_mismatch);
    header = replaced(header, "1DDE", "1DDF");
    CHECK(failure(header) == SignFailure::serial_unknown);
    CHECK(failure(header, order, now + seconds(301)) == SignFailure::timestamp_too_far);
    // The other key of the merchant has not signed it.
    CHECK(failure(replaced(signed_header(), serial, "00aa")) == SignFailure::signature_mismatch);
    const auto authorization = parse_authorization(signed_header());
    CHECK(verify_request(*authorization, order, {}, now)->failure == SignFailure::serial_unknown);
}

TEST_CASE("authorization: an altered byte of method, target or body does not verify") {
    const std::string header = signed_header();
    const auto altered = [](std::string_view text, std::size_t at) {
        return test::with_flipped_bit(std::string(text), 8 * at);
    };
    for (std::size_t i = 0; i < order.method.size(); ++i)
        CHECK(failure(header, {altered(order.method, i), order.target, order.body}) ==
              SignFailure::signature_mismatch);
    for (std::size_t i = 0; i < order.target.size(); ++i)
        CHECK(failure(header, {order.method, altered(order.target, i), order.body}) ==
              SignFailure::signature_mismatch);
    for (std::size_t i = 0; i < order.body.size(); ++i)
        CHECK(failure(header, {order.method, order.target, altered(order.body, i)}) ==
              SignFailure::signature_mismatch);
    CHECK(failure(header, {order.method, order.target, ""}) == SignFailure::signature_mismatch);
    CHECK(failure(header, {order.method, "/v3/pay/transactions/native?a=/", order.body}) ==
          SignFailure::signature_mismatch);
}

TEST_CASE(
    "authorization: an altered byte of the header is refused, but for the mchid, which is not "
    "signed") {
    const std::string header = signed_header();
    const Authorization original = *parse_authorization(header);
    for (std::size_t i = 0; i < header.size(); ++i) {
        CAPTURE(i);
        const std::string altered = test::with_flipped_bit(header, 8 * i);
        if (!failure(altered)) {
            Authorization read = *parse_authorization(altered);
            REQUIRE(read.mchid != original.mchid);
            read.mchid = original.mchid;
            CHECK(read == original);
        }
    }
}

TEST_CASE("authorization: any values within their bounds are read back as written") {
    const auto text_of = [](const std::string& alphabet, int size_max) {
        return rc::gen::mapcat(rc::gen::inRange(1, size_max + 1), [alphabet](int size) {
            return rc::gen::container<std::string>(static_cast<std::size_t>(size),
                                                   rc::gen::elementOf(alphabet));
        });
    };
    const std::string alphanumeric = "0123456789ABCDEFabcdefXYZxyz";
    CHECK(rc::check([&] {
        const Authorization written{
            .mchid = *text_of(alphanumeric, 32),
            .nonce_str = *text_of(alphanumeric + " ,=+/-_'\\", 32),
            .signature = *text_of(alphanumeric + "+/=", 344),
            .timestamp = *text_of("0123456789", 11),
            .serial_no = *text_of(alphanumeric, 64),
        };
        const auto read = parse_authorization(text(written));
        RC_ASSERT(read.has_value());
        RC_ASSERT(*read == written);
    }));
}

TEST_CASE(
    "authorization: any text is refused or read; what was read and written again is the same") {
    CHECK(rc::check([](const std::vector<std::uint8_t>& choices) {
        static const std::string pieces[] = {"mchid=\"",
                                             "nonce_str=\"",
                                             "signature=\"",
                                             "timestamp=\"",
                                             "serial_no=\"",
                                             "\"",
                                             ",",
                                             " ",
                                             "=",
                                             "17",
                                             "1D",
                                             "\n"};
        std::string header = scheme;
        for (const std::uint8_t choice : choices) header += pieces[choice % std::size(pieces)];
        const auto read = parse_authorization(header);
        if (read) RC_ASSERT(*parse_authorization(text(*read)) == *read);
    }));
}
