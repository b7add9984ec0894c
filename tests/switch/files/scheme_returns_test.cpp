// Scheme files: what comes back of charges, and what the operator may owe.
#include "switch/files/scheme_file.h"

#include <doctest/doctest.h>

#include <string>

namespace {

using tuma::core::ReversalRule;
using enum tuma::core::ChargeReturn;

tuma::Result<tuma::SchemeFile> with_lines(const std::string& lines) {
    return tuma::parse_scheme(
        "name = \"my\"\nversion = \"1\"\ncurrency = \"KES\"\nzone = \"+03:00\"\n" + lines, "f.toml",
        {});
}

ReversalRule rule_with(const std::string& lines) {
    return with_lines("[reversal]\n" + lines).value().scheme.reversal;
}

}  // namespace

TEST_CASE("scheme file: what comes back of charges is one word for all, or one for each") {
    CHECK(rule_with("") == ReversalRule{true, 0, nothing, nothing, nothing});
    CHECK(rule_with("returns_fee = true") == ReversalRule{true, 0, all, all, all});
    CHECK(rule_with("fee_returned = \"percentage_only\"") ==
          ReversalRule{true, 0, percentage_only, percentage_only, percentage_only});
    CHECK(rule_with("fee_returned = \"all\"\ntax_returned = \"nothing\"\n"
                    "commission_returned = \"before_settlement\"") ==
          ReversalRule{true, 0, all, nothing, before_settlement});
    CHECK(with_lines("[operator]\nown_funds_may_be_short = true\n")
              .value()
              .scheme.own_funds_may_be_short);
}

TEST_CASE("scheme file: a word that says nothing about charges is refused with those that do") {
    struct Row {
        const char* lines;
        const char* error;
    };
    const Row rows[] = {
        {"[reversal]\ntax_returned = \"some\"",
         "f.toml:6: reversal.tax_returned: found \"some\"; one of \"all\", \"percentage_only\", "
         "\"before_settlement\", \"nothing\" is needed"},
        {"[reversal]\nreturns_fee = true\nfee_returned = \"all\"",
         "f.toml:7: reversal.fee_returned: says what returns_fee says already; write only "
         "fee_returned"},
        {"[operator]\nown_funds_may_be_short = 1",
         "f.toml:6: operator.own_funds_may_be_short: found 1; true or false is needed"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.lines);
        const auto file = with_lines(row.lines);
        REQUIRE_FALSE(file.has_value());
        CHECK(file.error().text() == row.error);
    }
}
