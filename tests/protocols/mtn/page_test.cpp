// The pages say what the tables say.
#include "protocols/mtn/mtn_adapter.h"
#include "protocols/mtn/operations.h"
#include "protocols/mtn/profiles.h"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <string>

using namespace tuma;

namespace {

std::string page_at(const std::string& path) {
    std::ifstream file(std::string(TUMA_SOURCE_DIR) + "/" + path);
    REQUIRE_MESSAGE(file, path);
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

TEST_CASE("mtn page: the README has every word, option, member and path") {
    const std::string page = page_at("protocols/mtn/README.md");
    const auto check = [&](const std::string& line) {
        CHECK_MESSAGE(page.find(line) != std::string::npos, line);
    };
    for (const auto& row : mtn::scenarios().rows)
        check(fmt::format("| `{}` | {} |\n", row.word, row.sentence));
    const boost::json::value defaults = boost::json::parse(mtn::to_json(mtn::Options{}));
    for (const auto& row : mtn::option_table())
        check(fmt::format("| `{}` | `{}` | {} |\n", row.name,
                          boost::json::serialize(defaults.at(row.name)), row.sentence));
    for (const std::string& json :
         {mtn::to_json(mtn::Subscription{}), mtn::to_json(mtn::ApiUser{})}) {
        const boost::json::value record = boost::json::parse(json);
        for (const auto& member : record.as_object())
            check(fmt::format("| `{}` | ", std::string(member.key())));
    }
    for (const mtn::Route& route : mtn::routes()) {
        // The first word behind the version; those behind it are written in several ways.
        std::string_view api = route.path;
        if (api.starts_with("/v")) api.remove_prefix(5);
        check(std::string(api.substr(0, api.find('/', 1))));
    }
}
