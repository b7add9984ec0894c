// One pipelined connection to PostgreSQL, by libpq.
#pragma once

#include "loadgen/peers/peer.h"
#include "loadgen/peers/pg_connection.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tuma::loadgen {

/// Each transfer is an execution of a prepared statement with a sync behind it, and so a
/// transaction of its own. It has its answer when the sync has: only then is it committed.
class PgSession final : public PeerSession {
public:
    /// Prepares the statement. Throws SetUpError, ConnectionError.
    explicit PgSession(PgConnection connection);

    int descriptor() const override { return PQsocket(connection_.get()); }
    void send(const PeerTransfer& transfer) override;
    std::optional<std::string> flush() override;
    bool has_unsent() const override { return has_unsent_; }
    PeerReading receive(std::span<std::byte> scratch, std::vector<PeerAnswer>& answers) override;

private:
    void take_results(std::vector<PeerAnswer>& answers);
    void take_result(const PGresult* result, std::vector<PeerAnswer>& answers);

    PgConnection connection_;
    bool has_unsent_ = false;
    std::string failure_;            ///< why nothing more can be sent
    std::uint64_t outstanding_ = 0;  ///< transfers without an answer
    PeerAnswer answer_;              ///< what the transfer at hand has had so far
};

/// What an error of this SQLSTATE is called: "pg_40001", or a name of tuma's for those that the
/// schema's function raises.
std::string pg_refusal(std::string_view sqlstate);

}  // namespace tuma::loadgen
