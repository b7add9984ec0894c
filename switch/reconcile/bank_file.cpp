#include "switch/reconcile/bank_file.h"

#include "ledger/state/books.h"
#include "ledger/words/csv.h"
#include "ledger/words/input_file.h"
#include "ledger/words/time.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>

namespace tuma::reconcile {
namespace {

struct Columns {
    std::size_t account = 0;
    std::size_t amount = 0;
    std::size_t day = 0;
    bool has_time = false;
    std::optional<std::size_t> reference;

    std::size_t last() const { return std::max({account, amount, day}); }
};

Result<Columns> find_columns(const CsvReader& csv) {
    const auto header = csv.fields();
    const auto account = find_column(header, "account");
    const auto amount = find_column(header, "amount_minor");
    const auto date = find_column(header, "date");
    const auto time = find_column(header, "ts");
    if (account && amount && (date || time))
        return Columns{*account, *amount, date ? *date : *time, !date,
                       find_column(header, "reference")};
    return InputError{
        csv.place(),
        fmt::format("no column called {}; the header needs account, amount_minor and date or ts, "
                    "and has {}",
                    !account ? "account" : (!amount ? "amount_minor" : "date or ts"),
                    fmt::join(header, ", "))};
}

// "2024-03-01"; with a time of day and a zone behind it where there may be one.
std::optional<core::LocalDay> read_day(std::string_view text, bool may_have_time,
                                       const AccountZones& zones, const std::string& account) {
    // Banks write days or times. A time without a zone is the bank's own, and its day counts.
    const auto time = read_written_time(text);
    if (!time || (!time->is_day && !may_have_time)) return std::nullopt;
    // The account's scheme says in which zone its days are; an account that the books do not know
    // has none, and its time is taken as it stands.
    const auto zone = zones.find(account);
    const Timestamp local = zone == zones.end() ? time->clock : time->local(zone->second);
    return std::chrono::floor<std::chrono::days>(local);
}

Result<Movement> read_row(const CsvReader& csv, const Columns& columns, const AccountZones& zones) {
    const auto fields = csv.fields();
    // A short row is a broken export, and guessing what is missing would hide it.
    if (fields.size() <= columns.last())
        return InputError{csv.place(),
                          fmt::format("{} fields; the header has more columns", fields.size())};
    Movement movement;
    // The line, so that a break can be looked up in the bank's file.
    movement.number = csv.line();
    movement.account = fields[columns.account];
    // Without an account it could be anybody's money.
    if (movement.account.empty()) return InputError{csv.place(), "account is empty"};
    const auto day = read_day(fields[columns.day], columns.has_time, zones, movement.account);
    if (!day)
        return InputError{
            csv.place(),
            fmt::format(
                "{} \"{}\" is not {}", columns.has_time ? "ts" : "date", fields[columns.day],
                columns.has_time ? "a time as 2024-03-01T10:00:00" : "a date as 2024-03-01")};
    movement.day = *day;
    const std::string_view amount = fields[columns.amount];
    const char* end = amount.data() + amount.size();
    const auto read = std::from_chars(amount.data(), end, movement.amount);
    // Zero is no movement, and a number beyond the bound is a wrong column.
    if (read.ec != std::errc{} || read.ptr != end || movement.amount == 0 ||
        movement.amount > ledger::amount_max || movement.amount < -ledger::amount_max)
        return InputError{
            csv.place(),
            fmt::format("amount_minor \"{}\" is not a whole number of minor units, not "
                        "0, of at most {} either way",
                        amount, ledger::amount_max)};
    // For people only; references are not matched by, because banks cut and change them.
    if (columns.reference && *columns.reference < fields.size())
        movement.reference = fields[*columns.reference];
    return movement;
}

// A field in quotes where it needs them.
std::string field(const std::string& text) {
    // Quotes only where they are needed, so that the usual file looks like one.
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
    return quoted + '"';
}

}  // namespace

Result<std::vector<Movement>> read_bank_file(const std::filesystem::path& path,
                                             const AccountZones& zones) {
    if (auto wrong = unreadable(path)) return std::move(*wrong);
    std::ifstream file(path, std::ios::binary);
    CsvReader csv(file, path.string());
    const Result<bool> header = csv.next();
    if (!header) return header.error();
    // An empty file is more likely a failed export than a day without payouts.
    if (!*header) return InputError{path.string(), "is empty; a header is needed"};
    const Result<Columns> columns = find_columns(csv);
    if (!columns) return columns.error();

    std::vector<Movement> movements;
    for (;;) {
        const Result<bool> more = csv.next();
        if (!more) return more.error();
        if (!*more) return movements;
        auto movement = read_row(csv, *columns, zones);
        if (!movement) return movement.error();
        movements.push_back(std::move(movement).value());
    }
}

std::string bank_file_text(std::span<const Movement> movements) {
    std::string text = "date,account,amount_minor,reference\n";
    for (const Movement& movement : movements)
        text += fmt::format("{},{},{},{}\n", tuma::text(movement.day), field(movement.account),
                            movement.amount, field(movement.reference));
    return text;
}

}  // namespace tuma::reconcile
