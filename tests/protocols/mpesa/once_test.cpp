// What can be registered once only, asked for by many at one moment.
#include "tests/protocols/mpesa/daraja.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace tuma;
using namespace tuma::testing;

namespace json = boost::json;

namespace {

struct Registration {
    const char* path;
    json::object body;
    const char* done;     ///< what the one that gets through is told
    const char* refused;  ///< what the others are told, and whoever comes later
};

std::vector<Registration> registrations() {
    return {{"/v1/billmanager-invoice/optin",
             {{"shortcode", "174379"},
              {"email", "shop@example.com"},
              {"officialContact", "0710123456"},
              {"sendReminders", "1"},
              {"callbackurl", "http://127.0.0.1:9/bills"}},
             "app_key",
             "Biller already Registered"},
            {"/mpesa/c2b/v2/registerurl",
             {{"ShortCode", "600984"},
              {"ResponseType", "Completed"},
              {"ConfirmationURL", "http://127.0.0.1:9/confirm"},
              {"ValidationURL", "http://127.0.0.1:9/validate"}},
             R"("ResponseDescription":"Success")",
             "Urls are already registered."},
            {"/pulltransactions/v1/register",
             {{"ShortCode", "174379"},
              {"RequestType", "Pull"},
              {"NominatedNumber", "0722000000"},
              {"CallBackURL", "http://127.0.0.1:9/pull"}},
             "ShortCode Registered Successfully",
             "ShortCode already Registered"}};
}

mpesa::Options once() {
    mpesa::Options options;
    options.urls_once = true;
    return options;
}

bool says(const http::HttpReply& reply, const char* text) {
    return reply.body.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("mpesa once: of many registrations at one moment one gets through") {
    for (const Registration& one : registrations()) {
        CAPTURE(one.path);
        Daraja daraja(once());
        const std::string body = json::serialize(one.body);
        const auto replies = daraja.send_together({8, daraja.request(one.path, body)});
        CHECK(says(replies.front(), one.done));
        const http::HttpReply later = daraja.post(one.path, body);
        CHECK(says(later, one.refused));
        for (auto reply = replies.begin() + 1; reply != replies.end(); ++reply) {
            CHECK(reply->status == later.status);
            CHECK(says(*reply, one.refused));
        }
        daraja.check_books();
    }
}

TEST_CASE("mpesa once: of two changes at one moment none is lost") {
    Daraja daraja;
    const Registration biller = registrations().front();
    const std::string key =
        at(daraja.post_json(biller.path, json::serialize(biller.body)), "app_key");
    const auto change = [&](const char* member, const char* value) {
        json::object body = biller.body;
        body.erase("callbackurl");
        body[member] = value;
        return daraja.request("/v1/billmanager-invoice/change-optin-details", json::serialize(body),
                              {{"appKey", key}});
    };
    for (const http::HttpReply& reply :
         daraja.send_together({change("logo", "new"), change("callbackurl", "http://127.0.0.1/b")}))
        CHECK(reply.status == 200);
    const auto stored = mpesa::find_biller(daraja.directory, "174379");
    REQUIRE(stored);
    CHECK(stored->logo == "new");
    CHECK(stored->url == "http://127.0.0.1/b");
}
