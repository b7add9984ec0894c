// Settings: their bounds, the file they are read from, and what is printed of them.
#include "switch/ops/settings.h"

#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>

using namespace tuma;
using namespace tuma::net;

namespace {

// A settings file that is gone when the test is over.
class TemporaryFile {
public:
    explicit TemporaryFile(const std::string& content)
        : path_((directory_.path() / "tuma.toml").string()) {
        std::ofstream(path_) << content;
    }
    const std::string& path() const { return path_; }

private:
    TemporaryDirectory directory_;
    std::string path_;
};

SettingTexts with_data() {
    return {{"data", {"somewhere", "--data"}}};
}

}  // namespace

TEST_CASE("settings: defaults are within their own bounds and only data is required") {
    const Result<Settings> settings = make_settings(with_data());

    REQUIRE(settings.has_value());
    CHECK(settings->request_retention == std::chrono::days{7});
    CHECK(settings->request_keys == 4'000'000);
    CHECK(make_settings({}).error().field == "--data");
}

TEST_CASE("settings: what goes with one clock only is refused with the other") {
    struct Row {
        std::string clock, name, value, part_of_reason;
    };
    const Row rows[] = {
        {"wall", "start", "2026-01-31T23:59:00+08:00", "--clock=virtual"},
        {"wall", "entropy", "1", "--clock=virtual"},
        {"virtual", "accept-date", "2026-11-29", "--start"},
        {"virtual", "start", "2026-01-31", "with its zone"},
        {"virtual", "start", "1999-12-31T23:59:59Z", "from 2000 to 2099"},
        {"virtual", "start", "2100-01-01T00:00:00Z", "from 2000 to 2099"},
        {"virtual", "entropy", std::string(101, 'x'), "at most 100"},
        {"wall", "accept-date", "29 November", "a date like"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        SettingTexts texts = with_data();
        texts["clock"] = {row.clock, "--clock"};
        texts[row.name] = {row.value, "--" + row.name};
        const Result<Settings> settings = make_settings(texts);
        REQUIRE_FALSE(settings.has_value());
        CHECK(settings.error().field == "--" + row.name);
        CHECK(settings.error().reason.find(row.part_of_reason) != std::string::npos);
    }
    SettingTexts texts = with_data();
    texts["clock"] = {"virtual", "--clock"};
    texts["start"] = {"2026-01-31T23:59:00+08:00", "--start"};
    texts["entropy"] = {"lesson 4", "--entropy"};
    CHECK(make_settings(texts).has_value());
    SettingTexts wall = with_data();
    wall["accept-date"] = {"2026-11-29", "--accept-date"};
    CHECK(make_settings(wall).has_value());
}

TEST_CASE("settings: each value out of bounds is refused with its place and bound") {
    struct Row {
        std::string name, value, part_of_reason;
    };
    const Row rows[] = {
        {"io-threads", "0", "from 1 to 64"},    {"io-threads", "65", "from 1 to 64"},
        {"accounts", "many", "whole number"},   {"accounts", "-1", "whole number"},
        {"accounts", "12 ", "whole number"},    {"request-keys", "999", "from 1000"},
        {"request-retention", "7", "duration"}, {"request-retention", "1ms", "from 1s"},
        {"project", "sometimes", "live|off"},   {"log-level", "loud", "debug|info|warn|error"},
        {"data", "", "must not be empty"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.name);
        CAPTURE(row.value);
        SettingTexts texts = with_data();
        texts[row.name] = {row.value, "file.toml:3: " + row.name};

        const Result<Settings> settings = make_settings(texts);

        REQUIRE_FALSE(settings.has_value());
        CHECK(settings.error().field == "file.toml:3: " + row.name);
        CHECK(settings.error().reason.find(row.part_of_reason) != std::string::npos);
    }
}

TEST_CASE("settings: a file is read with lines remembered, and unknown keys stop the start") {
    const TemporaryFile good("data = \"books\"\n\nio_threads = 2\nrequest_retention = \"1d\"\n");
    const TemporaryFile unknown("data = \"books\"\nspeed = 3\n");
    const TemporaryFile broken("data = \n");
    const TemporaryFile nested("[native]\nport = 1\n");

    const Result<SettingTexts> texts = read_settings_file(good.path());

    REQUIRE(texts.has_value());
    CHECK(texts->at("io-threads").place == good.path() + ":3: io_threads");
    REQUIRE(make_settings(*texts).has_value());
    CHECK(make_settings(*texts)->io_threads == 2);
    CHECK(read_settings_file(unknown.path()).error().field == unknown.path() + ":2: speed");
    CHECK(read_settings_file(broken.path()).error().field == broken.path() + ":1");
    CHECK_FALSE(read_settings_file(nested.path()).has_value());
    CHECK_FALSE(read_settings_file("/no/such/file.toml").has_value());
}

TEST_CASE("settings: what is printed can be read back") {
    SettingTexts texts = with_data();
    texts["drain-timeout"] = {"1500ms", "--drain-timeout"};
    const Settings settings = *make_settings(texts);
    const TemporaryFile printed(settings_text(settings));

    const Result<SettingTexts> again = read_settings_file(printed.path());

    REQUIRE(again.has_value());
    REQUIRE(make_settings(*again).has_value());
    CHECK(settings_text(*make_settings(*again)) == settings_text(settings));
}

TEST_CASE("settings: names are unique and sentences end") {
    std::set<std::string_view> names;
    for (const SettingRow& row : settings_table()) {
        CAPTURE(row.name);
        CHECK(names.insert(row.name).second);
        CHECK(row.sentence.back() == '.');
    }
}

TEST_CASE("settings: the README's table is the one that the definition gives") {
    std::ifstream file(TUMA_SOURCE_DIR "/README.md");
    const std::string readme{std::istreambuf_iterator<char>(file),
                             std::istreambuf_iterator<char>()};

    CHECK(readme.find(settings_markdown()) != std::string::npos);
}
