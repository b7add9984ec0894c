// A connection of libpq, closed with its owner.
#pragma once

#include "loadgen/peers/peer.h"

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <string_view>

namespace tuma::loadgen {

struct PgCloser {
    void operator()(PGconn* connection) const { PQfinish(connection); }
    void operator()(PGresult* result) const { PQclear(result); }
};
using PgConnection = std::unique_ptr<PGconn, PgCloser>;
using PgResult = std::unique_ptr<PGresult, PgCloser>;

/// Connects, blocking; what the parameters leave out comes from PGUSER, PGDATABASE, PGPASSWORD and
/// their like. Throws ConnectionError.
PgConnection connect_pg(const PeerPlan& plan);

/// What the connection has to complain about, as one line.
std::string pg_complaint(const PGconn* connection);

/// Runs statements, blocking, in one transaction. Throws SetUpError that says what was asked
/// (`what`, or else the first line), ConnectionError when the connection is lost.
PgResult pg_run(PGconn* connection, const std::string& statement, std::string_view what = {});

/// The first column of the first row.
std::string pg_value(PGconn* connection, const std::string& statement);

}  // namespace tuma::loadgen
