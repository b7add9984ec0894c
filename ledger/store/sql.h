// A SQLite connection and its statements, owned; errors become StoreError with the file's name.
#pragma once

#include "ledger/store/journal_store.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace tuma::ledger {

/// How a database file is opened.
enum class SqlAccess { read_only, read_write_create };

/// The file is not a SQLite database, or its pages are damaged.
class SqlDamage : public StoreError {
public:
    using StoreError::StoreError;
};

/// The front of a name in a file that somebody may have altered, without what is not for terminals.
std::string printable(std::string_view name);

/// One connection; one thread at a time uses it, except for `interrupt`. What a file's schema says
/// is not trusted: triggers never run, and its functions are only those without side effects.
/// Source: sqlite.org/security.html, "Untrusted SQLite Database Files".
class SqlDatabase {
public:
    /// A new file is for its owner alone. Throws StoreError when the file cannot be opened,
    /// SqlDamage when it is no database.
    SqlDatabase(const std::filesystem::path& path, SqlAccess access);

    /// Runs statements that give no rows. Throws StoreError.
    void execute(const std::string& sql);
    /// The first column of the first row, or `otherwise` when there is none. Throws StoreError.
    std::int64_t number(const std::string& sql, std::int64_t otherwise = 0);
    /// Makes the statement that runs now fail soon. Any thread, while the connection lives.
    void interrupt();

    const std::filesystem::path& path() const { return path_; }
    sqlite3* handle() const { return connection_.get(); }
    /// Throws what the code `result` means, naming the file.
    [[noreturn]] void fail(int result, std::string_view doing) const;

private:
    struct Close {
        void operator()(sqlite3* connection) const;
    };
    std::filesystem::path path_;
    std::unique_ptr<sqlite3, Close> connection_;
};

/// A prepared statement. Parameters count from 1, columns from 0, as in SQLite.
class SqlStatement {
public:
    /// Requires: `database` outlives the statement. Throws StoreError.
    SqlStatement(SqlDatabase& database, std::string_view sql);

    void bind(int parameter, std::int64_t value);
    void bind(int parameter, std::uint64_t value) { bind(parameter, std::int64_t(value)); }
    void bind(int parameter, std::uint32_t value) { bind(parameter, std::int64_t{value}); }
    /// The characters must stay where they are until the statement has run.
    void bind(int parameter, std::string_view text);
    void bind_null(int parameter);
    /// The bytes must stay where they are until the statement has run.
    void bind_blob(int parameter, std::span<const std::byte> bytes);

    /// Goes to the next row; false when there is none, and the statement can be run again.
    bool step();
    /// Runs to the end and makes ready to run again.
    void run();
    void reset();

    std::int64_t number(int column) const;
    /// True if the value is stored as a whole number, not only read as one.
    bool is_number(int column) const;
    /// Valid until the next step.
    std::string_view text(int column) const;
    bool is_null(int column) const;
    /// Valid until the next step. Throws StoreError when there is no memory for it.
    std::span<const std::byte> blob(int column) const;

private:
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    SqlDatabase* database_;
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

}  // namespace tuma::ledger
