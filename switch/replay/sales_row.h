// One row of a sales file: text → sale, or the reason why not.
#pragma once

#include "ledger/time.h"
#include "switch/replay/sales.h"

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

/// A 64-bit hash that is the same on every machine; never 0.
std::uint64_t stable_hash(std::string_view text);

/// Reads "2016-03-01T18:30:00", also with a blank for the T, without seconds, with up to nine
/// decimals of them (cut to six), a "Z" or an offset behind (not applied), or the day alone.
/// Years 1900 to 2199. Nothing if it is anything else.
std::optional<Timestamp> parse_local_time(std::string_view text);

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
                                            const std::string& place);

    /// Fills in `sale`, or says what is wrong. `fields` is a record of the file.
    std::optional<std::string> read(std::span<const std::string_view> fields, std::uint64_t line,
                                    MethodNames& methods, Sale& sale) const;

private:
    std::size_t count_ = 0;
    std::size_t txn_id_ = 0;
    std::size_t ts_ = 0;
    std::size_t amount_ = 0;
    std::optional<std::size_t> method_;
    std::optional<std::size_t> customer_;
};

}  // namespace tuma::replay
