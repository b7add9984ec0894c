#include "ledger/words/csv.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace tuma {
namespace {

// Room for a whole record beside what is left of the one before, and few calls of the stream.
constexpr std::size_t buffer_bytes = 4 * csv_record_max;

std::size_t count_quotes(const char* begin, std::size_t size) {
    // Most lines have none, and to look for one is quicker than to count.
    if (std::memchr(begin, '"', size) == nullptr) return 0;
    return static_cast<std::size_t>(std::count(begin, begin + size, '"'));
}

}  // namespace

CsvReader::CsvReader(std::istream& input, std::string place)
    : input_(&input), place_(std::move(place)), buffer_(buffer_bytes) {}

std::string CsvReader::place() const {
    return fmt::format("{}:{}", place_, record_line_);
}

InputError CsvReader::refuse_at(std::size_t position, std::string reason) const {
    // A record may have several lines. Counted only when it is needed: for a message.
    const auto* begin = buffer_.data() + begin_;
    const auto lines = std::count(begin, buffer_.data() + position, '\n');
    return {fmt::format("{}:{}", place_, record_line_ + static_cast<std::uint64_t>(lines)),
            std::move(reason)};
}

// Moves what is not read yet to the front and reads behind it; false when the stream fails.
bool CsvReader::fill() {
    // The record that is being looked for must lie in one piece. Fields of the one before are no
    // longer valid then, as the header says.
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    input_->read(buffer_.data() + end_, static_cast<std::streamsize>(buffer_.size() - end_));
    end_ += static_cast<std::size_t>(input_->gcount());
    // The end is no failure, though the stream says that it failed there as well.
    is_drained_ = input_->eof();
    return is_drained_ || !input_->fail();
}

void CsvReader::skip_byte_order_mark() {
    constexpr std::string_view mark = "\xEF\xBB\xBF";
    // Spreadsheets write one. Left there, it would be part of the first column's name.
    if (std::string_view(buffer_.data(), end_).starts_with(mark)) begin_ = mark.size();
}

// A line end inside quotes belongs to the record: there the number of quotes before it is odd.
Result<CsvReader::Extent> CsvReader::find_record() {
    std::size_t scanned = 0;
    std::size_t quotes = 0;
    Extent extent;
    // Line by line, until one ends outside quotes. What was scanned is not scanned again after more
    // has been read.
    while (true) {
        const char* from = buffer_.data() + begin_ + scanned;
        const std::size_t left = end_ - begin_ - scanned;
        const auto* line_end = static_cast<const char*>(std::memchr(from, '\n', left));
        // Read on only below the bound: a file without line ends must not be read to its end.
        if (line_end == nullptr && !is_drained_ && end_ - begin_ <= csv_record_max) {
            if (!fill()) return InputError{place_, "cannot be read to its end"};
            if (record_line_ == 0) skip_byte_order_mark();
            continue;
        }
        const std::size_t size =
            line_end == nullptr ? left : static_cast<std::size_t>(line_end - from);
        quotes += count_quotes(from, size);
        ++extent.lines;
        extent.end = begin_ + scanned + size;
        extent.next = line_end == nullptr ? extent.end : extent.end + 1;
        extent.has_quotes = quotes > 0;
        if (extent.end - begin_ > csv_record_max) break;
        if (quotes % 2 == 0) return extent;
        // The file ends inside quotes.
        if (line_end == nullptr) break;
        scanned = extent.next - begin_;
    }
    // An odd number says more than the length: everything behind an open quote is one record.
    std::string reason = quotes % 2 == 1
                             ? "a quote that is opened here is not closed; close it, and double a "
                               "quote that belongs to the text"
                             : fmt::format(
                                   "a line of more than {} bytes; a table of values has "
                                   "shorter ones",
                                   csv_record_max);
    // Told with the line that the record begins on: where the quote is missing cannot be known.
    return InputError{fmt::format("{}:{}", place_, next_line_), std::move(reason)};
}

Result<bool> CsvReader::next() {
    while (true) {
        if (begin_ == end_ && is_drained_) return false;
        const Result<Extent> found = find_record();
        if (!found) return found.error();
        record_line_ = next_line_;
        next_line_ += found->lines;
        std::size_t end = found->end;
        // One line may end so and the next one not: files that people have put together do.
        if (end > begin_ && buffer_[end - 1] == '\r') --end;
        const bool is_blank = end == begin_;
        if (!is_blank) {
            fields_.clear();
            // Most records have no quotes and are cut at each comma.
            const auto wrong = found->has_quotes ? split_quoted(end) : split_plain(end);
            if (wrong) return *wrong;
        }
        // After the fields are cut, which begins here as well.
        begin_ = found->next;
        if (!is_blank) return true;
    }
}

std::optional<InputError> CsvReader::add(std::size_t begin, std::size_t end) {
    // A line of commas alone is as many fields as bytes.
    if (fields_.size() == csv_fields_max)
        return refuse_at(begin, fmt::format("more than {} fields in a record", csv_fields_max));
    fields_.emplace_back(buffer_.data() + begin, end - begin);
    return std::nullopt;
}

std::optional<InputError> CsvReader::split_plain(std::size_t end) {
    std::size_t begin = begin_;
    while (true) {
        const auto* comma =
            static_cast<const char*>(std::memchr(buffer_.data() + begin, ',', end - begin));
        if (comma == nullptr) return add(begin, end);
        const auto stop = static_cast<std::size_t>(comma - buffer_.data());
        if (auto wrong = add(begin, stop)) return wrong;
        begin = stop + 1;
    }
}

std::optional<InputError> CsvReader::split_quoted(std::size_t end) {
    std::size_t begin = begin_;
    while (true) {
        std::size_t stop = begin;
        if (begin < end && buffer_[begin] == '"') {
            const std::optional<Quoted> quoted = unquote(begin, end);
            if (!quoted) return refuse_at(begin, "the quote that is opened here is not closed");
            stop = quoted->close + 1;
            // Lenient readers each make something else of this. Amounts must not depend on the
            // reader.
            if (stop < end && buffer_[stop] != ',')
                return refuse_at(stop, fmt::format("'{}' behind a closing quote; only a comma may "
                                                   "follow, and a quote in the text is doubled",
                                                   buffer_[stop]));
            if (auto wrong = add(begin + 1, quoted->text_end)) return wrong;
        } else {
            while (stop < end && buffer_[stop] != ',' && buffer_[stop] != '"') ++stop;
            if (stop < end && buffer_[stop] == '"')
                return refuse_at(stop,
                                 "a quote inside a field that does not begin with one; put "
                                 "the whole field in quotes and double the quotes in it");
            if (auto wrong = add(begin, stop)) return wrong;
        }
        // A comma at the end has a field without anything behind it, so that the loop goes on
        // there.
        if (stop == end) return std::nullopt;
        begin = stop + 1;
    }
}

// Closes up doubled quotes in place, and blanks what is left over so that lines are counted once.
std::optional<CsvReader::Quoted> CsvReader::unquote(std::size_t open, std::size_t end) {
    std::size_t to = open + 1;
    for (std::size_t from = open + 1; from < end; ++from) {
        if (buffer_[from] == '"') {
            if (from + 1 == end || buffer_[from + 1] != '"') {
                // The text only gets shorter, so that it can stay in its place and no field is
                // copied.
                std::memset(buffer_.data() + to, ' ', from - to);
                return Quoted{from, to};
            }
            ++from;
        }
        buffer_[to++] = buffer_[from];
    }
    return std::nullopt;
}

std::optional<std::size_t> find_column(std::span<const std::string_view> header,
                                       std::string_view name) {
    const auto found = std::find(header.begin(), header.end(), name);
    if (found == header.end()) return std::nullopt;
    return static_cast<std::size_t>(found - header.begin());
}

}  // namespace tuma
