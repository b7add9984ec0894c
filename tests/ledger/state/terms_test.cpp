// Schemes by number and name, and which of them an account is under.
#include "ledger/state/terms.h"

#include "tests/support/words.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <map>
#include <string>

using namespace tuma;
using namespace tuma::ledger;
using namespace tuma::testing;

namespace {

SchemeLoaded scheme(const std::string& name, SchemeId id, const std::string& version = "2024-01",
                    std::size_t content_bytes = 5) {
    SchemeLoaded loaded;
    loaded.head.id = id;
    loaded.head.name = identity(name);
    loaded.head.scheme_version = identity(version);
    loaded.content.assign(content_bytes, std::byte{0xC5});
    return loaded;
}

AccountOpened account(std::uint32_t number, SchemeId scheme, std::uint8_t account_class = 0,
                      AccountId payout = {}) {
    AccountOpened opened;
    opened.id = AccountId{number};
    opened.scheme = scheme;
    opened.account_class = account_class;
    opened.payout = payout;
    opened.identity = identity("account-" + std::to_string(number));
    return opened;
}

// Two schemes, the first in its second version, and three accounts, the last without a scheme.
Terms town() {
    Terms terms;
    terms.apply(scheme("mpesa-kenya", SchemeId{1}));
    terms.apply(scheme("card", SchemeId{2}, "7", 0));
    terms.apply(scheme("mpesa-kenya", SchemeId{1}, "2025-01", 8));
    terms.apply(account(4, SchemeId{1}, 3));
    terms.apply(account(5, SchemeId{2}, 0, AccountId{6}));
    terms.apply(account(6, SchemeId{}));
    return terms;
}

std::string load(const std::vector<std::byte>& content) {
    Bytes bytes;
    bytes.content = content;
    Terms terms;
    try {
        terms.load(bytes);
    } catch (const StateError& error) {
        return error.what();
    }
    return bytes.is_empty() ? "loaded" : "bytes are left";
}

}  // namespace

TEST_CASE("terms: schemes are numbered by name, and a newer version takes the older one's place") {
    const Terms terms = town();
    CHECK(terms.schemes().size() == 2);
    CHECK(terms.find(identity("mpesa-kenya")) == SchemeId{1});
    CHECK(terms.find(identity("card")) == SchemeId{2});
    CHECK_FALSE(terms.find(identity("nobody")));
    CHECK(terms.id_for(identity("card")) == SchemeId{2});
    CHECK(terms.id_for(identity("nobody")) == SchemeId{3});
    REQUIRE(terms.find(SchemeId{1}) != nullptr);
    CHECK(text(terms.find(SchemeId{1})->head.scheme_version) == "2025-01");
    CHECK(terms.find(SchemeId{1})->content.size() == 8);
    CHECK(terms.find(SchemeId{}) == nullptr);
    CHECK(terms.find(SchemeId{3}) == nullptr);
}

TEST_CASE("terms: an account is under the scheme that it was opened with, or under none") {
    const Terms terms = town();
    REQUIRE(terms.find(AccountId{4}) != nullptr);
    CHECK(*terms.find(AccountId{4}) == AccountTerms{SchemeId{1}, 3, AccountId{}});
    REQUIRE(terms.find(AccountId{5}) != nullptr);
    CHECK(*terms.find(AccountId{5}) == AccountTerms{SchemeId{2}, 0, AccountId{6}});
    CHECK(terms.find(AccountId{6}) == nullptr);
    CHECK(terms.find(AccountId{}) == nullptr);
    CHECK_FALSE(terms.empty());

    Terms without;
    without.apply(scheme("card", SchemeId{1}));
    without.apply(account(1, SchemeId{}));
    CHECK(without.empty());
}

TEST_CASE("terms: what does not fit is told by its reason") {
    const Terms terms = town();
    const auto why = [&](const auto& record) { return terms.violation(record).value_or("fits"); };
    SchemeLoaded dollars = scheme("card", SchemeId{2});
    dollars.head.currency = Currency::usd;
    struct Row {
        const char* what;
        SchemeLoaded loaded;
        const char* found;
    };
    const Row rows[] = {
        {"a newer version", scheme("card", SchemeId{2}, "8"), "fits"},
        {"a new scheme", scheme("wechat", SchemeId{3}), "fits"},
        {"no number", scheme("wechat", SchemeId{}), "would get number 3"},
        {"a number left out", scheme("wechat", SchemeId{4}), "would get number 3"},
        {"another's number", scheme("wechat", SchemeId{2}), "would get number 3"},
        {"a known name under a new number", scheme("card", SchemeId{3}), "has or would get number"},
        {"another currency", dollars, "currency USD where the version before has KES"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        CHECK(why(row.loaded).find(row.found) != std::string::npos);
    }
    CHECK(why(account(7, SchemeId{})) == "fits");
    CHECK(why(account(7, SchemeId{2}, 9, AccountId{8})) == "fits");
    CHECK(why(account(7, SchemeId{3})) == "account 7: scheme 3 was never loaded");
}

TEST_CASE("terms: whoever made a scheme's record, its sizes are kept as they lie in the journal") {
    Terms decided;
    decided.apply(scheme("card", SchemeId{1}, "7", 13));
    std::vector<std::byte> bytes;
    append(bytes, scheme("card", SchemeId{1}, "7", 13));
    std::span<const std::byte> rest = bytes;
    Terms replayed;
    replayed.apply(std::get<SchemeLoaded>(*take_event(rest)));
    CHECK(decided.schemes()[0] == replayed.schemes()[0]);
    CHECK(decided.schemes()[0].head.content_bytes == 13);
    CHECK(decided.schemes()[0].head.size == 144 + 16);
}

TEST_CASE("terms: saved and loaded again they are the same, in whatever order they were opened") {
    const Terms terms = town();
    Bytes bytes;
    terms.save(bytes);
    Terms again;
    again.load(bytes);
    REQUIRE(bytes.is_empty());
    CHECK(bytes_of(again) == bytes_of(terms));
    CHECK(std::equal(again.schemes().begin(), again.schemes().end(), terms.schemes().begin()));
    CHECK(*again.find(AccountId{5}) == *terms.find(AccountId{5}));

    CHECK(rc::check("any accounts", [](const std::map<std::uint16_t, std::uint8_t>& classes) {
        Terms forwards;
        Terms backwards;
        for (Terms* made : {&forwards, &backwards}) made->apply(scheme("card", SchemeId{1}));
        for (const auto& [number, account_class] : classes)
            forwards.apply(account(number + 1U, SchemeId{1}, account_class));
        for (auto one = classes.rbegin(); one != classes.rend(); ++one)
            backwards.apply(account(one->first + 1U, SchemeId{1}, one->second));
        RC_ASSERT(bytes_of(forwards) == bytes_of(backwards));
        Bytes saved;
        forwards.save(saved);
        Terms loaded;
        loaded.load(saved);
        RC_ASSERT(bytes_of(loaded) == bytes_of(forwards));
        for (const auto& [number, account_class] : classes)
            RC_ASSERT(loaded.find(AccountId{number + 1U})->account_class == account_class);
    }));
}

TEST_CASE("terms: altered bytes are an error or load, and never end the program") {
    const std::vector<std::byte> good = bytes_of(town());
    CHECK(load(good) == "loaded");
    int refused = 0;
    for (std::size_t offset = 0; offset < good.size(); ++offset) {
        for (const int value : {0x00, 0x01, 0x7F, 0x80, 0xFF}) {
            std::vector<std::byte> bytes = good;
            bytes[offset] = static_cast<std::byte>(value);
            if (load(bytes) != "loaded") ++refused;
        }
    }
    CHECK(refused > 300);
    for (std::size_t size = 0; size < good.size(); ++size) {
        CAPTURE(size);
        CHECK(load({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}) ==
              "past the end of the bytes");
    }
}

TEST_CASE("terms: a saved value that makes no sense is an error that says where") {
    const std::vector<std::byte> good = bytes_of(town());
    // Behind the number of schemes: a head with 8 bytes of content, a head without any; then the
    // accounts, 12 bytes each.
    const std::size_t second = 8 + 144 + 8;
    const std::size_t accounts = second + 144 + 8;
    REQUIRE(good.size() == accounts + 2 * std::size_t{12});
    struct Row {
        const char* what;
        std::size_t offset;
        int value;
        const char* found;
    };
    const Row rows[] = {
        {"another record", second, 6, "another record"},
        {"no record", 8, 77, "record_kind"},
        {"number out of order", 8 + 4, 2, "not in order"},
        {"no such scheme", accounts + 4, 3, "an account's terms"},
        {"no scheme", accounts + 4, 0, "an account's terms"},
        {"no account", accounts, 0, "an account's terms"},
        {"out of order", accounts + 12, 4, "an account's terms"},
        {"reserved", accounts + 7, 1, "an account's terms"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        std::vector<std::byte> bytes = good;
        bytes[row.offset] = static_cast<std::byte>(row.value);
        CHECK(load(bytes).find(row.found) != std::string::npos);
    }
    std::vector<std::byte> same_name = good;
    std::copy_n(good.begin() + 8 + 80, 32, same_name.begin() + second + 80);
    CHECK(load(same_name).find("has or would get number 1") != std::string::npos);
}
