// The page about simulated customers says what the tables say.
#include "protocols/wechat/profiles/options.h"
#include "protocols/wechat/wire/test_customers.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <string>

using namespace tuma;

TEST_CASE("wechat page: protocols/scenarios.md has every number, word and option") {
    std::ifstream file(TUMA_SOURCE_DIR "/protocols/scenarios.md");
    const std::string page{std::istreambuf_iterator<char>(file), {}};
    for (const wechat::MagicRow& row : wechat::magic_table()) {
        const std::string line =
            fmt::format("| {} | `{}` | {} |\n", row.ending, row.word, row.sentence);
        CHECK_MESSAGE(page.find(line) != std::string::npos, line);
    }
    for (const wechat::OptionRow& row : wechat::option_table()) {
        CHECK_MESSAGE(page.find(fmt::format("| `{}` | ", row.name)) != std::string::npos, row.name);
        CHECK_MESSAGE(page.find(row.sentence) != std::string::npos, row.sentence);
    }
}
