// What real client libraries sent and accepted: every recorded v3 and v2 message verifies, as it
// was on the wire.
#include "protocols/wechat/v2/v2_signature.h"
#include "protocols/wechat/wire/authorization.h"
#include "protocols/wechat/wire/response_signature.h"
#include "tests/protocols/wechat/wire/transcripts.h"

#include <algorithm>
#include <regex>
#include <vector>

using namespace tuma;
using namespace tuma::wechat;

namespace {

/// An HTTP message as far as it matters here.
struct Message {
    std::vector<std::string> first_line;
    std::string head;
    std::string body;

    std::string header(const std::string& name) const {
        std::smatch match;
        const std::regex line("\r\n" + name + ": ([^\r]*)", std::regex::icase);
        return std::regex_search(head, match, line) ? match[1].str() : "";
    }
};

Message message_of(const std::filesystem::path& name) {
    const std::string text = test::transcript(name);
    const std::size_t end = text.find("\r\n\r\n");
    REQUIRE(end != std::string::npos);
    Message message{{}, text.substr(0, end + 2), text.substr(end + 4)};
    std::istringstream first(text.substr(0, text.find("\r\n")));
    for (std::string part; first >> part;) message.first_line.push_back(part);
    return message;
}

std::vector<std::filesystem::path> recordings(const std::string& pattern) {
    std::vector<std::filesystem::path> names;
    for (const auto& entry : std::filesystem::directory_iterator(test::wechat_transcripts()))
        if (std::regex_match(entry.path().filename().string(), std::regex(pattern)))
            names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
}

// Flat XML as clients write it; the dialect's own reader is tested elsewhere.
V2Fields fields_of(const std::string& xml) {
    V2Fields fields;
    const std::regex element(R"(<(\w+)>(?:<!\[CDATA\[([^\]]*)\]\]>|([^<]*))</\1>)");
    for (std::sregex_iterator at(xml.begin(), xml.end(), element), end; at != end; ++at)
        fields.emplace((*at)[1].str(), (*at)[2].matched ? (*at)[2].str() : (*at)[3].str());
    return fields;
}

}  // namespace

TEST_CASE("recordings: every v3 request of a real client verifies, and none a byte longer") {
    if (!test::has_transcripts()) return;
    const crypto::Certificate certificate =
        crypto::Certificate::read(test::transcript("keys/mch_cert.pem")).value();
    const VerifyingKey key{certificate.serial(), certificate.public_key()};
    const auto names = recordings(R"(\d+-(axios|node)-v3-.*\.http)");
    CHECK(names.size() >= 14);
    for (const auto& name : names) {
        CAPTURE(name.string());
        const Message message = message_of(name);
        REQUIRE(message.first_line.size() == 3);
        const auto authorization = parse_authorization(message.header("Authorization"));
        REQUIRE(authorization.has_value());
        SignedRequest request{message.first_line[0], message.first_line[1], message.body};

        CHECK(!verify_request(*authorization, request, {&key, 1}, authorization->time()));
        const std::string longer = message.body + " ";
        request.body = longer;
        CHECK(verify_request(*authorization, request, {&key, 1}, authorization->time())->failure ==
              SignFailure::signature_mismatch);
    }
}

TEST_CASE(
    "recordings: every signed v3 reply that a client accepted verifies and is what we would sign") {
    if (!test::has_transcripts()) return;
    const SigningKey certificate_mode{test::parameter("platform_serial"),
                                      test::private_key("wechatpay_platform_private.der")};
    const SigningKey key_mode{test::parameter("pub_key_id"),
                              test::private_key("wechatpay_pub_private.der")};
    std::size_t verified = 0;
    for (const auto& name : recordings(R"(\d+-(axios|node)-v3-.*\.resp)")) {
        CAPTURE(name.string());
        const Message message = message_of(name);
        const std::string signature = message.header("Wechatpay-Signature");
        if (signature.empty()) continue;  // downloads of bills are not signed
        const SigningKey& key =
            message.header("Wechatpay-Serial") == key_mode.serial ? key_mode : certificate_mode;
        const ResponseSignature sent{message.header("Wechatpay-Timestamp"),
                                     message.header("Wechatpay-Nonce"), signature,
                                     message.header("Wechatpay-Serial")};
        CHECK(verify_response(key.key.public_key(), sent, message.body));
        const Timestamp time(std::chrono::seconds(std::stoll(sent.timestamp)));
        CHECK(sign_response(key, time, sent.nonce, message.body) == sent);
        ++verified;
    }
    CHECK(verified >= 12);
}

TEST_CASE(
    "recordings: every v2 message of a real client, and every reply it accepted, has a right "
    "sign") {
    if (!test::has_transcripts()) return;
    const std::string key = test::parameter("apiv2_key");
    const auto names = recordings(R"(\d+-(axios|tenpay)-v2-.*\.(http|resp))");
    CHECK(names.size() >= 10);
    for (const auto& name : names) {
        CAPTURE(name.string());
        V2Fields fields = fields_of(message_of(name).body);
        // A reply is signed as its request was and does not say how.
        if (fields["sign"].size() == 64 && !fields.contains("sign_type")) {
            CHECK(fields["sign"] == sign_v2(fields, key, V2SignType::hmac_sha256));
        } else {
            CHECK(!verify_v2(fields, key));
        }
        fields["total_fee"] += "0";
        CHECK(verify_v2(fields, key) == V2SignFailure::sign_mismatch);
    }
}
