// The page about simulated customers says what the tables say.
#include "protocols/wechat/orders/order_details.h"
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

TEST_CASE("wechat page: protocols/scenarios.md has the keys of orders") {
    std::ifstream file(TUMA_SOURCE_DIR "/protocols/scenarios.md");
    const std::string page{std::istreambuf_iterator<char>(file), {}};
    for (const std::string& key :
         {wechat::payment_key("MCHID", "OUT_TRADE_NO"),
          wechat::combined_key("MCHID", "COMBINE_OUT_TRADE_NO"),
          wechat::refund_key("MCHID", "OUT_REFUND_NO"),
          wechat::transfer_key("MCHID", "OUT_BILL_NO"),
          wechat::direct_transfer_key("MCHID", "PARTNER_TRADE_NO"),
          wechat::red_packet_key("MCHID", "MCH_BILLNO"), wechat::batch_key("MCHID", "OUT_BATCH_NO"),
          wechat::batch_detail_key("MCHID", "OUT_BATCH_NO", "OUT_DETAIL_NO"),
          wechat::sharing_key("MCHID", "OUT_ORDER_NO") + "/PART",
          wechat::unsharing_key("MCHID", "OUT_RETURN_NO")})
        CHECK_MESSAGE(page.find("`" + key + "`") != std::string::npos, key);
}
