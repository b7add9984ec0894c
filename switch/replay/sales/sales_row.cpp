#include "switch/replay/sales/sales_row.h"

#include "ledger/state/books.h"
#include "ledger/words/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

namespace tuma::replay {
namespace {

std::optional<std::string> read_amount(std::string_view text, std::int64_t& amount) {
    const char* const end = text.data() + text.size();
    const auto [rest, code] = std::from_chars(text.data(), end, amount);
    const bool is_whole = rest == end && !text.empty();
    // Told before the range: a decimal point is the most common mistake.
    if (code == std::errc::invalid_argument || !is_whole)
        return fmt::format(
            "amount_minor: found \"{}\", must be a whole number of minor units, below zero for a "
            "refund",
            text);
    if (code != std::errc{} || amount > ledger::amount_max || amount < -ledger::amount_max)
        return fmt::format("amount_minor: found {}, must be within {} and {}", text,
                           -ledger::amount_max, ledger::amount_max);
    // Probably an empty cell that a spreadsheet filled.
    if (amount == 0) return "amount_minor: found 0, which moves no money; leave the row out";
    return std::nullopt;
}

}  // namespace

std::uint64_t stable_hash(std::string_view text) {
    // Written out, because the standard's own hash may differ from library to library, and results
    // must not.
    // FNV-1a, then the finisher of MurmurHash3, since short texts leave FNV's upper bits alike.
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    for (const char c : text)
        hash =
            (hash ^ static_cast<std::uint64_t>(static_cast<unsigned char>(c))) * 0x100000001B3ULL;
    hash = (hash ^ (hash >> 33U)) * 0xFF51AFD7ED558CCDULL;
    hash = (hash ^ (hash >> 33U)) * 0xC4CEB9FE1A85EC53ULL;
    hash ^= hash >> 33U;
    // Zero means "no buyer".
    return hash != 0 ? hash : 1;
}

Result<LocalTime> read_local_time(std::string_view text, const FileZone& zone,
                                  std::string_view example) {
    const auto read = read_written_time(text);
    if (!read) return InputError{"", fmt::format("found \"{}\", must be {}", text, example)};
    // The days of such a file depend on a zone that nobody has named.
    if (read->offset && !zone)
        return InputError{"",
                          fmt::format("found \"{}\", a time with a zone; the rails' schemes are "
                                      "in several, so say merchant.zone in the plan",
                                      text)};
    return LocalTime{read->local(zone.value_or(std::chrono::minutes{0})), read->is_day,
                     read->offset.has_value()};
}

std::optional<std::uint16_t> MethodNames::number_of(std::string_view name) {
    // Files are mostly sorted by nothing, but neighbours often have the same method.
    if (names_[last_] == name) return last_;
    auto found = numbers_.find(name);
    if (found == numbers_.end()) {
        // A bound, because a column of free text would take memory without end.
        if (names_.size() > methods_max) return std::nullopt;
        found = numbers_.emplace(name, static_cast<std::uint16_t>(names_.size())).first;
        names_.emplace_back(name);
    }
    last_ = found->second;
    return last_;
}

Result<SalesColumns> SalesColumns::from_header(std::span<const std::string_view> header,
                                               const std::string& place, const FileZone& zone) {
    SalesColumns columns;
    columns.zone_ = zone;
    columns.count_ = header.size();
    for (const std::string_view name : {"txn_id", "ts", "amount_minor", "method", "customer"})
        // Which of two equal columns counts would depend on this program.
        if (std::count(header.begin(), header.end(), name) > 1)
            return InputError{place, fmt::format("the header has the column {} twice", name)};
    const auto require = [&](std::string_view name, std::size_t& column) {
        const auto found = find_column(header, name);
        column = found.value_or(0);
        return found.has_value();
    };
    // One after the other, so that the first that is missing is told.
    for (const auto& [name, column] : {std::pair{"txn_id", &columns.txn_id_},
                                       {"ts", &columns.ts_},
                                       {"amount_minor", &columns.amount_}})
        if (!require(name, *column))
            return InputError{
                place, fmt::format("the header lacks the column {}; it needs txn_id, ts and "
                                   "amount_minor, and may have method and customer; found: {}",
                                   name, fmt::join(header, ", "))};
    columns.method_ = find_column(header, "method");
    columns.customer_ = find_column(header, "customer");
    return columns;
}

std::optional<std::string> SalesColumns::read(std::span<const std::string_view> fields,
                                              std::uint64_t line, MethodNames& methods,
                                              Row& row) const {
    Sale& sale = row.sale;
    // More or fewer fields are a comma in a text without quotes; everything behind it would be
    // wrong.
    if (fields.size() != count_)
        return fmt::format("{} fields, the header has {}", fields.size(), count_);
    // Without a name a refused payment could not be found again in the merchant's own books.
    if (fields[txn_id_].empty()) return "txn_id: is empty, must name the payment";
    const auto time =
        read_local_time(fields[ts_], zone_, "a local date and time like 2016-03-01T18:30:00");
    if (!time) return "ts: " + time.error().reason;
    if (auto wrong = read_amount(fields[amount_], sale.amount)) return wrong;
    const std::string_view method = method_ ? fields[*method_] : std::string_view{};
    if (method.size() > method_bytes_max)
        return fmt::format("method: {} bytes, at most {} are allowed", method.size(),
                           method_bytes_max);
    const auto number = methods.number_of(method);
    if (!number)
        return fmt::format("method: \"{}\" is one more than the {} different ones allowed", method,
                           methods_max);
    sale.local_time = time->time;
    row.was_converted = time->was_converted;
    sale.line = line;
    sale.txn_hash = stable_hash(fields[txn_id_]);
    const std::string_view customer = customer_ ? fields[*customer_] : std::string_view{};
    // Only whether two sales have the same buyer is kept, and no name.
    sale.customer = customer.empty() ? 0 : stable_hash(customer);
    sale.method = *number;
    return std::nullopt;
}

}  // namespace tuma::replay
