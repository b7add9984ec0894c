// Tables of a provisioning file, and profiles under names of their own.
#include "protocols/kit/field_table.h"
#include "protocols/kit/provision_tables.h"

#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <string>

using namespace tuma;
using protocols::ProvisionTable;
using protocols::ProvisionTables;
using protocols::Scope;

namespace {

struct Stall {
    std::string number;
    std::string scheme = "town";
};
using StallRows = protocols::Rows<Stall>;
const std::array stall_rows{StallRows::required(StallRows::text("number", &Stall::number)),
                            StallRows::text("scheme", &Stall::scheme)};

Result<Stall> read_stall(std::string_view json) {
    return protocols::read_record<Stall>(stall_rows, json, "stall");
}

// A table at a line, its number on the next.
ProvisionTable stall(std::uint32_t line, const std::string& number) {
    return {.file = "a.toml",
            .line = line,
            .name = "x.stall",
            .keys = {{"number", number, line + 1}},
            .json = R"({"number":")" + number + R"("})"};
}

std::string thrown(const std::function<void()>& act) {
    try {
        act();
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

TEST_CASE("provisioning tables: what is there twice is refused with both places") {
    ProvisionTables tables{{"x.stall", {stall(1, "7"), stall(4, "8"), stall(8, "7")}}};
    const auto check = [&](Scope scope) {
        return thrown([&] { protocols::refuse_repeated(tables, "x.stall", "number", scope); });
    };
    CHECK(check(Scope::file) == "a.toml:9: x.stall: number: is that of a.toml:2: x.stall already");
    CHECK(check(Scope::table).empty());
    tables["x.stall"][1].keys.push_back({"number", "8", 6});
    CHECK(check(Scope::table) == "a.toml:6: x.stall: number: is that of a.toml:5: x.stall already");
    CHECK(thrown([&] { protocols::take_table(tables, "x.stall", read_stall); }) ==
          "a.toml:4: x.stall: is there already, at a.toml:1: x.stall");
}

TEST_CASE("provisioning tables: what is wrong is told with the line of its key") {
    ProvisionTables tables{{"x.stall", {stall(1, "7")}}};
    tables["x.stall"][0].json = R"({"number":7})";
    CHECK(thrown([&] {
              protocols::take_tables(tables, "x.stall", read_stall);
          }).starts_with("a.toml:2: x.stall: number: is a text"));
    CHECK(protocols::places_of(tables, "x.stall", "other").front() == "a.toml:1: x.stall");
    CHECK(protocols::places_of(tables, "x.shop", "number").empty());
    tables["x.stall"][0].json = R"({"number":"7"})";
    protocols::Directory directory;
    const auto take = [&] { protocols::take_options(tables, "x.stall", directory, read_stall); };
    CHECK(thrown(take).starts_with("a.toml:1: x.stall: scheme: of those that are loaded"));
    directory.store("scheme/town", "{}");
    tables = {{"x.stall", {stall(1, "7")}}};
    CHECK(protocols::take_options(tables, "x.stall", directory, read_stall)->number == "7");
    CHECK(tables.empty());
}

TEST_CASE("profile kinds: content is stored by its own name only, and removed by any") {
    const protocols::ProfileKind kind{"x/stall/",
                                      protocols::violation_of_named<read_stall, &Stall::number>};
    CHECK(!kind.violation("x/stall/7", R"({"number":"7"})"));
    CHECK(kind.violation("x/stall/8", R"({"number":"7"})")->text() ==
          R"(name: ends in "8", but the content is that of "7")");
    CHECK(!kind.violation("x/stall/8", ""));
}
