// Plain HTTP as the load generator asks it, and what it makes of a status.
#include "loadgen/merchants/plain_requests.h"

#include <doctest/doctest.h>

using namespace tuma;
using namespace tuma::loadgen;

namespace {

/// Why it is refused before anybody is asked.
InputError plain_refusal(PlainRequest plain) {
    const Preparation told{.step = [](std::string_view, std::uint64_t, std::uint64_t) {},
                           .say = [](const std::string&) {}};
    MerchantPlan plan;
    plan.target = {"127.0.0.1", 1};
    plan.plain = std::move(plain);
    const auto made = prepare_plain(plan, told);
    return made ? InputError{} : made.error();
}

}  // namespace

TEST_CASE("plain requests: the same bytes each time, two hundreds are success") {
    PlainRequests requests("GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n");
    HttpOperation operation;
    requests.make(operation);
    CHECK(operation.bytes == "GET /a?b HTTP/1.1\r\nHost: h\r\n\r\n");
    const auto refusal = [&](int status) {
        return requests.read_reply({.status = status, .headers = {}, .body = "x"}, operation)
            ->refusal;
    };
    CHECK(refusal(200).empty());
    CHECK(refusal(204).empty());
    CHECK(refusal(299).empty());
    CHECK(refusal(199) == "http_199");
    CHECK(refusal(301) == "http_301");
    CHECK(refusal(404) == "http_404");
    CHECK(refusal(503) == "http_503");
    const auto facts = requests.facts();
    CHECK(facts.front() == std::pair<std::string, std::string>{"request", "GET /a?b"});
}

TEST_CASE("plain requests: what cannot be asked is refused by the option's name") {
    CHECK(plain_refusal({.path = "a"}).field == "--path");
    CHECK(plain_refusal({.path = "/a b"}).field == "--path");
    CHECK(plain_refusal({.path = "/a\r\nX: y"}).field == "--path");
    CHECK(plain_refusal({.body = "no such file"}).field == "--body");
    CHECK(plain_refusal({.content_type = "text/plain"}).field == "--content-type");
}
