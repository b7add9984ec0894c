// The tables and views of the projection, made for people with the plain sqlite3 shell.
#pragma once

#include "ledger/store/sql.h"

#include <string>

namespace tuma::ledger {

/// Goes up by one whenever the tables change; kept in `PRAGMA user_version`.
inline constexpr int projection_schema_version = 4;

/// Makes the tables and views if the file is empty; makes them anew, without rows, when they are of
/// another version. Returns why they were made anew, or an empty text. Throws StoreError, SqlDamage
/// when they are of this version and somebody has added to them or altered them.
std::string prepare_projection_schema(SqlDatabase& database);

/// In which table, view, index or trigger the file differs from what this version makes; empty when
/// in none. The indexes that can be given up may be missing. Throws StoreError.
std::string foreign_projection_schema(SqlDatabase& database);

/// Drops every table and view and makes them anew, in one transaction. Throws StoreError.
void clear_projection(SqlDatabase& database);

/// The indexes behind `statement` and `account.identity`. Filling a table without them and making
/// them afterwards is several times faster than keeping them up all the way.
bool has_projection_indexes(SqlDatabase& database);
void drop_projection_indexes(SqlDatabase& database);
void create_projection_indexes(SqlDatabase& database);

}  // namespace tuma::ledger
