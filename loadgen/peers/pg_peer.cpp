#include "loadgen/peers/pg_peer.h"

#include "loadgen/client/protocol_guess.h"
#include "loadgen/peers/first_words.h"
#include "loadgen/peers/peer_texts.h"
#include "loadgen/peers/pg_connection.h"
#include "loadgen/peers/pg_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace tuma::loadgen {
namespace {

constexpr std::uint32_t accounts_a_call = 100'000;
/// Asks whether TLS is spoken, which every PostgreSQL answers with one letter.
constexpr std::string_view ssl_request("\0\0\0\x08\x04\xd2\x16\x2f", 8);

class PgPeer final : public Peer {
public:
    explicit PgPeer(const PeerPlan& plan) : plan_(plan), connection_(connect_pg(plan)) {
        PGconn* const pg = connection_.get();
        const char* const version = PQparameterStatus(pg, "server_version");
        facts_.version = fmt::format("PostgreSQL {}", version == nullptr ? "unknown" : version);
        facts_.durability =
            fmt::format("synchronous_commit={} fsync={}", pg_value(pg, "show synchronous_commit"),
                        pg_value(pg, "show fsync"));
    }

    void set_up(std::span<const AccountRange> accounts, const SetUpProgress& progress) override {
        PGconn* const pg = connection_.get();
        remove_old();
        pg_run(pg, std::string(pg_schema), "create schema tuma_load");
        std::uint64_t total = 0;
        for (const AccountRange& range : accounts) total += range.count;
        std::uint64_t done = 0;
        for (const AccountRange& range : accounts) {
            for (std::uint32_t from = 0; from < range.count; from += accounts_a_call) {
                const auto some = std::min(accounts_a_call, range.count - from);
                pg_run(pg, fmt::format("insert into tuma_load.accounts (id, balance) "
                                       "select n, {} from generate_series({}, {}) n",
                                       range.balance, range.first.value + from,
                                       range.first.value + from + some - 1));
                progress(done += some, total);
            }
        }
        // Or the first transfers would run by a plan for an empty table.
        pg_run(pg, "vacuum analyze tuma_load.accounts");
    }

    std::unique_ptr<PeerSession> connect() const override {
        return std::make_unique<PgSession>(connect_pg(plan_));
    }

    PeerFacts facts() const override { return facts_; }

private:
    /// Only what this program has made, and nothing that depends on it: a view of somebody else's
    /// makes PostgreSQL refuse.
    void remove_old() {
        PGconn* const pg = connection_.get();
        const std::string mark =
            pg_value(pg,
                     "select coalesce(obj_description(oid, 'pg_namespace'), 'of others') "
                     "from pg_namespace where nspname = 'tuma_load'");
        if (mark.empty()) return;
        if (!mark.starts_with("made by tuma-load"))
            throw SetUpError(
                fmt::format("pg:{} has a schema tuma_load that this program has not "
                            "made; rename it, or choose another database by --pg",
                            plan_.target.text()));
        // One transaction: all of it or nothing. Somebody who reads there must not hold this up for
        // ever.
        pg_run(pg,
               "set local lock_timeout = '10s';\n"
               "drop function if exists tuma_load.transfer(uuid, bigint, bigint, bigint);\n"
               "drop table if exists tuma_load.transfers, tuma_load.accounts;\n"
               "drop schema tuma_load",
               "drop schema tuma_load");
    }

    PeerPlan plan_;
    PgConnection connection_;
    PeerFacts facts_;
};

}  // namespace

std::unique_ptr<Peer> reach_pg(const PeerPlan& plan) {
    // libpq would wait in silence for the answer of a server that waits for the end of a line.
    const std::string words =
        first_words(plan.target, ssl_request, "PING\r\n", pg_protocol_name, plan.timeout);
    // 'E' begins the error of a server that takes nobody now; libpq tells which.
    const bool is_error = words.size() > 5 && words.front() == 'E' && words[5] == 'S';
    if (words != "S" && words != "N" && !is_error)
        throw other_words(plan.target, words, pg_protocol_name);
    return std::make_unique<PgPeer>(plan);
}

}  // namespace tuma::loadgen
