// A merchant's sales as a CSV file, read day by day: memory does not grow with the file.
#pragma once

#include "ledger/words/result.h"
#include "switch/core/rules/calendar.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace tuma::replay {

/// One row. Times are those of the merchant's wall clock; what names another zone was converted.
struct Sale {
    std::chrono::sys_time<std::chrono::microseconds> local_time{};
    std::int64_t amount = 0;     ///< minor units; negative for a refund; never 0
    std::uint64_t line = 0;      ///< of the file, the header is line 1
    std::uint64_t txn_hash = 0;  ///< 64-bit hash of txn_id
    std::uint64_t customer = 0;  ///< 64-bit hash of the customer's name, 0 when the field is empty
    std::uint16_t method = 0;    ///< index into `SalesFigures::methods`

    core::LocalDay day() const { return std::chrono::floor<std::chrono::days>(local_time); }
    bool operator==(const Sale&) const = default;
};

/// A row that cannot be used.
struct BadRow {
    std::uint64_t line = 0;
    std::string reason;  ///< names the column and what it must be

    bool operator==(const BadRow&) const = default;
};

/// What the first pass over the file found; of the days `from` to `to` only.
struct SalesFigures {
    std::uint64_t payments = 0;  ///< rows, refunds included
    std::uint64_t refunds = 0;
    std::int64_t gross = 0;           ///< sum of all amounts
    std::int64_t gross_positive = 0;  ///< without refunds
    core::LocalDay first_day{};       ///< with a row; 1970-01-01 if none
    core::LocalDay last_day{};
    std::vector<std::string> methods;  ///< distinct values of the column, element 0 is ""
    std::uint64_t rows_outside = 0;    ///< good rows before `from` or after `to`
    std::uint64_t rows_bad = 0;        ///< all of them, listed or not
    std::vector<BadRow> bad_rows;      ///< the first 100
    std::uint64_t txn_ids_repeated =
        0;                              ///< rows whose txn_id an earlier row had; each still counts
    bool was_sorted = true;             ///< false: the rows had to be put in order of time
    std::uint64_t times_converted = 0;  ///< good rows whose time named a zone
    std::string sha256;                 ///< of the whole file, hexadecimal
};

/// A sales file: header required, columns in any order, more columns allowed; `txn_id`, `ts`,
/// `amount_minor` required, `method` and `customer` may be missing. RFC 4180 quotes, LF or CRLF, an
/// UTF-8 BOM is skipped. Rows out of order are put in order of (time, line) by way of a temporary
/// database, so that memory stays bounded.
class SalesFile {
public:
    struct Options {
        core::LocalDay from{std::chrono::days{-100'000}};
        core::LocalDay to{std::chrono::days{100'000}};
        /// Of the merchant, local time less UTC; rows that name a zone are bad without it.
        std::optional<std::chrono::minutes> zone = std::chrono::minutes{0};
        /// Called while `open` reads, about once a megabyte, with bytes read and bytes in the file.
        std::function<void(std::uint64_t, std::uint64_t)> progress;
    };

    /// Reads the whole file once. Refuses: a file that cannot be read, is empty, has no header or
    /// lacks a column (InputError names it). Bad rows are in the figures, not refused.
    static Result<SalesFile> open(const std::filesystem::path& path, const Options& options);

    SalesFile(SalesFile&&) noexcept;
    SalesFile& operator=(SalesFile&&) noexcept;
    ~SalesFile();

    const SalesFigures& figures() const;

    /// Calls `visit` once for each day that has good rows between from and to, ascending, with the
    /// rows of the day in order of (time, line). Throws std::runtime_error if the file changed.
    using Visitor = std::function<void(core::LocalDay, std::span<const Sale>)>;
    void for_each_day(const Visitor& visit) const;

    /// The txn_id of each of these lines, by line; reads the file again. Requires: lines of good
    /// rows. Throws std::runtime_error if the file changed.
    std::map<std::uint64_t, std::string> txn_ids(const std::set<std::uint64_t>& lines) const;

private:
    class Impl;
    explicit SalesFile(std::unique_ptr<Impl> impl);
    std::unique_ptr<Impl> impl_;
};

}  // namespace tuma::replay
