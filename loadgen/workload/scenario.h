// What a scenario file says: who there is, what they do how often, and how much money moves.
#pragma once

#include "ledger/words/money.h"
#include "ledger/words/result.h"
#include "ledger/words/time.h"

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// What customers, agents and merchants do.
enum class Action : std::uint8_t {
    deposit,       ///< cash-in: agent float → wallet
    withdraw,      ///< cash-out: wallet → agent float
    pay_merchant,  ///< wallet → till
    transfer,      ///< wallet → another wallet
    redeem,        ///< debit: wallet → trust, the money goes to the customer's bank account
    reserve,       ///< set aside for a till; settled, released or left to expire later
};
inline constexpr std::size_t action_count = 6;
/// Stable snake_case name ("pay_merchant").
std::string_view name(Action action);

/// How amounts lie around their mean.
enum class AmountShape : std::uint8_t {
    fixed,        ///< each is the mean
    uniform,      ///< from half to one and a half of the mean
    exponential,  ///< coefficient of variation 1, close to the 0.8 to 2 of a real service
};

/// A scenario, checked. Shares are weights: only their ratio counts.
struct Scenario {
    std::string name;  ///< 1..16 of a-z 0-9 -; part of the accounts' identities
    std::string description;
    Currency currency = Currency::kes;
    std::uint32_t customers = 10'000;
    std::uint32_t merchants = 0;
    std::uint32_t agents = 0;
    std::array<std::uint64_t, action_count> mix{};
    AmountShape shape = AmountShape::exponential;
    std::int64_t payment_mean = 50'000;  ///< minor units
    /// Mean of an action's amounts in thousandths of the payment's mean.
    std::array<std::uint32_t, action_count> amount_permille{1000, 1000, 1000, 1000, 1000, 1000};
    std::uint32_t zipf_permille = 0;  ///< exponent of the merchants' popularity; 0 is uniform
    std::uint32_t customers_zipf_permille = 0;  ///< of the wallets', whoever pays or is paid
    std::uint32_t hot_merchant_permille = 0;    ///< share of payments to the first till
    std::uint32_t settle_percent = 100;         ///< of reservations
    std::uint32_t release_percent = 0;          ///< of reservations; the rest is left to expire
    Duration reserve_timeout = std::chrono::seconds{30};
    std::vector<std::uint32_t> hours;  ///< weight of each hour of a day; empty: all alike

    std::uint64_t weight(Action action) const { return mix[static_cast<std::size_t>(action)]; }
};

/// Reads a scenario in TOML; `source` names it in errors ("kenya-day.toml").
/// Refuses: what is not TOML, unknown keys, values outside their bounds, a mix that needs tills or
/// agents where there are none; the error names file, line, key and bound.
Result<Scenario> parse_scenario(std::string_view toml, std::string_view source);

/// A scenario that is part of the program.
struct BuiltInScenario {
    std::string_view name;
    std::string_view toml;
};
std::span<const BuiltInScenario> built_in_scenarios();

/// The scenario called `name_or_file`: one that is built in, or the file of this name when it ends
/// in ".toml".
Result<Scenario> load_scenario(const std::string& name_or_file);

}  // namespace tuma::loadgen
