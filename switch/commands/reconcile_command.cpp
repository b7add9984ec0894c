#include "switch/commands/reconcile_command.h"

#include "ledger/store/journal_end.h"
#include "ledger/store/journal_segment.h"
#include "ledger/store/sqlite_journal.h"
#include "ledger/words/time.h"
#include "switch/commands/command_result.h"
#include "switch/commands/reconcile_report.h"
#include "switch/reconcile/bank_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <tuple>
#include <utility>

namespace tuma {
namespace {

constexpr int exit_breaks = 1;

Result<std::optional<core::LocalDay>> read_day(const char* flag, const std::string& text) {
    // A flag that was not given leaves its side open; that is no mistake.
    if (text.empty()) return std::optional<core::LocalDay>();
    const auto day = parse_day(text);
    if (!day) return InputError{flag, fmt::format("\"{}\" is not a date as 2024-03-01", text)};
    return std::optional(*day);
}

Result<DayRange> read_range(const ReconcileFlags& flags) {
    const auto from = read_day("--from", flags.from);
    if (!from) return from.error();
    const auto to = read_day("--to", flags.to);
    if (!to) return to.error();
    const DayRange range{*from, *to};
    // Nothing would lie in such a range, and everything would agree.
    if (range.from && range.to && *range.to < *range.from)
        return InputError{"--to", fmt::format("{} is before --from={}", flags.to, flags.from)};
    return range;
}

void keep_range(const DayRange& range, std::vector<reconcile::Movement>& movements) {
    std::erase_if(movements, [&](const reconcile::Movement& movement) {
        return !range.contains(movement.day);
    });
}

// All days were compared, so that a payout on the wrong side of an end is still found; what has
// nothing in the range is left out.
void keep_range(Reconciliation& found) {
    const auto is_inside = [&](const std::optional<reconcile::Movement>& movement) {
        return movement && found.range.contains(movement->day);
    };
    std::vector<reconcile::Break>& breaks = found.matching.breaks;
    std::erase_if(breaks, [&](const reconcile::Break& one) {
        return !is_inside(one.book) && !is_inside(one.bank);
    });
    keep_range(found.range, found.books.movements);
    keep_range(found.range, found.bank);
    // A break of the bank's side alone takes nothing from what the books and the bank agree on.
    const auto broken =
        std::count_if(breaks.begin(), breaks.end(),
                      [&](const reconcile::Break& one) { return is_inside(one.book); });
    found.matching.matched = found.books.movements.size() - static_cast<std::size_t>(broken);
}

Result<reconcile::Payouts> read_books(const std::string& directory) {
    // Without this an empty directory would read as books that paid nothing, and the bank would be
    // wrong.
    if (ledger::list_segments(directory).empty())
        return InputError{directory,
                          "there is no journal in it; name its directory with --data=DIR"};
    // Books whose end is lost would make payouts look unexpected, so they are refused as at a
    // start.
    ledger::require_journal_end(directory);
    ledger::SqliteJournalReader journal(directory);
    auto payouts = reconcile::read_payouts(journal);
    if (!payouts)
        return InputError{directory + ": " + payouts.error().field, payouts.error().reason};
    return payouts;
}

std::optional<InputError> write_expected(const std::filesystem::path& path,
                                         std::vector<reconcile::Movement> movements) {
    // Stable: two payouts of one account on one day stay in the order of the journal.
    std::stable_sort(movements.begin(), movements.end(),
                     [](const reconcile::Movement& a, const reconcile::Movement& b) {
                         return std::tie(a.day, a.account) < std::tie(b.day, b.account);
                     });
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    // Text for a person or a bank, made again at will: it needs no sync.
    file << reconcile::bank_file_text(movements);
    // Closed here, because a full disk may show up only when the buffers are written out.
    file.close();
    if (!file) return InputError{path.string(), "cannot be written"};
    return std::nullopt;
}

int compare(const ReconcileFlags& flags, Reconciliation found) {
    // The zone of an account says on which day a time in the bank's file falls.
    auto bank = reconcile::read_bank_file(flags.bank, found.books.zones);
    if (!bank) return usage_error(bank.error());
    found.bank = std::move(bank).value();
    // All days, before any is left out: see `keep_range`.
    found.matching = reconcile::match(found.books.movements, found.bank);
    keep_range(found);
    fmt::print("{}", flags.json ? reconcile_json(found) : reconcile_text(found));
    // By what is left: breaks outside the range are not asked about.
    return found.matching.breaks.empty() ? exit_ok : exit_breaks;
}

int reconcile_files(const ReconcileFlags& flags) {
    if (flags.bank.empty() && flags.expected.empty())
        return usage_error({"reconcile",
                            "give --bank=FILE.csv to compare with, or "
                            "--expected=FILE.csv to write what the bank should say"});
    const auto range = read_range(flags);
    if (!range) return usage_error(range.error());
    // Before anything is written: bad books must not leave a file that looks right.
    auto books = read_books(flags.data);
    if (!books) return usage_error(books.error());
    Reconciliation found;
    found.range = *range;
    found.books = std::move(books).value();
    if (!flags.expected.empty()) {
        // A copy, since the comparison below still needs every day.
        std::vector<reconcile::Movement> movements = found.books.movements;
        keep_range(found.range, movements);
        if (const auto wrong = write_expected(flags.expected, movements))
            return usage_error(*wrong);
        // To standard error, because standard output may be JSON.
        fmt::print(stderr, "tuma: {} payouts written to {}\n", movements.size(), flags.expected);
    }
    return flags.bank.empty() ? exit_ok : compare(flags, std::move(found));
}

}  // namespace

void add_reconcile(CLI::App& app, ReconcileFlags& flags) {
    CLI::App* reconcile = app.add_subcommand(
        "reconcile", "Compare the payouts in the books with what a bank says it has paid");
    reconcile->add_option("--data", flags.data, "Directory of the journal")
        ->required()
        ->type_name("DIR");
    reconcile
        ->add_option("--bank", flags.bank,
                     "The bank's CSV: account, amount_minor (below 0 when collected), date or ts; "
                     "reference if there is one")
        ->type_name("FILE.csv");
    reconcile
        ->add_option("--expected", flags.expected,
                     "Write the file that the bank should have sent; replaced if it exists")
        ->type_name("FILE.csv");
    reconcile->add_option("--from", flags.from, "First day to compare")->type_name("DATE");
    reconcile->add_option("--to", flags.to, "Last day to compare")->type_name("DATE");
    reconcile->add_flag("--json", flags.json, "Print one JSON object instead of lines");
    reconcile->footer(
        "missing     in the books, not at the bank\n"
        "unexpected  at the bank, not in the books\n"
        "duplicate   at the bank once more than in the books\n"
        "amount      same account and day, another amount\n"
        "wrong_day   same account and amount, up to 10 days away\n"
        "A payout's day is the local one of its scheme. Reads only; works beside a running "
        "server.\n"
        "Exit: 0 clean or written, 1 breaks, 2 unusable input.");
}

int run_reconcile(const ReconcileFlags& flags) {
    try {
        return reconcile_files(flags);
    } catch (const std::exception& error) {
        // Not 1, which says that the bank and the books differ.
        fmt::print(stderr, "tuma: {}\n", error.what());
        return exit_usage;
    }
}

}  // namespace tuma
