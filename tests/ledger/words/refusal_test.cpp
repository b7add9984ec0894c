// The table of refusals: numbers, names, sentences, which are transient.
#include "ledger/words/refusal.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

using namespace tuma;

TEST_CASE("refusal: every code has one row with a unique name and a sentence") {
    std::set<std::string> names;
    std::size_t code = 0;
    for (const RefusalRow& row : refusal_table()) {
        CAPTURE(std::string(row.name));
        CHECK(static_cast<std::size_t>(row.refusal) == code++);
        CHECK(names.insert(std::string(row.name)).second);
        CHECK(std::all_of(row.name.begin(), row.name.end(),
                          [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }));
        REQUIRE(row.sentence.size() > 10);
        CHECK(std::isupper(static_cast<unsigned char>(row.sentence.front())) != 0);
        CHECK(row.sentence.back() == '.');
        CHECK(find_refusal(static_cast<std::uint16_t>(row.refusal)) == &row);
        CHECK(name(row.refusal) == row.name);
        CHECK(sentence(row.refusal) == row.sentence);
        CHECK(is_transient(row.refusal) == row.is_transient);
    }
}

TEST_CASE("refusal: numbers outside the table mean nothing") {
    const auto count = static_cast<std::uint16_t>(refusal_table().size());
    CHECK(find_refusal(count) == nullptr);
    CHECK(find_refusal(65535) == nullptr);
}

TEST_CASE("refusal: the codes on the wire and in the journal keep their numbers") {
    CHECK(static_cast<int>(Refusal::none) == 0);
    CHECK(static_cast<int>(Refusal::overloaded) == 1);
    CHECK(static_cast<int>(Refusal::modified_request) == 3);
    CHECK(static_cast<int>(Refusal::deadline_passed) == 4);
    CHECK(static_cast<int>(Refusal::account_not_found) == 13);
    CHECK(static_cast<int>(Refusal::reservation_not_open) == 19);
    CHECK(static_cast<int>(Refusal::exceeds_original) == 23);
    CHECK(static_cast<int>(Refusal::insufficient_funds) == 31);
    CHECK(static_cast<int>(Refusal::transfer_not_found) == 34);
    CHECK(static_cast<int>(Refusal::scheme_not_found) == 35);
    CHECK(static_cast<int>(Refusal::not_offered) == 38);
    CHECK(static_cast<int>(Refusal::daily_limit_exceeded) == 41);
    CHECK(static_cast<int>(Refusal::reversal_too_late) == 46);
}

TEST_CASE("refusal: those that depend on what others do are transient, the request's own are not") {
    std::set<std::string> transient;
    for (const RefusalRow& row : refusal_table())
        if (row.is_transient) transient.insert(std::string(row.name));

    const std::set<std::string> expected{"overloaded",
                                         "account_capacity_reached",
                                         "account_not_found",
                                         "account_not_empty",
                                         "debit_account_not_found",
                                         "credit_account_not_found",
                                         "original_not_found",
                                         "debit_account_frozen",
                                         "credit_account_frozen",
                                         "insufficient_funds",
                                         "own_funds_insufficient",
                                         "ceiling_exceeded",
                                         "request_not_found",
                                         "transfer_not_found",
                                         "scheme_not_found",
                                         "daily_limit_exceeded",
                                         "monthly_limit_exceeded",
                                         "yearly_limit_exceeded",
                                         "order_not_found",
                                         "customer_busy",
                                         "profile_changed"};
    CHECK(transient == expected);
}
