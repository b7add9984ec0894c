#include "loadgen/peers/pg_session.h"

#include "ledger/words/ensure.h"
#include "ledger/words/refusal.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <array>
#include <bit>
#include <string_view>
#include <utility>

namespace tuma::loadgen {
namespace {

constexpr const char* statement_name = "tuma_load_transfer";
/// libpq makes room for at least so many bytes before it reads.
constexpr std::size_t libpq_reads_min = 8192;

/// A number as PostgreSQL's binary format has it.
std::array<char, 8> big_endian(std::int64_t number) {
    std::array<char, 8> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<char>(static_cast<std::uint64_t>(number) >> (56 - 8 * i));
    return bytes;
}

}  // namespace

std::string pg_refusal(std::string_view sqlstate) {
    // Raised by pg_schema.sql.
    if (sqlstate == "TL001") return std::string(name(Refusal::insufficient_funds));
    if (sqlstate == "TL002") return std::string(name(Refusal::account_not_found));
    if (sqlstate == "TL003") return std::string(name(Refusal::modified_request));
    return fmt::format("pg_{}", sqlstate.empty() ? "error" : sqlstate);
}

PgSession::PgSession(PgConnection connection) : connection_(std::move(connection)) {
    PGconn* const pg = connection_.get();
    ask_for_receive_times(descriptor());
    pg_run(pg, fmt::format("prepare {} (uuid, bigint, bigint, bigint) as "
                           "select tuma_load.transfer($1, $2, $3, $4)",
                           statement_name));
    if (PQsetnonblocking(pg, 1) != 0 || PQenterPipelineMode(pg) != 1)
        throw ConnectionError(fmt::format("PostgreSQL: {}", pg_complaint(pg)));
}

void PgSession::send(const PeerTransfer& transfer) {
    if (!failure_.empty()) return;
    const std::array debit = big_endian(transfer.debit.value);
    const std::array credit = big_endian(transfer.credit.value);
    const std::array amount = big_endian(transfer.amount);
    const std::array<const char*, 4> values{
        reinterpret_cast<const char*>(transfer.reference.data()), debit.data(), credit.data(),
        amount.data()};
    const std::array<int, 4> lengths{static_cast<int>(transfer.reference.size()), 8, 8, 8};
    const std::array<int, 4> are_binary{1, 1, 1, 1};
    PGconn* const pg = connection_.get();
    ++outstanding_;
    if (PQsendQueryPrepared(pg, statement_name, static_cast<int>(values.size()), values.data(),
                            lengths.data(), are_binary.data(), 0) != 1 ||
        PQpipelineSync(pg) != 1)
        failure_ = pg_complaint(pg);
}

std::optional<std::string> PgSession::flush() {
    if (failure_.empty()) {
        const int left = PQflush(connection_.get());
        has_unsent_ = left == 1;
        if (left < 0) failure_ = pg_complaint(connection_.get());
    }
    return failure_.empty() ? std::nullopt : std::optional{failure_};
}

PeerReading PgSession::receive(std::span<std::byte> scratch, std::vector<PeerAnswer>& answers) {
    PeerReading reading;
    // libpq does not say when the kernel had what it reads. So it is looked at before, and left
    // there.
    const Received there = receive_timed(descriptor(), scratch, MSG_PEEK);
    if (there.bytes < 0 && there.error == EAGAIN) return reading;
    const std::size_t before = answers.size();
    reading.state = PeerReading::State::got;
    if (PQconsumeInput(connection_.get()) == 1) take_results(answers);
    if (PQstatus(connection_.get()) != CONNECTION_OK) {
        reading.state = PeerReading::State::ended;
        reading.reason = pg_complaint(connection_.get());
        return reading;
    }
    // What it left was there already, however late it is read.
    reading.is_all = there.bytes < static_cast<ssize_t>(libpq_reads_min);
    // One answer and nothing more to come: the last byte is that answer's.
    if (answers.size() == before + 1 && outstanding_ == 0) reading.received = there.last_byte_at;
    return reading;
}

void PgSession::take_results(std::vector<PeerAnswer>& answers) {
    PGconn* const pg = connection_.get();
    bool was_pause = false;
    while (outstanding_ > 0 && PQisBusy(pg) == 0) {
        const PgResult result(PQgetResult(pg));
        // One pause ends the results of a statement; two are the end of what has come.
        if (!result && was_pause) return;
        was_pause = !result;
        if (result) take_result(result.get(), answers);
    }
}

void PgSession::take_result(const PGresult* result, std::vector<PeerAnswer>& answers) {
    switch (PQresultStatus(result)) {
        case PGRES_TUPLES_OK:
            answer_.is_replay = std::string_view(PQgetvalue(result, 0, 0)) == "f";
            return;
        case PGRES_PIPELINE_SYNC:
            --outstanding_;
            answers.push_back(std::exchange(answer_, {}));
            return;
        default: {
            const char* const sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
            answer_ = {.refusal = pg_refusal(sqlstate == nullptr ? "" : sqlstate)};
        }
    }
}

}  // namespace tuma::loadgen
