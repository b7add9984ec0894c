// The journal's page in ledger/README.md names every flag and choice that an order's record can
// have.
#include "ledger/records/order.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <fstream>
#include <string>

using namespace tuma::ledger;

namespace {

// The first line of the page that begins like this.
std::string line_at(const std::string& front) {
    std::ifstream page(TUMA_SOURCE_DIR "/ledger/README.md");
    for (std::string line; std::getline(page, line);)
        if (line.starts_with(front)) return line;
    return {};
}

template <typename Number>
void check_named(const std::string& line, Number number) {
    const std::string shown = fmt::format(" {} ", static_cast<unsigned>(number));
    CHECK_MESSAGE(line.find(shown) != std::string::npos, shown, "in ", line);
}

}  // namespace

TEST_CASE("journal page: an order's flags are all there") {
    const std::string line = line_at("| 66 | 2 | u16 | flags:");
    for (const std::uint16_t flag :
         {order_flag_exclusive, order_flag_ask_merchant, order_flag_silence_accepts,
          order_flag_keeps_open, order_flag_group, order_flag_member})
        check_named(line, flag);
}

TEST_CASE("journal page: when a notice is told and what is done to it") {
    const std::string line = line_at("| 88 | 24 | 3 x 8 | channels:");
    REQUIRE(line.find("schedule of retries (u8, not 0)") != std::string::npos);
    REQUIRE(line.find("fault (u8:") != std::string::npos);
    const std::string when = line.substr(0, line.find("schedule of retries"));
    const std::string fault = line.substr(line.find("fault (u8:"));
    for (const NoticeWhen choice :
         {NoticeWhen::never, NoticeWhen::ended, NoticeWhen::succeeded, NoticeWhen::asked})
        check_named(when, choice);
    for (const NoticeFault choice : {NoticeFault::none, NoticeFault::lost, NoticeFault::twice})
        check_named(fault, choice);
}
