#include "switch/commands/reconcile_report.h"

#include "ledger/words/time.h"
#include "switch/replay/words/number_text.h"
#include "switch/replay/words/text_table.h"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <string_view>

namespace tuma {
namespace {

namespace json = boost::json;
using reconcile::Break;
using reconcile::BreakKind;
using reconcile::Movement;

constexpr std::size_t breaks_shown = 100;
// Of lines whose account the books do not know.
constexpr std::string_view no_currency = "?";

std::string_view currency_of(const Reconciliation& found, const std::string& account) {
    const auto known = found.books.accounts.find(account);
    return known == found.books.accounts.end() ? no_currency : alphabetic_code(known->second);
}

std::string amount_of(const Reconciliation& found, const std::string& account, std::int64_t minor) {
    const auto known = found.books.accounts.find(account);
    // Without a currency nobody knows where the decimal point belongs.
    if (known == found.books.accounts.end()) return replay::count_text(minor) + " minor";
    return replay::amount_text(minor, known->second);
}

struct Sums {
    std::uint64_t count = 0;
    std::int64_t out = 0;   ///< paid to bank accounts
    std::int64_t back = 0;  ///< collected from them
};

// By letters of the currency.
std::map<std::string_view, Sums> sums_of(const Reconciliation& found,
                                         std::span<const Movement> movements) {
    std::map<std::string_view, Sums> sums;
    for (const Movement& movement : movements) {
        Sums& sum = sums[currency_of(found, movement.account)];
        ++sum.count;
        // Apart, not netted: a payout and a collection of one size are two mistakes, not none.
        (movement.amount > 0 ? sum.out : sum.back) += std::abs(movement.amount);
    }
    return sums;
}

std::string sums_text(const Reconciliation& found, std::string_view who,
                      std::span<const Movement> movements) {
    const auto sums = sums_of(found, movements);
    if (sums.empty()) return fmt::format("{}nothing\n", who);
    std::string out;
    for (const auto& [currency, sum] : sums) {
        const auto amount = [&, letters = currency](std::int64_t minor) {
            const auto known = parse_currency(letters);
            return known ? replay::money_text(minor, *known)
                         : replay::count_text(minor) + " minor units";
        };
        out +=
            fmt::format("{}{}, {} paid out, {} collected{}\n", who,
                        replay::counted(static_cast<std::int64_t>(sum.count), "movement"),
                        amount(sum.out), amount(sum.back),
                        currency == no_currency ? ", of accounts that the books do not pay" : "");
    }
    return out;
}

std::string side_text(const Reconciliation& found, const std::optional<Movement>& movement,
                      std::string_view number) {
    if (!movement) return "-";
    return fmt::format("{} {} ({} {})", tuma::text(movement->day),
                       amount_of(found, movement->account, movement->amount), number,
                       movement->number);
}

std::string breaks_text(const Reconciliation& found) {
    const std::vector<Break>& breaks = found.matching.breaks;
    if (breaks.empty()) return {};
    std::vector<replay::TextRow> rows{{"break", "account", "books", "bank", "bank less books"}};
    // A wrong file can differ in every line, and a screen of breaks tells as much as all of them.
    for (std::size_t i = 0; i < std::min(breaks.size(), breaks_shown); ++i) {
        const Break& one = breaks[i];
        const std::string& account = one.either().account;
        rows.push_back({std::string(name(one.kind)), account,
                        side_text(found, one.book, "transfer"), side_text(found, one.bank, "line"),
                        amount_of(found, account, one.difference())});
    }
    std::string out = "\n" + replay::text_table(rows, {0, 1, 2, 3});
    if (breaks.size() > breaks_shown)
        out += fmt::format("  and {} more; --json has all\n", breaks.size() - breaks_shown);
    return out + "\n";
}

// Number of breaks and what the bank has more than the books, by kind and currency.
std::map<std::pair<BreakKind, std::string_view>, std::pair<std::uint64_t, std::int64_t>> totals_of(
    const Reconciliation& found) {
    std::map<std::pair<BreakKind, std::string_view>, std::pair<std::uint64_t, std::int64_t>> totals;
    for (const Break& one : found.matching.breaks) {
        // By currency, since a sum over currencies means nothing.
        auto& [count, difference] = totals[{one.kind, currency_of(found, one.either().account)}];
        ++count;
        difference += one.difference();
    }
    return totals;
}

json::value day_or_null(const std::optional<core::LocalDay>& day) {
    return day ? json::value(tuma::text(*day)) : json::value();
}

json::value side_of(const std::optional<Movement>& movement, std::string_view number) {
    // Null instead of a missing member: readers find the same members in every break.
    if (!movement) return nullptr;
    return {{"day", tuma::text(movement->day)},
            {"amount", movement->amount},
            {number, movement->number},
            {"reference", movement->reference}};
}

json::object sums_json(const Reconciliation& found, std::span<const Movement> movements) {
    json::object out;
    for (const auto& [currency, sum] : sums_of(found, movements))
        out[currency] = {{"count", sum.count}, {"paid_out", sum.out}, {"collected", sum.back}};
    return out;
}

json::array breaks_json(const Reconciliation& found) {
    json::array out;
    out.reserve(found.matching.breaks.size());
    for (const Break& one : found.matching.breaks)
        out.push_back({{"kind", name(one.kind)},
                       {"account", one.either().account},
                       {"currency", currency_of(found, one.either().account)},
                       {"book", side_of(one.book, "transfer")},
                       {"bank", side_of(one.bank, "line")},
                       {"difference", one.difference()}});
    return out;
}

}  // namespace

std::string reconcile_text(const Reconciliation& found) {
    std::string out =
        sums_text(found, "books: ", found.books.movements) +
        sums_text(found, "bank:  ", found.bank) +
        fmt::format("agree: {}\n", replay::count_text(std::uint64_t{found.matching.matched})) +
        breaks_text(found);
    // Totals of nothing would only be noise.
    if (found.matching.breaks.empty()) return out + "clean\n";
    for (const auto& [what, total] : totals_of(found)) {
        const auto known = parse_currency(what.second);
        out += fmt::format("{}: {}, bank less books {}\n", name(what.first),
                           replay::count_text(total.first),
                           known ? replay::money_text(total.second, *known)
                                 : replay::count_text(total.second) + " minor units");
    }
    return out;
}

std::string reconcile_json(const Reconciliation& found) {
    json::array totals;
    for (const auto& [what, total] : totals_of(found))
        totals.push_back({{"kind", name(what.first)},
                          {"currency", what.second},
                          {"count", total.first},
                          {"difference", total.second}});
    // The format has a name, so that a reader can refuse one that it does not know.
    // The switch may be running: the report says which batches it has looked at.
    const json::object out{{"format", "tuma-reconcile-1"},
                           {"clean", found.matching.breaks.empty()},
                           {"through_batch", found.books.last_batch},
                           {"from", day_or_null(found.range.from)},
                           {"to", day_or_null(found.range.to)},
                           {"books", sums_json(found, found.books.movements)},
                           {"bank", sums_json(found, found.bank)},
                           {"agree", found.matching.matched},
                           {"totals", std::move(totals)},
                           {"breaks", breaks_json(found)}};
    return json::serialize(out) + "\n";
}

}  // namespace tuma
