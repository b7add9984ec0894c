#include "tests/switch/replay/run/invented_merchant.h"

#include "ledger/words/time.h"
#include "tests/switch/replay/run/small_replay.h"

#include <fmt/format.h>

#include <random>

namespace tuma::replay {
namespace {

using std::chrono::days;

// A Monday.
constexpr core::LocalDay monday{std::chrono::year{2024} / 2 / 26};

std::string rail_text(std::size_t number, const model::Rail& rail) {
    std::string text = fmt::format("[[rail]]\nname = \"r{}\"\nfee_bp = {}\nfee_flat_minor = {}\n",
                                   number, rail.basis_points, rail.flat);
    if (rail.cap >= 0) text += fmt::format("fee_cap_minor = {}\n", rail.cap);
    return text +
           fmt::format("free_up_to_minor = {}\nlag_days = {}\nlag_unit = \"{}\"\nroll = {}\n",
                       rail.free_up_to, rail.lag, rail.is_business ? "business" : "calendar",
                       rail.rolls);
}

class Chance {
public:
    explicit Chance(std::uint64_t seed) : engine_(seed) {}
    std::int64_t up_to(std::int64_t most) {
        return static_cast<std::int64_t>(engine_() % static_cast<std::uint64_t>(most + 1));
    }
    bool one_in(std::int64_t n) { return up_to(n - 1) == 0; }

private:
    std::mt19937_64 engine_;
};

void invent_sales(Chance& chance, Invented& invented) {
    std::uint64_t number = 0;
    for (core::LocalDay day = invented.merchant.from; day <= invented.merchant.to; day += days{1}) {
        if (chance.one_in(4)) continue;
        std::int64_t second = chance.up_to(3'600);
        for (std::int64_t left = chance.up_to(6); left > 0; --left) {
            std::int64_t amount = 1 + chance.up_to(chance.one_in(5) ? 200'000 : 3'000);
            if (chance.one_in(8)) amount = -amount;
            // Some of them in the same second.
            if (!chance.one_in(3)) second += chance.up_to(10'000);
            invented.sales[day].push_back(amount);
            invented.rows += fmt::format("t{},{}T{:02}:{:02}:{:02},{},\n", ++number, date_text(day),
                                         second / 3'600, second / 60 % 60, second % 60, amount);
        }
    }
}

}  // namespace

std::string date_text(core::LocalDay day) {
    return tuma::text(Timestamp{day}).substr(0, 10);
}

Invented invent(std::uint64_t seed, const std::filesystem::path& holidays) {
    Chance chance(seed);
    Invented invented;
    model::Merchant& merchant = invented.merchant;
    merchant.from = monday + days{chance.up_to(400)};
    merchant.to = merchant.from + days{chance.up_to(70)};
    merchant.opening_days = chance.up_to(4);
    merchant.has_fixed_outgoings = chance.one_in(3);
    const std::int64_t length = (merchant.to - merchant.from).count();
    if (!chance.one_in(3)) merchant.advance_day = static_cast<int>(chance.up_to(length));
    // Some are repaid before the window ends, some are not.
    merchant.advance_days = 1 + chance.up_to(9);
    merchant.factor_bp = 10'000 + chance.up_to(3'000);
    merchant.holdback_bp = 1 + chance.up_to(9'999);
    std::string rows = "calendar,date\n";
    for (core::LocalDay day = merchant.from - days{400}; day < merchant.to + days{400};
         day += days{1}) {
        if (!chance.one_in(15)) continue;
        merchant.holidays.insert(day);
        rows += "X," + date_text(day) + "\n";
    }
    write_file(holidays, rows);
    invent_sales(chance, invented);
    invented.plan = fmt::format(
        "[merchant]\ncurrency = \"GBP\"\ncalendar = \"X\"\nfrom = {}\nto = {}\nopening_days = {}\n"
        "[outgoings]\nmode = \"{}\"\n",
        date_text(merchant.from), date_text(merchant.to), merchant.opening_days,
        merchant.has_fixed_outgoings ? "fixed" : "proportional");
    if (merchant.advance_day >= 0)
        invented.plan += fmt::format(
            "[advance]\nday = {}\naverage_days = {}\nfactor_bp = {}\nholdback_bp = {}\n",
            merchant.advance_day, merchant.advance_days, merchant.factor_bp, merchant.holdback_bp);
    for (std::size_t i = 0; i < 5; ++i) {
        model::Rail rail;
        rail.basis_points = chance.one_in(4) ? 0 : chance.up_to(400);
        rail.flat = chance.one_in(3) ? chance.up_to(40) : 0;
        rail.cap = chance.one_in(3) ? chance.up_to(200) : -1;
        rail.free_up_to = chance.one_in(3) ? chance.up_to(1'000) : 0;
        rail.lag = chance.one_in(3) ? 0 : static_cast<int>(chance.up_to(6));
        rail.is_business = chance.one_in(2);
        rail.rolls = chance.one_in(3);
        invented.plan += rail_text(i, rail);
        invented.rails.push_back(rail);
    }
    return invented;
}

}  // namespace tuma::replay
