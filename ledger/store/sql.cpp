#include "ledger/store/sql.h"

#include "ledger/store/private_files.h"
#include "ledger/words/ensure.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <cerrno>
#include <system_error>

namespace tuma::ledger {
namespace {

std::string what_to_do(int result, int system) {
    const int primary = result & 0xFF;
    // A program was killed in the middle of a change, and who only reads cannot undo it.
    if (result == SQLITE_READONLY_ROLLBACK)
        return "; a change to it was cut off, start tuma serve once, which undoes it";
    const bool is_io = primary == SQLITE_IOERR || primary == SQLITE_FULL;
    // The system's own reason is shown where it is one; SQLite often says no more than "disk I/O
    // error".
    const std::string cause = system != 0 && (is_io || primary == SQLITE_CANTOPEN)
                                  ? fmt::format(" ({})", std::generic_category().message(system))
                                  : std::string();
    if (primary == SQLITE_FULL ||
        // A full disk, a full quota and a file that has reached its limit have one remedy.
        (is_io && (system == ENOSPC || system == EDQUOT || system == EFBIG)))
        return cause + "; free space and start again, nothing acknowledged is lost";
    if (is_io) return cause + "; check the disk and start again, nothing acknowledged is lost";
    if (primary == SQLITE_READONLY || primary == SQLITE_CANTOPEN || primary == SQLITE_PERM)
        return cause + "; make the file and its directory readable and writable for this user";
    // No advice about free space or rights here: the only help is a copy.
    if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB)
        return "; restore the file from a copy";
    if (primary == SQLITE_BUSY) return "; another process keeps the file locked, end it first";
    return cause;
}

// A file that somebody else could write must not make this program do anything.
void distrust_schema(sqlite3* connection) {
    sqlite3_db_config(connection, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
}

}  // namespace

std::string printable(std::string_view name) {
    constexpr std::size_t shown_max = 60;
    std::string shown(name.substr(0, shown_max));
    for (char& c : shown)
        // Control characters in a name could rewrite the terminal of whoever reads the error.
        if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) >= 0x7F) c = '?';
    return shown;
}

void SqlDatabase::Close::operator()(sqlite3* connection) const {
    sqlite3_close_v2(connection);
}

SqlDatabase::SqlDatabase(const std::filesystem::path& path, SqlAccess access) : path_(path) {
    const int flags = access == SqlAccess::read_only ? SQLITE_OPEN_READONLY
                                                     : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    // Made here with the right mode; SQLite would make it with the umask's.
    if (access == SqlAccess::read_write_create) make_private_file(path);
    sqlite3* connection = nullptr;
    const int result =
        // NOMUTEX: one thread at a time is this project's rule, and a lock for every call would
        // cost for nothing.
        sqlite3_open_v2(path.c_str(), &connection, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    // Taken over before the result is looked at: even a connection that failed has to be closed,
    // and has the message.
    connection_.reset(connection);
    if (result != SQLITE_OK) fail(result, "open");
    sqlite3_extended_result_codes(connection, 1);
    // Only another program could hold the file, such as somebody's shell: it deserves a moment.
    sqlite3_busy_timeout(connection, 5'000);
    distrust_schema(connection);
    // Plans hang on the statement alone. Debian's SQLite would otherwise prepare a statement anew
    // each time a bound of its range changes, which costs readers of the journal more than reading.
    sqlite3_db_config(connection, SQLITE_DBCONFIG_ENABLE_QPSG, 1, nullptr);
    // Who only reads leaves the log to who writes.
    if (access == SqlAccess::read_only)
        sqlite3_db_config(connection, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    // Mapped pages would turn a disk error into a signal.
    execute("PRAGMA mmap_size=0");
    // The first look at the file: here a file that is no database shows itself.
    number("SELECT count(*) FROM sqlite_master");
}

void SqlDatabase::fail(int result, std::string_view doing) const {
    const int primary = result & 0xFF;
    // SQLite keeps the number for some errors only; a failed commit leaves it in errno.
    const int last = errno;
    const int from_sqlite = connection_ ? sqlite3_system_errno(connection_.get()) : 0;
    const int system = from_sqlite != 0 ? from_sqlite : last;
    const std::string message =
        fmt::format("{}: cannot {}: {}{}", path_.string(), doing,
                    connection_ ? sqlite3_errmsg(connection_.get()) : sqlite3_errstr(result),
                    what_to_do(result, system));
    if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) throw SqlDamage(message);
    throw StoreError(message);
}

void SqlDatabase::execute(const std::string& sql) {
    const int result = sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr);
    if (result != SQLITE_OK) fail(result, sql.substr(0, sql.find('\n')));
}

std::int64_t SqlDatabase::number(const std::string& sql, std::int64_t otherwise) {
    SqlStatement statement(*this, sql);
    return statement.step() ? statement.number(0) : otherwise;
}

void SqlDatabase::interrupt() {
    sqlite3_interrupt(handle());
}

void SqlStatement::Finalize::operator()(sqlite3_stmt* statement) const {
    sqlite3_finalize(statement);
}

SqlStatement::SqlStatement(SqlDatabase& database, std::string_view sql) : database_(&database) {
    sqlite3_stmt* statement = nullptr;
    const int result =
        sqlite3_prepare_v3(database.handle(), sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
    statement_.reset(statement);
    if (result != SQLITE_OK) database.fail(result, sql.substr(0, sql.find('\n')));
}

void SqlStatement::bind(int parameter, std::int64_t value) {
    const int result = sqlite3_bind_int64(statement_.get(), parameter, value);
    // A wrong number is a mistake in this program; the statement's text is fixed.
    ensure(result == SQLITE_OK, "a parameter that the statement does not have");
}

void SqlStatement::bind(int parameter, std::string_view text) {
    // Static: every caller keeps the bytes until the statement is done, and a batch is not copied
    // once more.
    const int result = sqlite3_bind_text(statement_.get(), parameter, text.data(),
                                         static_cast<int>(text.size()), SQLITE_STATIC);
    ensure(result == SQLITE_OK, "a parameter that the statement does not have");
}

void SqlStatement::bind_null(int parameter) {
    const int result = sqlite3_bind_null(statement_.get(), parameter);
    ensure(result == SQLITE_OK, "a parameter that the statement does not have");
}

void SqlStatement::bind_blob(int parameter, std::span<const std::byte> bytes) {
    const int result =
        sqlite3_bind_blob64(statement_.get(), parameter, bytes.data(), bytes.size(), SQLITE_STATIC);
    ensure(result == SQLITE_OK, "a parameter that the statement does not have");
}

bool SqlStatement::step() {
    const int result = sqlite3_step(statement_.get());
    if (result == SQLITE_ROW) return true;
    if (result == SQLITE_DONE) {
        // Reset at once, so that no read transaction stays open and keeps the log from being
        // copied.
        sqlite3_reset(statement_.get());
        return false;
    }
    sqlite3_reset(statement_.get());
    database_->fail(result, "run a statement");
}

void SqlStatement::run() {
    while (step()) continue;
}

void SqlStatement::reset() {
    sqlite3_reset(statement_.get());
}

std::int64_t SqlStatement::number(int column) const {
    return sqlite3_column_int64(statement_.get(), column);
}

bool SqlStatement::is_number(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_INTEGER;
}

std::string_view SqlStatement::text(int column) const {
    const auto* characters = sqlite3_column_text(statement_.get(), column);
    // NULL and an empty text are the same to most callers; who cares asks is_null().
    if (characters == nullptr) return {};
    return {reinterpret_cast<const char*>(characters),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

bool SqlStatement::is_null(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::span<const std::byte> SqlStatement::blob(int column) const {
    const void* const bytes = sqlite3_column_blob(statement_.get(), column);
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
    // No bytes although there should be some: SQLite had no memory to read a large value.
    if (bytes == nullptr && size != 0) database_->fail(SQLITE_NOMEM, "read a value");
    return {static_cast<const std::byte*>(bytes), size};
}

}  // namespace tuma::ledger
