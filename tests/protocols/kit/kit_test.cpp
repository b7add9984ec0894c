// Routes, kept profiles, ids, local time, retries, orders: the small parts of dialects.
#include "protocols/kit/cached.h"
#include "protocols/kit/ids.h"
#include "protocols/kit/json_text.h"
#include "protocols/kit/local_time.h"
#include "protocols/kit/payment.h"
#include "protocols/kit/request_fields.h"
#include "protocols/kit/retry_schedule.h"
#include "protocols/kit/route_table.h"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <variant>
#include <vector>

using namespace tuma;
using std::chrono::seconds;

namespace {

struct Options {
    bool is_new = false;
};
using Route = protocols::Route<int, Options, char>;

protocols::Answer answer(const int& status) {
    return http::HttpReply{.status = status};
}

constexpr std::array routes{
    Route{"GET", "/pay/{}", answer, 'a'}, Route{"DELETE", "/pay/{}", answer, 'b'},
    Route{"POST", "/pay/{}/close/{}", answer, 'c'}, Route{"", "/any", answer, 'd'},
    Route{"GET", "/new", answer, 'e', &Options::is_new}};

protocols::RouteMatch<Route> match(std::string_view method, std::string_view path,
                                   bool is_new = false) {
    return protocols::find_route(std::span<const Route>{routes}, method, path, Options{is_new});
}

Result<int> read_number(std::string_view text) {
    if (text == "bad") return InputError{"number", "is bad"};
    return static_cast<int>(text.size());
}

}  // namespace

TEST_CASE("routes: method and path find the row, braces the arguments") {
    using Texts = std::vector<std::string>;
    CHECK(match("GET", "/pay/7").row->mark == 'a');
    CHECK(match("DELETE", "/pay/a%2Fb").arguments == Texts{"a/b"});
    CHECK(match("POST", "/pay/1/close/2").arguments == Texts{"1", "2"});
    CHECK(match("PUT", "/any").row->mark == 'd');
    const auto answered = match("GET", "/pay/7").row->answer(204);
    CHECK(std::get<http::HttpReply>(answered).status == 204);
}

TEST_CASE("routes: another method is told from no path at all") {
    const auto wrong = match("POST", "/pay/7");
    CHECK(wrong.row == nullptr);
    REQUIRE(wrong.others.size() == 2);
    CHECK(wrong.others[0]->method == "GET");
    CHECK(wrong.others[1]->method == "DELETE");
    for (const char* path :
         {"/pay", "/pay/", "/pay/7/", "/pay/7/close", "/pay/%zz", "/", "/paying/7"})
        CHECK_MESSAGE((match("GET", path).row == nullptr && match("GET", path).others.empty()),
                      path);
}

TEST_CASE("routes: an option decides whether a row is there") {
    CHECK(match("GET", "/new").row == nullptr);
    CHECK(match("POST", "/new").others.empty());
    CHECK(match("GET", "/new", true).row->mark == 'e');
}

TEST_CASE("cached: a profile is read once for each of its texts") {
    protocols::Directory directory;
    protocols::Cached<int> cached;
    int reads = 0;
    const auto get = [&] {
        return *cached.get(directory, "x", [&](const std::string* text) {
            ++reads;
            return text == nullptr ? -1 : static_cast<int>(text->size());
        });
    };
    CHECK(get() == -1);
    CHECK(get() == -1);
    CHECK(reads == 1);
    directory.store("x", "abc");
    CHECK(get() == 3);
    CHECK(get() == 3);
    CHECK(reads == 2);
    directory.store("x", "");
    CHECK(get() == -1);
    CHECK(reads == 3);
}

TEST_CASE("cached: what cannot be read is as if it were not there") {
    protocols::Directory directory;
    protocols::Cached<int> cached;
    directory.store("x", "bad");
    CHECK(*cached.get(directory, "x", protocols::read_or_fresh(read_number)) == 0);
    CHECK(!protocols::find_profile(directory, "x", read_number));
    CHECK(!protocols::find_profile(directory, "y", read_number));
    directory.store("x", "four");
    CHECK(protocols::find_profile(directory, "x", read_number) == 4);
}

TEST_CASE("directory: what is made of a profile is made once for each of its texts") {
    protocols::Directory directory;
    static int reads = 0;
    const auto read = +[](std::string_view text) {
        ++reads;
        return read_number(text);
    };
    CHECK(directory.find_as("x", read) == nullptr);
    CHECK(reads == 0);
    directory.store("x", "four");
    const auto first = directory.find_as("x", read);
    CHECK(*first == 4);
    CHECK(directory.find_as("x", read) == first);
    CHECK(reads == 1);
    directory.store("x", "seven");
    CHECK(*directory.find_as("x", read) == 5);
    CHECK(*first == 4);
    directory.store("x", "bad");
    CHECK(directory.find_as("x", read) == nullptr);
    directory.store("x", "");
    CHECK(directory.find_as("x", read) == nullptr);
}

TEST_CASE("directory: several readers of one profile each have what they make of it") {
    protocols::Directory directory;
    directory.store("x", "four");
    const auto read_text =
        +[](std::string_view text) -> Result<std::string> { return std::string(text); };
    const auto read_double =
        +[](std::string_view text) -> Result<int> { return 2 * static_cast<int>(text.size()); };
    for (int turn = 0; turn < 2; ++turn) {
        CHECK(protocols::find_profile(directory, "x", read_number) == 4);
        CHECK(protocols::find_profile(directory, "x", read_text) == "four");
        CHECK(protocols::find_profile(directory, "x", read_double) == 8);
    }
}

TEST_CASE("json text: what JSON demands is escaped, and what is no UTF-8 replaced") {
    CHECK(protocols::quoted("") == R"("")");
    CHECK(protocols::quoted("plain /text~") == R"("plain /text~")");
    CHECK(protocols::quoted("\"a\\b\"") == R"("\"a\\b\"")");
    CHECK(protocols::quoted("\n\r\t\x01\x1f\x7f") == "\"\\n\\r\\t\\u0001\\u001f\x7f\"");
    CHECK(protocols::quoted("Zürich 支付") == "\"Zürich 支付\"");
    CHECK(protocols::quoted("a\xff\xc3(\xe6\x94") ==
          "\"a?"
          "?("
          "??\"");
    // A key as much as a value, and nothing of one in the other.
    CHECK(protocols::JsonText()
              .begin_object()
              .text("k\"", "v\n")
              .text("l", "w")
              .end_object()
              .take() == R"({"k\"":"v\n","l":"w"})");
}

TEST_CASE("ids: parts of the random bytes, uuids, numbers of orders") {
    protocols::Entropy entropy{};
    for (std::size_t i = 0; i < entropy.size(); ++i) entropy[i] = static_cast<std::byte>(i * 4);
    CHECK(protocols::hex_of(entropy, {1, 3}) == "04080c");
    CHECK(protocols::uuid(entropy, {0, 16}) == "0004080c-1014-481c-a024-282c3034383c");
    CHECK(protocols::percent_of(entropy, 63) == 98);
    CHECK(protocols::percent_of(entropy, 0) == 0);
    CHECK(protocols::is_uuid("0004080c-1014-481c-A024-282c3034383c"));
    for (const char* text :
         {"", "0004080c-1014-481c-a024-282c3034383", "0004080c01014-481c-a024-28",
          "0004080c-1014-481c-a024-282c3034383g", "0004080c-1014-481c-a024-282c3034383c0"})
        CHECK_FALSE(protocols::is_uuid(text));
    CHECK(protocols::order_in("420000200020261002", 8) == OrderId{20261002});
    CHECK(!protocols::order_in("4200002000", 11));
    CHECK(!protocols::order_in("42000000", 4));
    CHECK(!protocols::order_in("420000a1", 4));
}

TEST_CASE("local time: the clock on the wall, there and back") {
    const Timestamp time = parse_timestamp("2026-10-02T21:11:02.123Z").value();
    CHECK(protocols::compact_time(time, protocols::east_africa) == "20261003001102");
    CHECK(protocols::compact_time(time, protocols::beijing) == "20261003051102");
    CHECK(protocols::local_time(time, protocols::beijing).millisecond == 123);
    const auto back = protocols::read_compact_time("20261003001102", protocols::east_africa);
    REQUIRE(back.has_value());
    CHECK(*back == parse_timestamp("2026-10-02T21:11:02Z").value());
    for (const char* text : {"", "2026100300110", "20261303001102", "20261003241102",
                             "20261003006002", "20261003000060", "2026100300110x"})
        CHECK_FALSE(protocols::read_compact_time(text, protocols::east_africa).has_value());
}

TEST_CASE("retry schedule: each wait as often as it says, then none") {
    static constexpr std::array<protocols::RetryStep, 2> steps{{{seconds{15}, 2}, {seconds{60}}}};
    CHECK(protocols::wait_after(steps, 1) == Duration{seconds{15}});
    CHECK(protocols::wait_after(steps, 2) == Duration{seconds{15}});
    CHECK(protocols::wait_after(steps, 3) == Duration{seconds{60}});
    CHECK(!protocols::wait_after(steps, 4));
    CHECK(!protocols::wait_after({}, 1));
}

TEST_CASE("payment: without one of its accounts an order fails, and stays failed") {
    core::OrderRequest wish = protocols::wish_of(100, "{}");
    protocols::put_movement(wish, {.debit = AccountId{1}, .amount = {500, Currency::kes}}, 2040);
    CHECK(wish.terms.action == ledger::CustomerAction::decline);
    CHECK(wish.terms.decline_code == 2040);
    CHECK(wish.terms.amount == 0);
    protocols::CustomerScript script;
    script.delay = seconds{3};
    protocols::put_script(wish, script, seconds{9});
    CHECK(wish.terms.action == ledger::CustomerAction::decline);
    CHECK(wish.acts_after == Duration{seconds{3}});
    protocols::watch(wish, {AccountId{}, AccountId{4}});
    CHECK(wish.terms.watched_count == 1);
    CHECK(wish.terms.watched[0] == AccountId{4});
}

TEST_CASE("payment: a request that comes again is told from another one with its key") {
    using protocols::Repeat;
    core::Outcome outcome;
    const auto repeat = [&](bool is_same) {
        return protocols::repeat_of(outcome, [&](const ledger::Order&) { return is_same; });
    };
    CHECK(repeat(false) == Repeat::fresh);
    outcome.code = Refusal::order_exists;
    outcome.order = std::make_shared<const ledger::Order>();
    CHECK(repeat(true) == Repeat::same);
    CHECK(repeat(false) == Repeat::differs);
    outcome.code = Refusal::overloaded;
    CHECK(repeat(true) == Repeat::refused);
}

TEST_CASE("noted: every reply that an answer ends in has its note filled in, after any question") {
    const protocols::FillNote fill = [](http::ReplyNote& note) {
        protocols::fill_in(note.merchant, "shop");
        protocols::fill_in(note.why, "otherwise");
    };
    http::HttpReply reply;
    reply.note.why = "its own";
    const auto at_once = std::get<http::HttpReply>(protocols::noted(reply, fill));
    CHECK(at_once.note.merchant == "shop");
    CHECK(at_once.note.why == "its own");

    protocols::Asking asking;
    asking.then = [](const std::vector<core::Outcome>&) -> protocols::Answer {
        protocols::Reading reading;
        reading.then = [](const native::StatementPage&) -> protocols::Answer {
            return http::HttpReply{.status = 201};
        };
        return reading;
    };
    const auto asked = std::get<protocols::Asking>(protocols::noted(std::move(asking), fill));
    CHECK(asked.overloaded.note.merchant == "shop");
    const auto read = std::get<protocols::Reading>(asked.then({}));
    CHECK(read.overloaded.note.merchant == "shop");
    const auto last = std::get<http::HttpReply>(read.then({}));
    CHECK(last.status == 201);
    CHECK(last.note.why == "otherwise");
}

TEST_CASE("complaints: every one has plain words with the field and the bound") {
    using protocols::Issue;
    struct Row {
        protocols::Complaint complaint;
        const char* words;
    };
    const Row rows[] = {
        {{Issue::missing, "Amount", "Amount"}, "Amount is missing"},
        {{Issue::not_text, "a", ""}, "a is no text"},
        {{Issue::not_number, "a", "A"}, "A is no whole number"},
        {{Issue::not_flag, "a", "a"}, "a is neither true nor false"},
        {{Issue::too_short, "a", "a", 6, 32}, "a is shorter than 6"},
        {{Issue::too_long, "a", "a", 6, 32}, "a is longer than 32"},
        {{Issue::too_small, "a", "a", 1, 9}, "a is less than 1"},
        {{Issue::too_large, "a", "a", 1, 9}, "a is more than 9"},
        // The log would hide the digits without the commas.
        {{Issue::too_large, "a", "a", 1, 999'999'999}, "a is more than 999,999,999"},
        {{Issue::too_small, "a", "a", -1'000, 9}, "a is less than -1,000"},
        {{Issue::control, "a", "a"}, "a has control characters"},
        {{Issue::letters, "a", "a", 0, 0, "_-"}, "a has others than digits, letters and _-"},
        {{Issue::letters, "a", "a"}, "a has others than digits and letters"},
        {{.issue = Issue::no_word, .key = "a", .label = "a", .words = {"x", "y"}},
         "a is none of x, y"},
        {{Issue::misshapen, "a", "a"}, "a has not the form that is asked for"},
    };
    for (const Row& row : rows) CHECK(protocols::complaint_words(row.complaint) == row.words);
}
