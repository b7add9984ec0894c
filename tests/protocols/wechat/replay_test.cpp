// Requests of wechatpay-axios-plugin as they were recorded, byte for byte, against the dialect.
#include "protocols/http/message.h"
#include "protocols/wechat/wire/encrypted_resource.h"
#include "tests/protocols/wechat/shop.h"
#include "tests/protocols/wechat/wire/transcripts.h"

#include <doctest/doctest.h>

#include <sstream>
#include <string>

using namespace tuma;
using namespace tuma::testing;

namespace {

// The raw bytes of a request as the server's reader hands them on.
http::HttpRequest recorded(const std::string& name) {
    const std::string text = test::transcript(name);
    const std::size_t end = text.find("\r\n\r\n");
    REQUIRE(end != std::string::npos);
    http::HttpRequest request;
    std::istringstream head(text.substr(0, end));
    head >> request.method >> request.target;
    std::string line;
    std::getline(head, line);
    while (std::getline(head, line)) {
        if (line.ends_with('\r')) line.pop_back();
        const std::size_t colon = line.find(": ");
        REQUIRE(colon != std::string::npos);
        request.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    }
    request.body = text.substr(end + 4);
    if (const std::string* host = request.find("Host")) request.host = *host;
    return request;
}

// The moment at which it was signed.
Timestamp signed_at(const http::HttpRequest& request) {
    const std::string* const header = request.find("Authorization");
    REQUIRE(header != nullptr);
    const std::size_t at = header->find("timestamp=\"") + 11;
    return Timestamp{std::chrono::seconds{std::stoll(header->substr(at))}};
}

// The merchant whose keys the recordings were made with.
struct Recorded {
    Shop shop;

    Recorded() {
        wechat::Merchant merchant = shop.merchant;
        merchant.mchid = test::parameter("mchid");
        merchant.appids = {test::parameter("appid")};
        merchant.apiv3_key = test::parameter("apiv3_key");
        merchant.v2_key = test::parameter("apiv2_key");
        merchant.certificates = {test::transcript("keys/mch_cert.pem")};
        shop.store(merchant);
        // The numbers of the recordings have four characters. All else is strict.
        wechat::Options options;
        options.order_number_least = 4;
        shop.store(options);
    }
    http::HttpReply replay(const std::string& name) {
        const http::HttpRequest request = recorded(name);
        const Timestamp time = signed_at(request);
        if (time > shop.world.now) shop.world.now = time;
        return shop.send(request);
    }
};

boost::json::value body_of(const http::HttpReply& reply) {
    return boost::json::parse(reply.body);
}

}  // namespace

TEST_CASE("wechat replay: orders, queries, close, refund as a real client has sent them") {
    if (!test::has_transcripts()) return;
    Recorded world;
    const auto jsapi = world.replay("001-axios-v3-jsapi.http");
    CHECK(jsapi.status == 200);
    CHECK(at(body_of(jsapi), "prepay_id").size() == 36);
    // The same number with another way to pay is another request.
    CHECK(code_of(world.replay("002-axios-v3-native.http")) == "400 INVALID_REQUEST");
    const auto query = world.replay("003-axios-v3-query-otn.http");
    CHECK(at(body_of(query), "trade_state") == "NOTPAY");
    CHECK(at(body_of(query), "trade_type") == "JSAPI");
    CHECK(code_of(world.replay("004-axios-v3-query-id.http")) == "404 ORDER_NOT_EXIST");
    CHECK(code_of(world.replay("005-axios-v3-query-404.http")) == "404 ORDER_NOT_EXIST");
    world.shop.pass(std::chrono::seconds{3});
    const auto refund = world.replay("007-axios-v3-refund.http");
    CHECK(code_of(refund) == "200");
    CHECK(at(body_of(refund), "status") == "PROCESSING");
    CHECK(at(body_of(world.replay("003-axios-v3-query-otn.http")), "trade_state") == "REFUND");
    CHECK(code_of(world.replay("006-axios-v3-close-204.http")) == "400 ORDER_PAID");
    world.shop.check_books();
}

TEST_CASE("wechat replay: an unpaid order is closed as a real client closes it") {
    if (!test::has_transcripts()) return;
    Recorded world;
    CHECK(code_of(world.replay("011-axios-v3-pubkey-native-noheader.http")) == "200");
    const auto closed = world.replay("006-axios-v3-close-204.http");
    CHECK(closed.status == 204);
    CHECK(closed.body.empty());
}

TEST_CASE("wechat replay: the key of the reply is the one that the request announces") {
    if (!test::has_transcripts()) return;
    Recorded world;
    const auto serial = [](const http::HttpReply& reply) {
        return *http::find(reply.headers, "Wechatpay-Serial");
    };
    const auto without = world.replay("011-axios-v3-pubkey-native-noheader.http");
    const auto with = world.replay("012-axios-v3-pubkey-native-header.http");
    CHECK(serial(without) != serial(with));
    CHECK(serial(with) == test::parameter("pub_key_id"));
}

TEST_CASE("wechat replay: certificates are for the recorded merchant's own key") {
    if (!test::has_transcripts()) return;
    Recorded world;
    const auto list = body_of(world.replay("010-axios-v3-certificates.http"));
    const auto& sealed = list.at("data").at(0).at("encrypt_certificate");
    const auto key = wechat::read_apiv3_key(test::parameter("apiv3_key")).value();
    CHECK(wechat::decrypt_resource(
        key, {at(sealed, "nonce"), at(sealed, "associated_data"), at(sealed, "ciphertext")}));
}

TEST_CASE("wechat replay: bills of a day that is past, and their tokens from elsewhere") {
    if (!test::has_transcripts()) return;
    Recorded world;
    CHECK(code_of(world.replay("008-axios-v3-tradebill.http")) == "400 NO_STATEMENT_EXIST");
    CHECK(code_of(world.replay("009-axios-v3-billdownload.http")) == "400 PARAM_ERROR");
}

TEST_CASE("wechat replay: a transfer and its end by a POST without a body") {
    if (!test::has_transcripts()) return;
    Recorded world;
    const auto transfer = world.replay("013-axios-v3-transferbills.http");
    CHECK(code_of(transfer) == "200");
    CHECK(at(body_of(transfer), "state") == "WAIT_USER_CONFIRM");
    const auto cancelled = world.replay("014-axios-v3-transferbills-cancel-emptypost.http");
    CHECK(code_of(cancelled) == "200");
    CHECK(at(body_of(cancelled), "state") == "CANCELLED");
    world.shop.check_books();
}
