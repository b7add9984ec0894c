// What the audit of the projection reads: a cursor a table. For the files of that audit only.
#pragma once

#include "ledger/audit_projection.h"

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace tuma::ledger {

// Walks along a table in the order of its key.
struct ProjectionCheck::Cursor {
    Cursor(SqlDatabase& database, const char* name, std::string_view columns)
        : table(name), rows(database, fmt::format("SELECT {} FROM {} ORDER BY 1", columns, name)) {}

    const char* table;
    SqlStatement rows;
    bool has_row = false;  ///< stands on a row that no record has claimed yet
    bool is_done = false;
};

struct ProjectionCheck::Tables {
    explicit Tables(const std::filesystem::path& path)
        : database(path, SqlAccess::read_only),
          batches(database, "batch", "sequence, time, events, bytes, hash, previous_hash"),
          transfers(database, "transfer",
                    "id, batch, debit, credit, amount, debit_balance_after, credit_balance_after, "
                    "payment, set_id, subject, participant, memo, kind, purpose, currency, time, "
                    "due_at, reference"),
          payments(database, "payment",
                   "id, amount, legs, total, debit, credit, currency, created_at"),
          openings(database, "account", "id, opened_at, owner, scheme, account_class, payout"),
          schemes(database, "scheme",
                  "loading, id, name, version, currency, zone_offset_minutes, content_bytes, "
                  "content_hash, source_hash, loaded_at, batch"),
          settlements(database, "settlement",
                      "id, account, due_at, done_at, batch, sales, refunds, fees, adjustments, "
                      "reserve_released, carried_in, reserve_held, payout_fee, paid_out, "
                      "carried_out, reserve_due_at, next_due_at, payout, sales_count, "
                      "refunds_count"),
          orders(database, "payment_order",
                 "id, kind, purpose, credit, amount, currency, parent, opened_at, keys, state, "
                 "code, refusal, debit, transfer"),
          notices(database, "notice_step",
                  "step, notice, payment_order, channel, state, attempts, status, time, next_at"),
          payment_of(database, "SELECT payment FROM transfer WHERE id = ?1") {}

    SqlDatabase database;
    Cursor batches;
    Cursor transfers;
    Cursor payments;
    Cursor openings;
    Cursor schemes;
    Cursor settlements;
    Cursor orders;
    Cursor notices;
    SqlStatement payment_of;
};

/// Collects the columns in which a row differs.
class Differences {
public:
    template <typename Value>
    void column(std::string_view name, const Value& is, const Value& should_be) {
        if (is == should_be) return;
        text_ += fmt::format("{}{} is '{}' and should be '{}'", text_.empty() ? "" : ", ", name, is,
                             should_be);
    }
    void number(std::string_view name, std::int64_t is, std::int64_t should_be) {
        column(name, is, should_be);
    }
    const std::string& text() const { return text_; }

private:
    std::string text_;
};

}  // namespace tuma::ledger
