// v2 signs: which fields count, both kinds, every altered field.
#include "protocols/wechat/v2/v2_signature.h"

#include "tests/protocols/crypto/keys.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

using namespace tuma;
using namespace tuma::wechat;

namespace {

constexpr std::string_view key = "abcdefghijklmnopqrstuvwxyz012345";

V2Fields order() {
    return {{"total_fee", "100"},
            {"appid", "wx1"},
            {"attach", ""},
            {"body", "a & b <c>"},
            {"Zone", "8"}};
}

}  // namespace

TEST_CASE("v2_signature: fields are sorted by their bytes; empty ones and sign are left out") {
    V2Fields fields = order();
    fields["sign"] = "whatever";
    CHECK(v2_message(fields, "K") == "Zone=8&appid=wx1&body=a & b <c>&total_fee=100&key=K");
    CHECK(v2_message({}, "K") == "key=K");
}

TEST_CASE("v2_signature: the documentation's example has its published signs") {
    // Source: WeChat Pay API v2, "signature algorithm".
    const V2Fields fields{{"appid", "wxd930ea5d5a258f4f"},
                          {"mch_id", "10000100"},
                          {"device_info", "1000"},
                          {"body", "test"},
                          {"nonce_str", "ibuaiVcKdpRxkhJA"}};
    const std::string_view documented_key = "192006250b4c09247ec02edce69f6a2d";
    CHECK(sign_v2(fields, documented_key, V2SignType::md5) == "9A0A8659F005D6984697E2CA0A9CF3B7");
    CHECK(sign_v2(fields, documented_key, V2SignType::hmac_sha256) ==
          "6A9AE1657590FD6257D693A078E1C3E4BB6BA4DC30B23E0EE2496E54170DACD6");
}

TEST_CASE("v2_signature: verifies both kinds by what sign_type says, MD5 without one") {
    struct Row {
        std::string sign_type;
        V2SignType type;
    };
    for (const Row& row : {Row{"", V2SignType::md5}, Row{"MD5", V2SignType::md5},
                           Row{"HMAC-SHA256", V2SignType::hmac_sha256}}) {
        CAPTURE(row.sign_type);
        V2Fields fields = order();
        if (!row.sign_type.empty()) fields["sign_type"] = row.sign_type;
        fields["sign"] = sign_v2(fields, key, row.type);
        CHECK(!verify_v2(fields, key));
        CHECK(verify_v2(fields, "another") == V2SignFailure::sign_mismatch);
        fields["attach"] = "";
        fields["empty"] = "";
        CHECK(!verify_v2(fields, key));
    }
}

TEST_CASE(
    "v2_signature: refuses a missing sign, an unknown type, the other type's or a lower-case "
    "sign") {
    V2Fields fields = order();
    CHECK(verify_v2(fields, key) == V2SignFailure::sign_missing);
    fields["sign"] = "";
    CHECK(verify_v2(fields, key) == V2SignFailure::sign_missing);
    fields["sign_type"] = "SHA1";
    fields["sign"] = "x";
    CHECK(verify_v2(fields, key) == V2SignFailure::sign_type_unknown);
    fields["sign_type"] = "HMAC-SHA256";
    fields["sign"] = sign_v2(fields, key, V2SignType::md5);
    CHECK(verify_v2(fields, key) == V2SignFailure::sign_mismatch);
    fields["sign_type"] = "MD5";
    fields["sign"] = crypto::hex_lower(test::from_hex(sign_v2(fields, key, V2SignType::md5)));
    CHECK(verify_v2(fields, key) == V2SignFailure::sign_mismatch);
}

TEST_CASE("v2_signature: an altered, added or removed field is noticed") {
    V2Fields fields = order();
    fields["sign"] = sign_v2(fields, key, V2SignType::md5);
    for (const V2Fields::value_type& field : fields) {
        CAPTURE(field.first);
        for (std::size_t bit = 0; bit < 8 * field.second.size(); ++bit) {
            V2Fields altered = fields;
            altered[field.first] = test::with_flipped_bit(field.second, bit);
            REQUIRE(verify_v2(altered, key) == V2SignFailure::sign_mismatch);
        }
        if (field.second.empty() || field.first == "sign") continue;
        V2Fields without = fields;
        without.erase(field.first);
        CHECK(verify_v2(without, key) == V2SignFailure::sign_mismatch);
    }
    fields["added"] = "1";
    CHECK(verify_v2(fields, key) == V2SignFailure::sign_mismatch);
}

TEST_CASE("v2_signature: req_info decrypts to what was encrypted, and refuses other things") {
    CHECK(rc::check([](const std::string& plaintext) {
        RC_ASSERT(decrypt_req_info(encrypt_req_info(plaintext, key), key).value() == plaintext);
    }));
    CHECK(decrypt_req_info("no base64!", key).error().field == "req_info");
    CHECK(!decrypt_req_info("", key));
    CHECK(!decrypt_req_info("YQ==", key));
}
