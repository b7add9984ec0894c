// Records by their table, and requests field by field.
#include "protocols/kit/field_table.h"
#include "protocols/kit/request_fields.h"

#include <boost/json.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

using namespace tuma;

namespace {

struct Clerk {
    std::string name;
    bool operator==(const Clerk&) const = default;
};
struct Shop {
    std::string number;
    std::string type = "paybill";
    bool is_open = true;
    std::int64_t balance = 5;
    std::int64_t year = 2024;
    std::vector<std::string> tags{};
    std::vector<Clerk> clerks{};
    Clerk owner{};
    std::map<std::string, std::string, std::less<>> facts{};
    bool operator==(const Shop&) const = default;
};

std::string_view check_digits(std::string_view text) {
    return text.find_first_not_of("0123456789") == std::string_view::npos ? ""
                                                                          : "has no digits only";
}

using C = protocols::Rows<Clerk>;
const std::array clerk_rows{C::required(C::text("name", &Clerk::name))};
const std::span<const protocols::FieldRow<Clerk>> clerks{clerk_rows};

using R = protocols::Rows<Shop>;
const std::array shop_rows{R::required(R::text("number", &Shop::number, "which", check_digits)),
                           R::word("type", &Shop::type, "paybill|till"),
                           R::flag("is_open", &Shop::is_open),
                           R::number("balance", &Shop::balance, 0, 100),
                           R::number_of("year", &Shop::year, "2017|2024"),
                           R::texts("tags", &Shop::tags, {}, check_digits),
                           R::objects("clerks", &Shop::clerks, clerks),
                           R::object("owner", &Shop::owner, clerks),
                           R::sparse(R::text_map("facts", &Shop::facts))};
const std::span<const protocols::FieldRow<Shop>> shops{shop_rows};

std::string refusal(const std::string& members) {
    const auto read = protocols::read_record(shops, R"({"number":"1")" + members + "}", "shop");
    return read ? std::string("taken") : read.error().text();
}

// Complaints as they are: the issue's number, the label, the bound, the marks.
struct Plain {
    using Error = std::string;
    static constexpr bool texts_are_numbers = false;
    static constexpr bool numbers_are_texts = false;
    static constexpr bool counts_characters = true;
    static constexpr bool takes_control = false;

    protocols::FieldValue find(std::string_view key) const {
        return protocols::find_member(body, key);
    }
    std::string complaint(const protocols::Complaint& said) const {
        return fmt::format("{} {} {}-{}{}{}", static_cast<int>(said.issue), said.label, said.least,
                           said.most, said.marks, fmt::join(said.words, "|"));
    }
    boost::json::object body;
};
struct Loose : Plain {
    static constexpr bool texts_are_numbers = true;
    static constexpr bool numbers_are_texts = true;
    static constexpr bool counts_characters = false;
    static constexpr bool takes_control = true;
};

template <typename Policy = Plain>
protocols::RequestFields<Policy> fields_of(const char* json) {
    Policy policy;
    policy.body = boost::json::parse(json).as_object();
    return protocols::RequestFields<Policy>(policy);
}

std::string issue(protocols::Issue issue, const std::string& rest) {
    return fmt::format("{} {}", static_cast<int>(issue), rest);
}

}  // namespace

TEST_CASE("field table: what was written is read again, and what is not there stays fresh") {
    Shop shop{.number = "12", .type = "till", .is_open = false, .balance = 7};
    shop.tags = {"1", "2"};
    shop.clerks = {{"ann"}, {"bob"}};
    shop.owner = {"cid"};
    CHECK(protocols::record_json(shops, shop) ==
          R"({"number":"12","type":"till","is_open":false,"balance":7,"year":2024,)"
          R"("tags":["1","2"],"clerks":[{"name":"ann"},{"name":"bob"}],"owner":{"name":"cid"}})");
    shop.facts = {{"a", "1"}};
    const auto again = protocols::read_record(shops, protocols::record_json(shops, shop), "shop");
    REQUIRE(again.has_value());
    CHECK(*again == shop);
    const auto fresh = protocols::read_record(shops, R"({"number":"1"})", "shop");
    REQUIRE(fresh.has_value());
    CHECK(*fresh == Shop{.number = "1"});
    const auto other = protocols::read_record(shops, R"({"number":"1"})", "shop",
                                              Shop{.number = "", .balance = 9});
    CHECK(other->balance == 9);
}

TEST_CASE("field table: each violation is told with the member's name and its bounds") {
    CHECK(protocols::read_record(shops, "{}", "shop").error().text() == "number: is missing");
    CHECK(protocols::read_record(shops, R"({"number":"x"})", "shop").error().text() ==
          "number: has no digits only");
    CHECK(refusal(R"(,"number":"2")") == "shop: is not a JSON object, or has a member twice");
    CHECK(refusal(R"(,"type":1)") == "type: is a text of at most 20000 bytes");
    CHECK(refusal(R"(,"type":"tyll")").starts_with(R"(type: "tyll")"));
    CHECK(refusal(R"(,"is_open":1)") == "is_open: is true or false");
    CHECK(refusal(R"(,"balance":101)") == "balance: is a whole number from 0 to 100");
    CHECK(refusal(R"(,"balance":1.0)") == "balance: is a whole number from 0 to 100");
    CHECK(refusal(R"(,"year":2018)").starts_with(R"(year: "2018")"));
    CHECK(refusal(R"(,"tags":["1","x"])") == R"(tags: has "x", which has no digits only)");
    CHECK(refusal(R"(,"tags":[1])") == "tags: has an item that is no text");
    CHECK(refusal(R"(,"tags":"1")") == "tags: is no array");
    CHECK(refusal(R"(,"clerks":[{}])") == "clerks.name: is missing");
    CHECK(refusal(R"(,"owner":1)") == "owner.owner: is not a JSON object");
    CHECK(refusal(R"(,"facts":{"a":1})") == "facts: has a member that is no text");
    // A misspelt member is why another one is missing.
    CHECK(protocols::read_record(shops, R"({"numbr":"1"})", "shop").error().field == "numbr");
    CHECK(refusal(R"(,"numbr":"1")").starts_with(R"(numbr: is no member of shop: "numbr")"));
    CHECK(refusal("") == "taken");
}

TEST_CASE("request fields: the first thing wrong is kept, with its bound") {
    using protocols::Issue;
    using protocols::Need;
    const char* body = R"({"text":"héé","empty":"","n":7,"yes":true,"tab":"a\tb","nil":null})";
    const auto error = [&](const auto& take) {
        auto fields = fields_of(body);
        take(fields);
        return fields.is_good() ? std::string("good") : fields.error();
    };
    CHECK(error([](auto& f) { CHECK(f.text("text", {.most = 3}) == "héé"); }) == "good");
    CHECK(error([](auto& f) { f.text("text", {.most = 2}); }) ==
          issue(Issue::too_long, "text 1-2"));
    CHECK(error([](auto& f) { f.text("text", {.least = 4}); }) ==
          issue(Issue::too_short, "text 4-255"));
    CHECK(error([](auto& f) { f.text("none", {.label = "Other"}); }) ==
          issue(Issue::missing, "Other 0-0"));
    CHECK(error([](auto& f) { f.text("nil"); }) == issue(Issue::missing, "nil 0-0"));
    CHECK(error([](auto& f) { f.text("empty"); }) == issue(Issue::too_short, "empty 1-255"));
    CHECK(error([](auto& f) { CHECK(f.text("empty", {}, Need::optional).empty()); }) == "good");
    CHECK(error([](auto& f) { f.text("n"); }) == issue(Issue::not_text, "n 0-0"));
    CHECK(error([](auto& f) { f.text("tab"); }) == issue(Issue::control, "tab 0-0"));
    CHECK(error([](auto& f) { f.name("text", {}, "_-"); }) == issue(Issue::letters, "text 0-0_-"));
    CHECK(error([](auto& f) {
              f.word("text", {"a", "b"});
          }) == issue(Issue::no_word, "text 0-0a|b"));
    CHECK(error([](auto& f) { CHECK(f.word("none", {"a"}, Need::optional, "a") == "a"); }) ==
          "good");
    CHECK(error([](auto& f) { f.number("n", {8, 9}); }) == issue(Issue::too_small, "n 8-9"));
    CHECK(error([](auto& f) { f.number("n", {1, 6}); }) == issue(Issue::too_large, "n 1-6"));
    CHECK(error([](auto& f) { CHECK(f.number("n", {7, 7}) == 7); }) == "good");
    CHECK(error([](auto& f) { f.number("text", {}); }) == issue(Issue::not_number, "text 0-0"));
    CHECK(error([](auto& f) { CHECK(f.number("none", {}, Need::optional, 3) == 3); }) == "good");
    CHECK(error([](auto& f) { CHECK(f.flag("yes")); }) == "good");
    CHECK(error([](auto& f) { f.flag("n"); }) == issue(Issue::not_flag, "n 0-0"));
    CHECK(error([](auto& f) { f.shaped("text", [](std::string_view) { return false; }); }) ==
          issue(Issue::misshapen, "text 0-0"));
    CHECK(error([](auto& f) { CHECK(f.any_text({"none", "text"}) == "héé"); }) == "good");
    CHECK(error([](auto& f) {
              f.flag("n");
              f.text("none");
          }) == issue(Issue::not_flag, "n 0-0"));
}

TEST_CASE("request fields: formats without types take digits for numbers and the other way round") {
    using protocols::Issue;
    auto fields = fields_of<Loose>(R"({"digits":"12","minus":"-1","n":7,"text":"éé","tab":"\t"})");
    CHECK(fields.number("digits", {1, 99}) == 12);
    CHECK(fields.text("n") == "7");
    CHECK(fields.text("tab") == "\t");
    CHECK(fields.is_good());
    fields.text("text", {.most = 3});  // four bytes
    CHECK(fields.error() == issue(Issue::too_long, "text 1-3"));
    auto signs = fields_of<Loose>(R"({"minus":"-1"})");
    signs.number("minus", {-5, 5});
    CHECK(signs.error() == issue(Issue::not_number, "minus 0-0"));
}

TEST_CASE("request fields: an object inside shares what is wrong") {
    using protocols::Issue;
    auto outer = fields_of(R"({"a":1})");
    Plain policy;
    policy.body = boost::json::parse(R"({"b":2})").as_object();
    protocols::RequestFields<Plain> inner(policy, outer);
    inner.text("b");
    CHECK_FALSE(outer.is_good());
    outer.text("a");
    CHECK(inner.error() == issue(Issue::not_text, "b 0-0"));
    CHECK(outer.error() == inner.error());
}
