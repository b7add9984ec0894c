// ZigZag LEB128, deflate and base64 around the counts of a histogram.
#include "loadgen/measure/hdr_log.h"

#include "ledger/words/ensure.h"
#include "ledger/words/text.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <optional>

namespace tuma::loadgen {
namespace {

constexpr std::uint32_t payload_cookie = 0x1c849313;
constexpr std::uint32_t deflate_cookie = 0x1c849314;
constexpr std::size_t header_size = 40;
constexpr std::size_t leb128_size_max = 9;
constexpr std::string_view base64_letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

template <typename T>
void put(std::string& out, T value) {
    // Java's order, because the format comes from there.
    for (std::size_t i = sizeof(T); i-- > 0;) {
        out.push_back(static_cast<char>((value >> (8 * i)) & 0xffU));
    }
}

template <typename T>
T take(std::string_view& in) {
    ensure(in.size() >= sizeof(T), "the length was checked before");
    T value = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        value = static_cast<T>((value << 8U) | static_cast<unsigned char>(in[i]));
    }
    in.remove_prefix(sizeof(T));
    return value;
}

/// Seven bits a byte, but all eight in the ninth, unlike plain LEB128 with its ten bytes.
void put_zigzag(std::string& out, std::int64_t value) {
    std::uint64_t bits =
        // Small numbers of both signs become small ones without a sign, and so few bytes.
        (static_cast<std::uint64_t>(value) << 1U) ^ static_cast<std::uint64_t>(value >> 63);
    for (std::size_t i = 0; i + 1 < leb128_size_max && bits > 0x7f; ++i) {
        out.push_back(static_cast<char>(0x80U | (bits & 0x7fU)));
        bits >>= 7U;
    }
    out.push_back(static_cast<char>(bits));
}

std::optional<std::int64_t> take_zigzag(std::string_view& in) {
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < leb128_size_max; ++i) {
        if (in.empty()) return std::nullopt;
        // Data from files: a number may stop in its middle.
        const std::uint64_t byte = static_cast<unsigned char>(in.front());
        in.remove_prefix(1);
        // The ninth byte is always the last, and all of it counts.
        const bool is_last = i + 1 == leb128_size_max || (byte & 0x80U) == 0;
        bits |= (i + 1 == leb128_size_max ? byte : byte & 0x7fU) << (7 * i);
        if (is_last) break;
    }
    return static_cast<std::int64_t>(bits >> 1U) ^ -static_cast<std::int64_t>(bits & 1U);
}

std::string base64(std::string_view bytes) {
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t n = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t j = 0; j < 3; ++j) {
            group = group << 8U | (j < n ? static_cast<unsigned char>(bytes[i + j]) : 0U);
        }
        for (std::size_t j = 0; j < 4; ++j) {
            // Padding by count: a group of one byte has two digits.
            out.push_back(j <= n ? base64_letters[(group >> (18 - 6 * j)) & 63U] : '=');
        }
    }
    return out;
}

std::optional<std::string> parse_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::string out;
    for (std::size_t i = 0; i < text.size(); i += 4) {
        std::uint32_t group = 0;
        std::size_t padding = 0;
        for (const char c : text.substr(i, 4)) {
            const std::size_t value = base64_letters.find(c);
            const bool may_pad = i + 4 == text.size() && c == '=';
            if (value == std::string_view::npos && !may_pad) return std::nullopt;
            // A digit behind padding is a text that was put together by hand.
            if (value != std::string_view::npos && padding > 0) return std::nullopt;
            if (may_pad) ++padding;
            group = group << 6U | (may_pad ? 0U : static_cast<std::uint32_t>(value));
        }
        // Three would be a group without a byte.
        if (padding > 2) return std::nullopt;
        for (std::size_t j = 0; j < 3 - padding; ++j) {
            out.push_back(static_cast<char>((group >> (16 - 8 * j)) & 0xffU));
        }
    }
    return out;
}

std::string deflated(std::string_view bytes) {
    // zlib says how much it may need at most.
    uLongf size = compressBound(bytes.size());
    std::string out(size, '\0');
    const int code = compress(reinterpret_cast<Bytef*>(out.data()), &size,
                              reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    ensure(code == Z_OK, "the buffer has the size that zlib asked for");
    out.resize(size);
    return out;
}

std::optional<std::string> inflated(std::string_view bytes) {
    // Bounded by what a histogram can have, so that a small text cannot ask for much memory.
    uLongf size = header_size + Histogram::cell_count * leb128_size_max;
    std::string out(size, '\0');
    const int code = uncompress(reinterpret_cast<Bytef*>(out.data()), &size,
                                reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    if (code != Z_OK) return std::nullopt;
    out.resize(size);
    return out;
}

InputError refusal(std::string reason) {
    return {"histogram", std::move(reason)};
}

Result<Histogram> decode_counts(std::string_view in) {
    Histogram histogram;
    std::uint64_t index = 0;
    while (!in.empty()) {
        const std::optional<std::int64_t> value = take_zigzag(in);
        if (!value) return refusal("the counts end in the middle of a number");
        if (*value < 0) {
            // Unsigned negation also stands for the least number, which has no positive.
            const std::uint64_t zeros = 0 - static_cast<std::uint64_t>(*value);
            // Checked before it is added, or the sum could wrap around.
            if (zeros > Histogram::cell_count) return refusal("more zeros than there are cells");
            index += zeros;
            continue;
        }
        if (*value > 0) {
            if (index >= Histogram::cell_count) return refusal("a count lies above one hour");
            // The sum of several logs has to fit too.
            if (static_cast<std::uint64_t>(*value) > UINT64_MAX / 4 - histogram.count()) {
                return refusal("the counts are too large");
            }
            histogram.add_to_cell(index, static_cast<std::uint64_t>(*value));
        }
        ++index;
    }
    return histogram;
}

Result<Histogram> decode_v2(std::string_view in) {
    if (in.size() < header_size) return refusal("the header takes 40 bytes");
    if (take<std::uint32_t>(in) != payload_cookie) return refusal("the cookie is not 0x1c849313");
    const auto length = take<std::uint32_t>(in);
    const auto offset = take<std::uint32_t>(in);
    // Other precisions have other cells, and adding them up would be wrong.
    if (take<std::uint32_t>(in) != 3) return refusal("only three significant digits are read");
    if (take<std::uint64_t>(in) != 1) return refusal("the lowest value is not 1");
    take<std::uint64_t>(in);  // The highest value only bounds the writer's cells.
    const auto ratio = take<std::uint64_t>(in);
    // hdr-histogram-js always writes the integer 1 into both, and shifts nothing.
    // Two ways to say "neither shifted nor scaled", by which program wrote it.
    const bool is_plain =
        (offset == 0 && std::bit_cast<double>(ratio) == 1.0) || (offset == 1 && ratio == 1);
    if (!is_plain) return refusal("a shifted or scaled histogram is not read");
    if (in.size() != length) return refusal("the length of the counts is not the one stated");
    return decode_counts(in);
}

std::optional<double> parse_number(std::string_view text) {
    const auto value = read_number<double>(text);
    return value && std::isfinite(*value) ? value : std::nullopt;
}

/// The columns of a log line: an optional Tag=, then start, length, maximum and histogram.
struct LogLine {
    std::string_view tag;
    std::array<std::string_view, 4> columns;
};

std::optional<LogLine> split_line(std::string_view line) {
    LogLine result;
    if (line.starts_with("Tag=")) {
        const std::size_t comma = line.find(',');
        if (comma == std::string_view::npos) return std::nullopt;
        result.tag = line.substr(4, comma - 4);
        line.remove_prefix(comma + 1);
    }
    for (std::size_t i = 0; i < result.columns.size(); ++i) {
        const std::size_t comma = line.find(',');
        const bool is_last = i + 1 == result.columns.size();
        // Too many columns are as wrong as too few.
        if (is_last != (comma == std::string_view::npos)) return std::nullopt;
        result.columns[i] = line.substr(0, comma);
        line.remove_prefix(is_last ? line.size() : comma + 1);
    }
    for (std::size_t i = 0; i < 3; ++i) {
        if (!parse_number(result.columns[i])) return std::nullopt;
    }
    return result;
}

Result<HdrLogInterval> read_line(std::string_view line, std::size_t number) {
    const std::string field = fmt::format("line {}", number);
    const std::optional<LogLine> parts = split_line(line);
    if (!parts) return InputError{field, "expected [Tag=,]start,length,maximum,histogram"};
    const Result<Histogram> histogram = decode_v2_base64(parts->columns[3]);
    if (!histogram) return InputError{field, histogram.error().reason};
    const double start = parse_number(parts->columns[0]).value_or(0);
    constexpr double last_start = 1e9;
    return HdrLogInterval{.tag = std::string(parts->tag),
                          .start = static_cast<std::int64_t>(std::clamp(start, 0.0, last_start)),
                          .counts = histogram->sparse()};
}

}  // namespace

std::string encode_v2(const Histogram& histogram) {
    const std::span<const std::uint64_t> counts = histogram.counts();
    // Cells behind the largest value are left out, as every writer does.
    const std::size_t used = histogram.count() == 0 ? 0 : Histogram::index_of(histogram.max()) + 1;
    std::string payload;
    for (std::size_t i = 0; i < used;) {
        std::size_t zeros = 0;
        while (i + zeros < used && counts[i + zeros] == 0) ++zeros;
        if (zeros > 0) {
            // A single zero is a zero; only several are a run.
            put_zigzag(payload, zeros == 1 ? 0 : -static_cast<std::int64_t>(zeros));
            i += zeros;
        } else {
            put_zigzag(payload, static_cast<std::int64_t>(counts[i]));
            ++i;
        }
    }
    std::string out;
    put(out, payload_cookie);
    put(out, static_cast<std::uint32_t>(payload.size()));
    put(out, std::uint32_t{0});
    put(out, std::uint32_t{3});
    put(out, std::uint64_t{1});
    put(out, std::uint64_t{Histogram::highest_us});
    put(out, std::bit_cast<std::uint64_t>(1.0));
    return out + payload;
}

std::string encode_v2_base64(const Histogram& histogram) {
    const std::string packed = deflated(encode_v2(histogram));
    std::string out;
    put(out, deflate_cookie);
    put(out, static_cast<std::uint32_t>(packed.size()));
    return base64(out + packed);
}

Result<Histogram> decode_v2_base64(std::string_view text) {
    const std::optional<std::string> bytes = parse_base64(text);
    if (!bytes) return refusal("not base64");
    std::string_view in = *bytes;
    if (in.size() < 8) return refusal("too short");
    if (take<std::uint32_t>(in) != deflate_cookie) return refusal("the cookie is not 0x1c849314");
    if (take<std::uint32_t>(in) != in.size()) return refusal("the length is not the one stated");
    const std::optional<std::string> plain = inflated(in);
    if (!plain) return refusal("the deflated data is damaged or too long");
    return decode_v2(*plain);
}

std::string hdr_log_header(Timestamp started_at) {
    // Fractions of a second are in the format; microseconds of 2026 fit a double.
    const double seconds = static_cast<double>(started_at.time_since_epoch().count()) / 1e6;
    return fmt::format(
        "#[Histogram log format version 1.3]\n"
        "#[Values are microseconds; Interval_Max is in milliseconds]\n"
        "#[StartTime: {:.3f} (seconds since epoch), {}]\n"
        "\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\","
        "\"Interval_Compressed_Histogram\"\n",
        seconds, tuma::text(started_at));
}

std::string hdr_log_line(std::string_view tag, std::chrono::milliseconds start,
                         std::chrono::milliseconds length, const Histogram& histogram) {
    // The unit of this column differs from that of the values; the head says so.
    return fmt::format("Tag={},{:.3f},{:.3f},{:.3f},{}\n", tag,
                       static_cast<double>(start.count()) / 1e3,
                       static_cast<double>(length.count()) / 1e3,
                       static_cast<double>(histogram.max()) / 1e3, encode_v2_base64(histogram));
}

Result<std::vector<HdrLogInterval>> read_hdr_intervals(std::string_view text) {
    std::vector<HdrLogInterval> intervals;
    std::size_t number = 0;
    while (!text.empty()) {
        ++number;
        const std::string_view line = take_line(text);
        // Comments and the legend.
        if (line.empty() || line.front() == '#' || line.front() == '"') continue;
        auto interval = read_line(line, number);
        if (!interval) return interval.error();
        intervals.push_back(std::move(interval).value());
    }
    return intervals;
}

Result<HdrLogTotals> read_hdr_log(std::string_view text) {
    const auto intervals = read_hdr_intervals(text);
    if (!intervals) return intervals.error();
    HdrLogTotals totals;
    totals.lines = intervals->size();
    for (const HdrLogInterval& interval : *intervals) {
        // A log without tags, as other tools write it, holds what was felt: the response.
        if (interval.tag == "response" || interval.tag.empty())
            totals.response.merge(interval.counts);
        if (interval.tag == "service") totals.service.merge(interval.counts);
        if (interval.tag == "send_lag") totals.send_lag.merge(interval.counts);
    }
    return totals;
}

}  // namespace tuma::loadgen
