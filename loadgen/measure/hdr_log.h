// HdrHistogram's V2 encoding of a histogram and its .hlog file of tagged intervals.
#pragma once

#include "ledger/words/result.h"
#include "ledger/words/time.h"
#include "loadgen/measure/histogram.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::loadgen {

/// The V2 payload: a big-endian header of 40 bytes (cookie 0x1c849313, length of the counts,
/// normalising offset 0, digits 3, lowest 1, highest, ratio 1.0), then the counts up to the largest
/// sample as ZigZag LEB128, a run of zeros as one negative number. Not compressed.
/// Source: HdrHistogram, AbstractHistogram.encodeIntoByteBuffer and ZigZagEncoding.
std::string encode_v2(const Histogram& histogram);

/// The V2 payload behind cookie 0x1c849314 and its length, deflated, in base64 ("HISTFAAA…").
std::string encode_v2_base64(const Histogram& histogram);

/// Reads what `encode_v2_base64` or another HdrHistogram with three digits and unit 1 wrote.
/// Refuses: bad base64, wrong cookies, other digits, lengths that do not fit, damaged deflate data,
/// counts outside 1 µs..1 h.
Result<Histogram> decode_v2_base64(std::string_view text);

/// The beginning of a log: comments with version and start time, then the legend.
std::string hdr_log_header(Timestamp started_at);

/// One line with its line feed; the maximum is written in milliseconds, as HdrHistogram does by
/// habit.
std::string hdr_log_line(std::string_view tag, std::chrono::milliseconds start,
                         std::chrono::milliseconds length, const Histogram& histogram);

/// One interval of a log.
struct HdrLogInterval {
    std::string tag;         ///< empty where the line has none
    std::int64_t start = 0;  ///< whole seconds since the log's beginning
    SparseCounts counts;
};

/// Reads a log's lines in order; comments and the legend are skipped.
/// Refuses: a line without its four columns, numbers that are none, a histogram that does not
/// decode; says which line.
Result<std::vector<HdrLogInterval>> read_hdr_intervals(std::string_view text);

/// All intervals of a log merged, by tag.
struct HdrLogTotals {
    Histogram response;  ///< tagged "response" or not tagged
    Histogram service;
    Histogram send_lag;
    std::size_t lines = 0;
};

/// The same added up; other tags are skipped.
Result<HdrLogTotals> read_hdr_log(std::string_view text);

}  // namespace tuma::loadgen
