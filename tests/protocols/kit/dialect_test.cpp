// No two dialects of a list may claim the same.
#include "protocols/kit/dialect.h"

#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <string>
#include <vector>

using namespace tuma;
using protocols::DialectInfo;

namespace {

constexpr std::array<std::string_view, 2> first_paths{"/first/", "/v1/pay/"};
constexpr std::array<std::string_view, 1> second_paths{"/second/"};
constexpr std::array<protocols::ProfileKind, 1> first_profiles{{{"first/shop/", nullptr}}};
constexpr std::array<protocols::ProfileKind, 1> second_profiles{{{"second/shop/", nullptr}}};
constexpr std::array<std::string_view, 1> first_tables{"first.shop"};

DialectInfo first() {
    return {.name = "first",
            .kind_first = 100,
            .kind_last = 199,
            .key_prefix = "f/",
            .paths = first_paths,
            .tables = first_tables,
            .profiles = first_profiles};
}

DialectInfo second() {
    return {.name = "second",
            .kind_first = 200,
            .kind_last = 299,
            .key_prefix = "s/",
            .paths = second_paths,
            .profiles = second_profiles};
}

// What is said of a first dialect and of a second that was changed.
std::string said(const std::function<void(DialectInfo&)>& change) {
    const DialectInfo one = first();
    DialectInfo other = second();
    change(other);
    const std::array<const DialectInfo*, 2> both{&one, &other};
    return protocols::find_overlap(both).value_or("");
}

}  // namespace

TEST_CASE("dialect list: dialects that share nothing are taken") {
    CHECK(said([](DialectInfo&) {}).empty());
}

TEST_CASE("dialect list: each thing that two dialects claim is named, with both") {
    CHECK(said([](DialectInfo& one) { one.name = "first"; }) ==
          "dialects first and first share the name");
    CHECK(said([](DialectInfo& one) { one.kind_first = 199; }) ==
          "dialects first and second share kinds 100 to 199 and 199 to 299");
    CHECK(said([](DialectInfo& one) { one.kind_first = one.kind_last = 150; }) ==
          "dialects first and second share kinds 100 to 199 and 150 to 150");
    CHECK(said([](DialectInfo& one) { one.key_prefix = "f/x/"; }) ==
          "dialects first and second share keys f/ and f/x/");
    static constexpr std::array<std::string_view, 2> paths{"/second/", "/v1/"};
    CHECK(said([](DialectInfo& one) { one.paths = paths; }) ==
          "dialects first and second share paths /v1/pay/ and /v1/");
    static constexpr std::array<protocols::ProfileKind, 1> profiles{{{"first/", nullptr}}};
    CHECK(said([](DialectInfo& one) { one.profiles = profiles; }) ==
          "dialects first and second share profiles first/shop/ and first/");
}

TEST_CASE("dialect list: a row that claims badly is named") {
    static constexpr std::array<std::string_view, 1> open_path{"/second"};
    CHECK(said([](DialectInfo& one) { one.paths = open_path; }) ==
          "second: /second: paths begin and end with a slash");
    CHECK(said([](DialectInfo& one) { one.tables = first_tables; }) ==
          "second: first.shop: tables begin with the dialect's name");
    const std::string needs =
        "second: needs a name, a prefix of keys and a range of kinds from 1 on";
    CHECK(said([](DialectInfo& one) { one.kind_last = 150; }) == needs);
    CHECK(said([](DialectInfo& one) { one.kind_first = one.kind_last = 0; }) == needs);
    CHECK(said([](DialectInfo& one) { one.key_prefix = ""; }) == needs);
}
