// A table of the projection as a list of columns. What makes it, fills it and audits it walks the
// list, so that none of them can forget a column or mean another one.
#pragma once

#include "ledger/store/sql.h"

#include <fmt/format.h>

#include <concepts>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tuma::ledger {

/// What stands in one column of one row: nothing, a whole number, or a text that lives elsewhere.
class Cell {
public:
    Cell() = default;
    Cell(std::integral auto number) : kind_(Kind::number), number_(std::int64_t(number)) {}
    Cell(std::string_view text) : kind_(Kind::text), text_(text) {}
    Cell(const std::string& text) : Cell(std::string_view{text}) {}

    void bind(SqlStatement& statement, int parameter) const {
        if (kind_ == Kind::number)
            statement.bind(parameter, number_);
        else if (kind_ == Kind::text)
            statement.bind(parameter, text_);
        else
            statement.bind_null(parameter);
    }
    /// True if it is what stands there.
    bool is_in(const SqlStatement& row, int column) const {
        // SQLite turns types into each other when it is asked for one. A text "5" must not pass for
        // the number 5, nor nothing for 0.
        if (kind_ == Kind::none) return row.is_null(column);
        if (kind_ == Kind::text) return !row.is_null(column) && row.text(column) == text_;
        return row.is_number(column) && row.number(column) == number_;
    }
    std::string text() const {
        return kind_ == Kind::number ? fmt::format("{}", number_) : std::string(text_);
    }

private:
    enum class Kind : std::uint8_t { none, number, text };
    Kind kind_ = Kind::none;
    std::int64_t number_ = 0;
    std::string_view text_;
};

/// Nothing where there is none: for numbers that are 0 then, and for texts that are empty.
template <typename Value>
Cell unless_none(const Value& value) {
    return value == Value{} ? Cell{} : Cell{value};
}

/// A column of a table whose rows are made of `Row`.
template <typename Row>
struct Column {
    std::string_view name;
    std::string_view type;
    /// Null where the database fills it in: keys that count themselves, sums that begin at 0.
    Cell (*get)(const Row&) = nullptr;
    bool moves = false;  ///< later records change it
};

/// The first column is the key.
template <typename Row>
struct Table {
    std::string_view name;
    std::span<const Column<Row>> columns;
    std::string_view derived = {};  ///< columns that are reckoned from others, as SQL has them
    std::string_view options = {};

    std::string_view key() const { return columns.front().name; }
};

/// How the table is made.
template <typename Row>
std::string create_sql(const Table<Row>& table) {
    std::string lines;
    for (const Column<Row>& column : table.columns)
        lines += fmt::format("{}    {} {}", lines.empty() ? "" : ",\n", column.name, column.type);
    if (!table.derived.empty()) lines += fmt::format(",\n{}", table.derived);
    return fmt::format("CREATE TABLE {}(\n{}\n){}", table.name, lines, table.options);
}

/// Puts a row in by `verb`; its parameters are those of `bind_row`.
template <typename Row>
std::string insert_sql(const Table<Row>& table, std::string_view verb = "INSERT") {
    std::string names, values;
    for (const Column<Row>& column : table.columns) {
        if (column.get == nullptr) continue;
        names += fmt::format("{}{}", names.empty() ? "" : ", ", column.name);
        values += values.empty() ? "?" : ", ?";
    }
    return fmt::format("{} INTO {}({}) VALUES({})", verb, table.name, names, values);
}

/// Changes what moves in a row; its parameters are those of `bind_moves`.
template <typename Row>
std::string update_sql(const Table<Row>& table) {
    std::string sets;
    for (const Column<Row>& column : table.columns)
        if (column.moves && column.get != nullptr)
            sets += fmt::format("{}{} = ?", sets.empty() ? "" : ", ", column.name);
    return fmt::format("UPDATE {} SET {} WHERE {} = ?", table.name, sets, table.key());
}

/// Gives key and all that stays as it was put in, or that moves; for `find_differences`.
template <typename Row>
std::string select_sql(const Table<Row>& table, bool moves) {
    std::string names(table.key());
    // The key stands in front for the walk that looks for rows, whichever columns follow.
    for (const Column<Row>& column : table.columns.subspan(1))
        if (column.get != nullptr && column.moves == moves)
            names += fmt::format(", {}", column.name);
    return fmt::format("SELECT {} FROM {} ORDER BY 1", names, table.name);
}

template <typename Row>
void insert_row(SqlStatement& insert, const Table<Row>& table, const Row& row) {
    int parameter = 0;
    for (const Column<Row>& column : table.columns)
        if (column.get != nullptr) column.get(row).bind(insert, ++parameter);
    insert.run();
}

template <typename Row>
void update_row(SqlStatement& update, const Table<Row>& table, const Row& row) {
    int parameter = 0;
    for (const Column<Row>& column : table.columns)
        if (column.moves && column.get != nullptr) column.get(row).bind(update, ++parameter);
    // The key comes last, as its parameter stands in the condition behind all sets.
    table.columns.front().get(row).bind(update, ++parameter);
    update.run();
}

/// In which columns the row that `select` of `select_sql` stands on is another one; empty if in
/// none.
template <typename Row>
std::string find_differences(const SqlStatement& select, const Table<Row>& table, bool moves,
                             const Row& row) {
    std::string found;
    int place = 0;
    for (const Column<Row>& column : table.columns.subspan(1)) {
        if (column.get == nullptr || column.moves != moves) continue;
        const Cell cell = column.get(row);
        if (cell.is_in(select, ++place)) continue;
        found += fmt::format("{}{} is '{}' and should be '{}'", found.empty() ? "" : ", ",
                             column.name, select.text(place), cell.text());
    }
    return found;
}

}  // namespace tuma::ledger
