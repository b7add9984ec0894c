#include "switch/replay/sales_row.h"

#include "ledger/books.h"
#include "switch/files/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

namespace tuma::replay {
namespace {

using std::chrono::microseconds;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// A cursor over a text; every step says whether what it wants is there.
class Cursor {
public:
    explicit Cursor(std::string_view text) : text_(text) {}

    bool is_at_end() const { return text_.empty(); }
    bool take(char c) {
        if (text_.empty() || text_.front() != c) return false;
        text_.remove_prefix(1);
        return true;
    }
    // Exactly `count` digits.
    bool take_number(std::size_t count, int& value) {
        if (text_.size() < count) return false;
        value = 0;
        for (const char c : text_.substr(0, count)) {
            if (!is_digit(c)) return false;
            value = value * 10 + (c - '0');
        }
        text_.remove_prefix(count);
        return true;
    }
    // One to nine digits behind the point, as microseconds.
    bool take_decimals(std::int64_t& micros) {
        std::size_t count = 0;
        while (count < text_.size() && is_digit(text_[count])) ++count;
        if (count == 0 || count > 9) return false;
        for (std::size_t i = 0; i < 6; ++i) micros = micros * 10 + (i < count ? text_[i] - '0' : 0);
        text_.remove_prefix(count);
        return true;
    }

private:
    std::string_view text_;
};

bool take_day(Cursor& cursor, core::LocalDay& day) {
    int y = 0;
    int m = 0;
    int d = 0;
    if (!cursor.take_number(4, y) || !cursor.take('-') || !cursor.take_number(2, m) ||
        !cursor.take('-') || !cursor.take_number(2, d))
        return false;
    const std::chrono::year_month_day date{std::chrono::year{y}, std::chrono::month(unsigned(m)),
                                           std::chrono::day(unsigned(d))};
    if (!date.ok() || y < 1900 || y > 2199) return false;
    day = date;
    return true;
}

bool take_time_of_day(Cursor& cursor, microseconds& time) {
    int h = 0;
    int m = 0;
    int s = 0;
    std::int64_t decimals = 0;
    if (!cursor.take_number(2, h) || !cursor.take(':') || !cursor.take_number(2, m)) return false;
    if (cursor.take(':')) {
        if (!cursor.take_number(2, s)) return false;
        if (cursor.take('.') && !cursor.take_decimals(decimals)) return false;
    }
    if (h > 23 || m > 59 || s > 59) return false;
    time = std::chrono::hours{h} + std::chrono::minutes{m} + std::chrono::seconds{s} +
           microseconds{decimals};
    return true;
}

// "Z", "+02:00", "+0200" or "+02".
bool take_offset(Cursor& cursor) {
    if (cursor.take('Z')) return true;
    if (!cursor.take('+') && !cursor.take('-')) return false;
    int h = 0;
    int m = 0;
    if (!cursor.take_number(2, h) || h > 23) return false;
    if (cursor.is_at_end()) return true;
    static_cast<void>(cursor.take(':'));
    return cursor.take_number(2, m) && m <= 59;
}

std::optional<std::string> read_amount(std::string_view text, std::int64_t& amount) {
    const char* const end = text.data() + text.size();
    const auto [rest, code] = std::from_chars(text.data(), end, amount);
    const bool is_whole = rest == end && !text.empty();
    if (code == std::errc::invalid_argument || !is_whole)
        return fmt::format(
            "amount_minor: found \"{}\", must be a whole number of minor units, below zero for a "
            "refund",
            text);
    if (code != std::errc{} || amount > ledger::amount_max || amount < -ledger::amount_max)
        return fmt::format("amount_minor: found {}, must be within {} and {}", text,
                           -ledger::amount_max, ledger::amount_max);
    if (amount == 0) return "amount_minor: found 0, which moves no money; leave the row out";
    return std::nullopt;
}

}  // namespace

std::uint64_t stable_hash(std::string_view text) {
    // FNV-1a, then the finisher of MurmurHash3, since short texts leave FNV's upper bits alike.
    std::uint64_t hash = 0xCBF29CE484222325ULL;
    for (const char c : text)
        hash =
            (hash ^ static_cast<std::uint64_t>(static_cast<unsigned char>(c))) * 0x100000001B3ULL;
    hash = (hash ^ (hash >> 33U)) * 0xFF51AFD7ED558CCDULL;
    hash = (hash ^ (hash >> 33U)) * 0xC4CEB9FE1A85EC53ULL;
    hash ^= hash >> 33U;
    return hash != 0 ? hash : 1;
}

std::optional<Timestamp> parse_local_time(std::string_view text) {
    Cursor cursor(text);
    core::LocalDay day;
    if (!take_day(cursor, day)) return std::nullopt;
    if (cursor.is_at_end()) return Timestamp{day};
    if (!cursor.take('T') && !cursor.take(' ')) return std::nullopt;
    microseconds time{};
    if (!take_time_of_day(cursor, time)) return std::nullopt;
    if (!cursor.is_at_end() && (!take_offset(cursor) || !cursor.is_at_end())) return std::nullopt;
    return Timestamp{day} + time;
}

std::optional<std::uint16_t> MethodNames::number_of(std::string_view name) {
    if (names_[last_] == name) return last_;
    auto found = numbers_.find(name);
    if (found == numbers_.end()) {
        if (names_.size() > methods_max) return std::nullopt;
        found = numbers_.emplace(name, static_cast<std::uint16_t>(names_.size())).first;
        names_.emplace_back(name);
    }
    last_ = found->second;
    return last_;
}

Result<SalesColumns> SalesColumns::from_header(std::span<const std::string_view> header,
                                               const std::string& place) {
    SalesColumns columns;
    columns.count_ = header.size();
    for (const std::string_view name : {"txn_id", "ts", "amount_minor", "method", "customer"})
        if (std::count(header.begin(), header.end(), name) > 1)
            return InputError{place, fmt::format("the header has the column {} twice", name)};
    const auto require = [&](std::string_view name, std::size_t& column) {
        const auto found = find_column(header, name);
        column = found.value_or(0);
        return found.has_value();
    };
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
                                              Sale& sale) const {
    if (fields.size() != count_)
        return fmt::format("{} fields, the header has {}", fields.size(), count_);
    if (fields[txn_id_].empty()) return "txn_id: is empty, must name the payment";
    const auto time = parse_local_time(fields[ts_]);
    if (!time)
        return fmt::format(
            "ts: found \"{}\", must be a local date and time like 2016-03-01T18:30:00",
            fields[ts_]);
    if (auto wrong = read_amount(fields[amount_], sale.amount)) return wrong;
    const std::string_view method = method_ ? fields[*method_] : std::string_view{};
    if (method.size() > method_bytes_max)
        return fmt::format("method: {} bytes, at most {} are allowed", method.size(),
                           method_bytes_max);
    const auto number = methods.number_of(method);
    if (!number)
        return fmt::format("method: \"{}\" is one more than the {} different ones allowed", method,
                           methods_max);
    sale.local_time = *time;
    sale.line = line;
    sale.txn_hash = stable_hash(fields[txn_id_]);
    const std::string_view customer = customer_ ? fields[*customer_] : std::string_view{};
    sale.customer = customer.empty() ? 0 : stable_hash(customer);
    sale.method = *number;
    return std::nullopt;
}

}  // namespace tuma::replay
