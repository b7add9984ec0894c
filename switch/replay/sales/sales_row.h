// One row of a sales file: text → sale, or the reason why not.
#pragma once

#include "ledger/words/time.h"
#include "switch/replay/sales/sales.h"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::replay {

/// Most different values of the column `method`, and most bytes of one.
inline constexpr std::size_t methods_max = 1'000;
inline constexpr std::size_t method_bytes_max = 100;
/// Rows that cannot be used are counted; so many of them are told one by one.
inline constexpr std::size_t bad_rows_listed = 100;

/// A 64-bit hash that is the same on every machine; never 0.
std::uint64_t stable_hash(std::string_view text);

/// The zone in which a file's days are, local time less UTC; nothing when nobody can know it.
using FileZone = std::optional<std::chrono::minutes>;

/// A time on the clocks of `zone`, or what is wrong with it. `example` is what was expected.
struct LocalTime {
    Timestamp time{};
    bool is_day = true;
    bool was_converted = false;  ///< it named a zone
};
Result<LocalTime> read_local_time(std::string_view text, const FileZone& zone,
                                  std::string_view example);

/// The values of the column `method` in the order of their first appearance; element 0 is "".
class MethodNames {
public:
    /// The number of `name`, which is added if it is new; nothing when there are too many.
    std::optional<std::uint16_t> number_of(std::string_view name);
    const std::vector<std::string>& names() const { return names_; }

private:
    std::vector<std::string> names_{""};
    std::map<std::string, std::uint16_t, std::less<>> numbers_{{"", 0}};
    std::uint16_t last_ = 0;
};

/// Where the columns are, from the header.
class SalesColumns {
public:
    /// Refuses a header that lacks txn_id, ts or amount_minor, or has one of them twice.
    static Result<SalesColumns> from_header(std::span<const std::string_view> header,
                                            const std::string& place, const FileZone& zone);

    /// A sale, and whether its time named a zone.
    struct Row {
        Sale sale;
        bool was_converted = false;
    };
    /// Fills in `row`, or says what is wrong. `fields` is a record of the file.
    std::optional<std::string> read(std::span<const std::string_view> fields, std::uint64_t line,
                                    MethodNames& methods, Row& row) const;

    /// Of a record that `read` found good.
    std::string_view txn_id(std::span<const std::string_view> fields) const {
        return fields[txn_id_];
    }

private:
    FileZone zone_;
    std::size_t count_ = 0;
    std::size_t txn_id_ = 0;
    std::size_t ts_ = 0;
    std::size_t amount_ = 0;
    std::optional<std::size_t> method_;
    std::optional<std::size_t> customer_;
};

}  // namespace tuma::replay
