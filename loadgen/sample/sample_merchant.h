// Sales of a merchant who does not exist, for trying a replay without anybody's data.
#pragma once

#include "ledger/words/result.h"
#include "loadgen/sample/sample_shapes.h"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// Which sample to make up. The same values give the same sales with every compiler and on every
/// machine, and a longer sample begins with the shorter one.
struct SampleMerchant {
    MerchantKind kind = MerchantKind::kiosk;
    std::uint64_t seed = 1;
    std::uint32_t days = 365;  ///< 1 to `sample_days_max`
    std::chrono::sys_days from = std::chrono::sys_days{std::chrono::year{2024} / 1 / 1};
};

inline constexpr std::uint32_t sample_days_max = 10'000;

/// One made-up payment.
struct SampleSale {
    std::chrono::sys_seconds local_time{};  ///< the merchant's wall clock
    std::int64_t amount = 0;                ///< minor units, negative for a refund, never 0
    std::string_view method;                ///< "card", "cash", or empty where unknown
    std::uint32_t customer = 0;             ///< 1, 2, 3 …; 0 where unknown

    bool operator==(const SampleSale&) const = default;
};

/// All sales in order of time. Requires: 1 <= days <= sample_days_max.
std::vector<SampleSale> sample_sales(const SampleMerchant& merchant);

/// The file that `tuma replay` reads: txn_id,ts,amount_minor,method,customer. Ids and customers
/// begin with "SYN-", so that nobody takes a row for a real one.
std::string sample_csv(std::span<const SampleSale> sales);

/// Where the sample goes if nobody says: "synthetic-kiosk-seed1.csv".
std::string sample_file_name(const SampleMerchant& merchant);

/// What was made, in a line that says that it is synthetic.
std::string sample_summary(const SampleMerchant& merchant, std::span<const SampleSale> sales);

/// Reads "2024-01-31", years 1970 to 2199.
Result<std::chrono::sys_days> parse_sample_day(std::string_view text);

}  // namespace tuma::loadgen
