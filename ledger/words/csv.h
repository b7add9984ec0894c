// Comma-separated values (RFC 4180), read record by record through one fixed buffer.
#pragma once

#include "ledger/words/result.h"

#include <cstddef>
#include <cstdint>
#include <istream>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma {

/// Most bytes of one record, lines inside quotes included.
inline constexpr std::size_t csv_record_max = std::size_t{64} * 1024;
/// Most fields of one record.
inline constexpr std::size_t csv_fields_max = 1'000;

/// Reads records from a stream: fields between commas, in quotes where they hold a comma, a quote
/// (doubled) or a line end. Lines end with LF or CRLF; a UTF-8 byte order mark at the beginning and
/// lines without anything are stepped over. No field is copied.
class CsvReader {
public:
    /// `place` stands before every error ("sales.csv"). `input` must outlive the reader, be open in
    /// binary mode, and be read by nobody else.
    CsvReader(std::istream& input, std::string place);

    /// Goes to the next record; false at the end. Refuses, with "place:line": a record beyond
    /// `csv_record_max` bytes or `csv_fields_max` fields, a quote inside a field that is not
    /// quoted, anything but a comma behind a closing quote, a quote that is never closed, a stream
    /// that fails. After a refusal or the end it must not be called again.
    Result<bool> next();

    /// The fields of the record without their quotes, at least one; valid until `next` is called.
    std::span<const std::string_view> fields() const { return fields_; }
    /// The line that the record begins on, counted from 1.
    std::uint64_t line() const { return record_line_; }
    /// "place:line" of the record, for messages about what its fields mean.
    std::string place() const;

private:
    /// Where a record ends in the buffer, without its line end, and where the next begins.
    struct Extent {
        std::size_t end = 0;
        std::size_t next = 0;
        std::uint64_t lines = 0;
        bool has_quotes = false;
    };

    /// A field in quotes: its closing quote, and the end of its text once quotes are closed up.
    struct Quoted {
        std::size_t close = 0;
        std::size_t text_end = 0;
    };

    bool fill();
    void skip_byte_order_mark();
    Result<Extent> find_record();
    std::optional<InputError> split_plain(std::size_t end);
    std::optional<InputError> split_quoted(std::size_t end);
    std::optional<InputError> add(std::size_t begin, std::size_t end);
    std::optional<Quoted> unquote(std::size_t open, std::size_t end);
    InputError refuse_at(std::size_t position, std::string reason) const;

    std::istream* input_;
    std::string place_;
    std::vector<char> buffer_;
    std::size_t begin_ = 0;    // first byte of the record, then of what follows it
    std::size_t end_ = 0;      // end of what the buffer holds
    bool is_drained_ = false;  // the stream has no more
    std::uint64_t next_line_ = 1;
    std::uint64_t record_line_ = 0;
    std::vector<std::string_view> fields_;
};

/// The position of the column called `name` in a header, or nothing.
std::optional<std::size_t> find_column(std::span<const std::string_view> header,
                                       std::string_view name);

}  // namespace tuma
