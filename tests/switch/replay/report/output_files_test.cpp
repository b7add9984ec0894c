// The directory of a replay: complete or not there, and never somebody else's.
#include "switch/replay/report/output_files.h"

#include "tests/switch/replay/run/small_replay.h"

#include <iterator>
#include <set>

using namespace tuma;
using namespace tuma::replay;

namespace {

namespace fs = std::filesystem;

std::set<std::string> names_in(const fs::path& directory) {
    std::set<std::string> names;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory))
        names.insert(entry.path().filename().string());
    return names;
}

std::string text_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

ReplayResult sample(const std::string& rail) {
    return replay_of(
        plan_of(merchant_text("2024-02-28") + "[advance]\nday = 1\n[[rail]]\nname = \"" + rail +
                "\"\nfee_bp = 100\n"),
        "a,2024-02-26T09:00:00,3000,\n");
}

void write_whole(const fs::path& target, const std::string& rail) {
    REQUIRE(!OutputDirectory::check(target).has_value());
    OutputDirectory out(target);
    write_outputs(out.path(), sample(rail), "test");
    out.publish();
}

std::string reason(const fs::path& target) {
    const auto wrong = OutputDirectory::check(target);
    return wrong ? wrong->reason : "fine";
}

}  // namespace

TEST_CASE("output: all files are there once it is published, and nothing beside it") {
    const TemporaryDirectory directory;
    const fs::path target = directory.path() / "a" / "out";
    write_whole(target, "till");

    CHECK(names_in(target) == std::set<std::string>{"report.html", "summary.csv", "summary.json",
                                                    "till.csv", "till.loan.csv"});
    CHECK(names_in(directory.path() / "a") == std::set<std::string>{"out"});
    CHECK(text_of(target / "till.csv") ==
          "date,gross_sales,settled_gross,fees,loan_advance,loan_repayment,outgoings,"
          "closing_balance,receivable,interest_accrued\n"
          "2024-02-26,3000,3000,30,0,0,0,4970,0,0\n"
          "2024-02-27,0,0,0,0,0,1800,3170,0,0\n"
          "2024-02-28,0,0,0,0,0,0,3170,0,0\n");
    CHECK(text_of(target / "till.loan.csv").find("2024-02-27,0,0,0,10000,0,1800,13170,0,0") !=
          std::string::npos);
}

TEST_CASE("output: without its end nothing is left, and what was there stays") {
    const TemporaryDirectory directory;
    const fs::path target = directory.path() / "out";
    {
        const OutputDirectory out(target);
        write_outputs(out.path(), sample("till"), "test");
    }
    CHECK(names_in(directory.path()).empty());

    write_whole(target, "till");
    const std::string before = text_of(target / "summary.json");
    {
        const OutputDirectory out(target);
        write_outputs(out.path(), sample("other"), "test");
    }
    CHECK(names_in(directory.path()) == std::set<std::string>{"out"});
    CHECK(text_of(target / "summary.json") == before);
}

TEST_CASE("output: an earlier replay is replaced, files of rails that are gone included") {
    const TemporaryDirectory directory;
    const fs::path target = directory.path() / "out";
    write_whole(target, "till");
    fs::create_directories(books_path(target) / "till");
    write_whole(target, "card");
    CHECK(names_in(target) == std::set<std::string>{"card.csv", "card.loan.csv", "report.html",
                                                    "summary.csv", "summary.json"});
    CHECK(names_in(directory.path()) == std::set<std::string>{"out"});
}

TEST_CASE("output: a directory with anything else in it is left alone") {
    const TemporaryDirectory directory;
    const fs::path target = directory.path() / "out";
    fs::create_directory(target);
    CHECK(reason(target) == "fine");
    write_whole(target, "till");
    CHECK(reason(target) == "fine");

    write_file(target / "notes.txt", "mine");
    CHECK(reason(target) ==
          "holds notes.txt, which the earlier replay in it did not write; move it "
          "away, or name a directory that is new or empty, --out=DIR");

    const fs::path other = directory.path() / "other";
    fs::create_directory(other);
    write_file(other / "summary.json", "{\"rails\": {}}");
    CHECK(reason(other) ==
          "holds summary.json, and no earlier replay that could be replaced; name a directory that "
          "is new or empty, --out=DIR");
    CHECK(reason(other / "summary.json") ==
          "is not a directory; name a directory that is new or empty, --out=DIR");
}
