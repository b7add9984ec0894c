// What opens a payment on the phone: the four lines, which differ between WeChat and other apps.
#include "protocols/wechat/wire/invocation_signature.h"

#include "tests/protocols/crypto/keys.h"

#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::wechat;

namespace {

constexpr InvocationFields fields{"wx1", "1700000000", "nonce", "wx2017"};

std::string signature(Invocation invocation) {
    return crypto::base64_encode(test::first_key().sign(invocation_message(invocation, fields)));
}

}  // namespace

TEST_CASE(
    "invocation_signature: the last line is the package in WeChat and the bare id in an app") {
    CHECK(invocation_message(Invocation::jsapi, fields) ==
          "wx1\n1700000000\nnonce\nprepay_id=wx2017\n");
    CHECK(invocation_message(Invocation::app, fields) == "wx1\n1700000000\nnonce\nwx2017\n");
    CHECK(prepay_id_of_package("prepay_id=wx2017") == "wx2017");
    CHECK(prepay_id_of_package("wx2017").empty());
    CHECK(prepay_id_of_package("Sign=WXPay").empty());
}

TEST_CASE("invocation_signature: holds for its kind, its fields and its key only") {
    const crypto::PublicKey key = test::first_key().public_key();
    for (const Invocation invocation : {Invocation::jsapi, Invocation::app}) {
        const Invocation other =
            invocation == Invocation::jsapi ? Invocation::app : Invocation::jsapi;
        const std::string good = signature(invocation);
        CHECK(verify_invocation(key, invocation, fields, good));
        CHECK(!verify_invocation(key, other, fields, good));
        CHECK(!verify_invocation(test::second_key().public_key(), invocation, fields, good));
        for (std::string_view InvocationFields::*field :
             {&InvocationFields::appid, &InvocationFields::timestamp, &InvocationFields::nonce,
              &InvocationFields::prepay_id}) {
            InvocationFields altered = fields;
            const std::string value = test::with_flipped_bit(std::string(fields.*field), 0);
            altered.*field = value;
            CHECK(!verify_invocation(key, invocation, altered, good));
        }
        CHECK(!verify_invocation(key, invocation, fields, ""));
        CHECK(!verify_invocation(key, invocation, fields, good + "AAAA"));
    }
}
