// Whom callbacks may be sent to, as a table.
#include "switch/http/callback_rules.h"

#include <doctest/doctest.h>

#include <string>

using namespace tuma;
using boost::asio::ip::make_address;

namespace {

std::string refusal(const net::CallbackRules& rules, const char* address, std::uint16_t port = 80,
                    const char* host = "shop.test") {
    return rules.refusal(host, {make_address(address), port}).value_or("");
}

net::CallbackRules rules_of(const char* allow, const char* deny) {
    return net::CallbackRules::read(allow, deny).value();
}

}  // namespace

TEST_CASE("callback rules: the switch itself is never called, however its address is written") {
    net::CallbackRules rules;
    rules.add_own({"127.0.0.1", 8080});
    rules.add_own({"::1", 8443});
    for (const char* address :
         {"127.0.0.1", "::ffff:127.0.0.1", "0.0.0.0", "64:ff9b::127.0.0.1", "::ffff:0.0.0.0"}) {
        CAPTURE(address);
        CHECK(refusal(rules, address, 8080) == "the address is the switch's own");
        CHECK(refusal(rules, address, 8081).empty());
    }
    for (const char* address : {"::1", "::"}) {
        CHECK(refusal(rules, address, 8443) == "the address is the switch's own");
        CHECK(refusal(rules, address, 8080).empty());
    }
    CHECK(refusal(rules, "127.0.0.2", 8080).empty());
}

TEST_CASE("callback rules: a listener on all addresses is met by each of the machine's") {
    for (const char* everywhere : {"0.0.0.0", "::"}) {
        net::CallbackRules rules;
        rules.add_own({everywhere, 8080});
        for (const char* address : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "0.0.0.0"})
            CHECK(refusal(rules, address, 8080) == "the address is the switch's own");
        // Of documentation, so nobody's (RFC 5737).
        CHECK(refusal(rules, "192.0.2.1", 8080).empty());
        CHECK(refusal(rules, "127.0.0.1", 8081).empty());
    }
}

TEST_CASE("callback rules: the deny list comes before the allow list") {
    const net::CallbackRules rules = rules_of("10.0.0.0/8, *.shop.test,one.test,2001:db8::/33",
                                              "10.1.0.0/16,bad.shop.test,fe80::/10");
    struct Row {
        const char* host;
        const char* address;
        const char* refusal;
    };
    const Row rows[] = {
        {"x", "10.0.0.1", ""},
        {"x", "::ffff:10.0.0.1", ""},
        {"x", "10.2.255.255", ""},
        {"a.shop.test", "1.2.3.4", ""},
        {"A.SHOP.TEST.", "1.2.3.4", ""},
        {"one.test", "1.2.3.4", ""},
        {"x", "2001:db8:7fff::1", ""},
        {"x", "10.1.0.1", "10.1.0.1 is denied by --callback-deny"},
        {"a.shop.test", "10.1.255.255", "10.1.255.255 is denied by --callback-deny"},
        {"bad.shop.test", "10.0.0.1", "10.0.0.1 is denied by --callback-deny"},
        {"one.test", "fe80::1", "fe80::1 is denied by --callback-deny"},
        {"one.test", "fe80::1%7", "fe80::1 is denied by --callback-deny"},
        {"x", "11.0.0.0", "11.0.0.0 is not on the list of --callback-allow"},
        {"shop.test", "1.2.3.4", "1.2.3.4 is not on the list of --callback-allow"},
        {"two.one.test", "1.2.3.4", "1.2.3.4 is not on the list of --callback-allow"},
        {"x", "2001:db8:8000::1", "2001:db8:8000::1 is not on the list of --callback-allow"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.host);
        CAPTURE(row.address);
        CHECK(refusal(rules, row.address, 80, row.host) == row.refusal);
    }
}

TEST_CASE("callback rules: without lists everybody may be called") {
    const net::CallbackRules rules = rules_of("", "");
    for (const char* address : {"127.0.0.1", "10.0.0.1", "169.254.169.254", "8.8.8.8", "::1"})
        CHECK(refusal(rules, address).empty());
}

TEST_CASE("callback rules: what is no name, address or network is refused with its list") {
    for (const char* bad :
         {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/-1", "300.1.1.1", "a b", ",", "a,,b",
          "fe80::/129", "shop.test/8", "*", "http://shop.test", "shop.test:80"}) {
        CAPTURE(bad);
        CHECK(net::CallbackRules::read(bad, "").error().field == "callback-allow");
        CHECK(net::CallbackRules::read("", bad).error().field == "callback-deny");
    }
}
