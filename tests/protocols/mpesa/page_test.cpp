// The pages about simulated customers and provisioning say what the tables and profiles say.
#include "protocols/mpesa/orders/bills.h"
#include "protocols/mpesa/orders/order_details.h"
#include "protocols/mpesa/orders/test_customers.h"
#include "protocols/mpesa/profiles/options.h"
#include "protocols/mpesa/profiles/profiles.h"
#include "protocols/mpesa/routes.h"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <string>

using namespace tuma;

namespace {

std::string page_at(const char* path) {
    std::ifstream file(std::string(TUMA_SOURCE_DIR "/") + path);
    return {std::istreambuf_iterator<char>(file), {}};
}

void check_members(const std::string& page, const std::string& json) {
    const boost::json::value profile = boost::json::parse(json);
    for (const auto& member : profile.as_object()) {
        const std::string name = fmt::format("`{}`", std::string(member.key()));
        CHECK_MESSAGE(page.find(name) != std::string::npos, name);
    }
}

}  // namespace

TEST_CASE("mpesa page: protocols/scenarios.md has every number, word and option") {
    const std::string page = page_at("protocols/scenarios.md");
    for (const mpesa::MagicRow& row : mpesa::magic_table()) {
        const std::string line =
            fmt::format("| {} | `{}` | {} |\n", row.ending, row.word, row.sentence);
        CHECK_MESSAGE(page.find(line) != std::string::npos, line);
    }
    for (const mpesa::OptionRow& row : mpesa::option_table()) {
        CHECK_MESSAGE(page.find(fmt::format("| `{}` | ", row.name)) != std::string::npos, row.name);
        CHECK_MESSAGE(page.find(row.sentence) != std::string::npos, row.sentence);
    }
}

TEST_CASE("mpesa page: protocols/scenarios.md has the keys of orders") {
    const std::string page = page_at("protocols/scenarios.md");
    for (const std::string& key : {mpesa::checkout_key("CHECKOUT_REQUEST_ID"),
                                   mpesa::originator_key("SHORTCODE", "ORIGINATOR_CONVERSATION_ID"),
                                   mpesa::conversation_key("CONVERSATION_ID"),
                                   mpesa::invoice_key("SHORTCODE", "EXTERNAL_REFERENCE"),
                                   std::string("m/standing/SHORTCODE/MSISDN/NAME")})
        CHECK_MESSAGE(page.find("`" + key + "`") != std::string::npos, key);
}

TEST_CASE("mpesa page: the README has every member of the provisioning tables and every path") {
    const std::string page = page_at("protocols/mpesa/README.md");
    check_members(page, mpesa::to_json(mpesa::App{}));
    check_members(page, mpesa::to_json(mpesa::Shortcode{}));
    check_members(page, mpesa::to_json(mpesa::CustomerProfile{}));
    for (const char* member : {"`password`", "`roles`", "`locked`"})
        CHECK_MESSAGE(page.find(member) != std::string::npos, member);
    for (const mpesa::Route& route : mpesa::routes()) {
        // Versions and words at the end are written in several ways.
        const std::string_view api = route.path.substr(0, route.path.find("/v"));
        CHECK_MESSAGE(page.find(api) != std::string::npos, std::string(api));
    }
}
