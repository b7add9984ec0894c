// What is said of words that are misspelt; texts taken apart.
#include "ledger/words/words.h"

#include "ledger/words/command_words.h"
#include "ledger/words/input_file.h"
#include "ledger/words/text.h"
#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>

#include <array>
#include <fstream>
#include <string>

using namespace tuma;

TEST_CASE(
    "words: a misspelt word is named with the list, and with the nearest one if there is one") {
    constexpr std::array<std::string_view, 3> words{"approve", "cancel", "ignore"};
    CHECK(none_of("cancle", words) ==
          "\"cancle\" is none of approve, cancel, ignore; did you mean cancel?");
    CHECK(none_of("pay", words) == "\"pay\" is none of approve, cancel, ignore");
    CHECK(none_of("", words) == "\"\" is none of approve, cancel, ignore");
    CHECK(none_of("a\x1b[31m", words) == "\"a?[31m\" is none of approve, cancel, ignore");
    CHECK(none_of(std::string(100, 'x'), words) ==
          "\"" + std::string(40, 'x') + "...\" is none of approve, cancel, ignore");
    CHECK(none_of("kats", std::vector<std::string>{"cats", "dogs"}) ==
          "\"kats\" is none of cats, dogs; did you mean cats?");
}

TEST_CASE("words: near is at most two changes, and at most half of the word") {
    constexpr std::array<std::string_view, 3> words{"no", "latency", "drop"};
    CHECK(nearest_word("latncy", words) == "latency");
    CHECK(nearest_word("latencies", words) == std::nullopt);
    CHECK(nearest_word("latecny", words) == "latency");
    CHECK(nearest_word("dorp", words) == "drop");
    CHECK(nearest_word("DROP", words) == "drop");
    CHECK(nearest_word("drp", words) == "drop");
    CHECK(nearest_word("x", words) == std::nullopt);
    CHECK(nearest_word("na", words) == "no");
    CHECK(nearest_word("", words) == std::nullopt);
    CHECK(nearest_word(std::string(10'000, 'a'), words) == std::nullopt);
}

TEST_CASE("words: a list is split at each separator") {
    CHECK(split_words("wall|virtual", '|') == std::vector<std::string_view>{"wall", "virtual"});
    CHECK(split_words("", '|') == std::vector<std::string_view>{""});
    CHECK(split_words("a,,b,", ',') == std::vector<std::string_view>{"a", "", "b", ""});
}

TEST_CASE("words: a command line is looked at for commands and options, not for values") {
    const CommandWords program{
        "tuma",
        {"--help", "--version"},
        {{"serve", {"--data", "--native"}, {}}, {"scheme", {"--help"}, {{"list", {}, {}}}}}};
    struct Row {
        std::vector<std::string> arguments;
        const char* sentence;
    };
    const Row rows[] = {
        {{}, ""},
        {{"serve", "--data=books"}, ""},
        {{"serve", "--data", "sevre"}, ""},
        {{"serve", "--", "--nativ"}, ""},
        {{"scheme", "list"}, ""},
        {{"-h"}, ""},
        {{"sevre"}, "\"sevre\" is none of serve, scheme; did you mean serve?"},
        {{"scheme", "lst"}, "\"lst\" is none of list; did you mean list?"},
        {{"serve", "--nativ=x"}, "\"--nativ\" is none of --data, --native; did you mean --native?"},
        {{"--data=books", "serve"}, "\"--data\" is none of --help, --version"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.arguments.empty() ? "" : row.arguments.back());
        CHECK(misspelt_argument(program, row.arguments).value_or("") == row.sentence);
    }
}

TEST_CASE("words: a number is the whole text, and fits") {
    CHECK(read_number<int>("-12") == -12);
    CHECK(read_number<std::uint16_t>("65535") == 65535);
    CHECK(read_number<double>("2.5") == 2.5);
    for (const char* text : {"", " 1", "1 ", "+1", "1x", "x", "0x1", "65536", "-1"}) {
        CAPTURE(text);
        CHECK(read_number<std::uint16_t>(text) == std::nullopt);
    }
    CHECK(read_number<int>("12", 12, 31) == 12);
    CHECK(read_number<int>("31", 12, 31) == 31);
    CHECK(read_number<int>("11", 12, 31) == std::nullopt);
    CHECK(read_number<int>("32", 12, 31) == std::nullopt);
}

TEST_CASE("words: lines are taken off one by one, whatever their ends") {
    std::string_view text = "a\r\n\nb \t\rc\nd";
    CHECK(take_line(text) == "a");
    CHECK(take_line(text).empty());
    CHECK(take_line(text) == "b \t\rc");
    CHECK(take_line(text) == "d");
    CHECK(text.empty());
    CHECK(trimmed(" \t a b\t") == "a b");
    CHECK(trimmed("\t ").empty());
}

TEST_CASE("words: a file is read whole, or it is said why not") {
    const TemporaryDirectory directory;
    const auto path = directory.path() / "some.txt";
    CHECK(read_text_file(path).error().text() == path.string() + ": cannot be opened for reading");
    CHECK(read_text_file(directory.path()).error().text() ==
          directory.path().string() + ": is a directory; a file is needed");
    const std::string bytes("two\nlines\0\xFF", 12);
    std::ofstream(path, std::ios::binary) << bytes;
    CHECK(read_text_file(path).value() == bytes);
    std::ofstream(path, std::ios::trunc);
    CHECK(read_text_file(path).value().empty());
}
