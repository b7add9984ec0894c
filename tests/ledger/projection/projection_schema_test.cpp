// The tables as they have been given out: whoever queries them relies on every word.
#include "ledger/projection/projection_schema.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace tuma;
using namespace tuma::ledger;

namespace {

// Written down by hand, not made from the lists of columns. A change here needs a new
// `projection_schema_version`.
constexpr const char* tables_of_version_4 = R"sql(CREATE TABLE account(
    id INTEGER PRIMARY KEY,
    identity TEXT NOT NULL,
    kind TEXT NOT NULL,
    currency TEXT NOT NULL,
    normal_side TEXT NOT NULL,
    owner INTEGER NOT NULL,
    state TEXT NOT NULL,
    floor INTEGER,
    ceiling INTEGER,
    debits_pending INTEGER NOT NULL DEFAULT 0,
    debits_posted INTEGER NOT NULL DEFAULT 0,
    credits_pending INTEGER NOT NULL DEFAULT 0,
    credits_posted INTEGER NOT NULL DEFAULT 0,
    opened_at TEXT NOT NULL,
    scheme TEXT,
    account_class INTEGER,
    payout INTEGER,
    balance INTEGER AS (CASE normal_side WHEN 'debit' THEN debits_posted - credits_posted
                                         ELSE credits_posted - debits_posted END),
    available INTEGER AS (balance - floor - CASE normal_side WHEN 'debit' THEN credits_pending
                                                             ELSE debits_pending END)
);
CREATE TABLE batch(
    sequence INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    events INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    hash TEXT NOT NULL,
    previous_hash TEXT NOT NULL
);
CREATE TABLE currency(
    letters TEXT PRIMARY KEY,
    number INTEGER NOT NULL,
    decimals INTEGER NOT NULL,
    scale INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE meta(
    only_row INTEGER PRIMARY KEY CHECK(only_row = 1),
    sequence INTEGER NOT NULL,
    hash TEXT NOT NULL
);
CREATE TABLE notice_step(
    step INTEGER PRIMARY KEY,
    notice INTEGER NOT NULL,
    payment_order INTEGER NOT NULL,
    channel INTEGER NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    status INTEGER NOT NULL,
    time TEXT NOT NULL,
    next_at TEXT
);
CREATE INDEX notice_step_by_order ON notice_step(payment_order);
CREATE TABLE payment(
    id INTEGER PRIMARY KEY,
    state TEXT NOT NULL,
    amount INTEGER NOT NULL,
    legs INTEGER NOT NULL,
    total INTEGER NOT NULL,
    settled_amount INTEGER NOT NULL,
    reversed_amount INTEGER NOT NULL,
    debit INTEGER NOT NULL,
    credit INTEGER NOT NULL,
    currency TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE TABLE payment_order(
    id INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    purpose TEXT NOT NULL,
    state TEXT NOT NULL,
    code INTEGER NOT NULL,
    refusal TEXT,
    debit INTEGER NOT NULL,
    credit INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    parent INTEGER,
    transfer INTEGER,
    opened_at TEXT NOT NULL,
    moved_at TEXT NOT NULL,
    keys TEXT NOT NULL
);
CREATE TABLE profile(
    name TEXT PRIMARY KEY,
    content_bytes INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    stored_at TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE scheme(
    loading INTEGER PRIMARY KEY,
    id INTEGER NOT NULL,
    name TEXT NOT NULL,
    version TEXT NOT NULL,
    currency TEXT NOT NULL,
    zone_offset_minutes INTEGER NOT NULL,
    content_bytes INTEGER NOT NULL,
    content_hash TEXT NOT NULL,
    source_hash TEXT NOT NULL,
    loaded_at TEXT NOT NULL,
    batch INTEGER NOT NULL
);
CREATE TABLE settlement(
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL,
    due_at TEXT NOT NULL,
    done_at TEXT NOT NULL,
    batch INTEGER NOT NULL,
    sales INTEGER NOT NULL,
    refunds INTEGER NOT NULL,
    fees INTEGER NOT NULL,
    adjustments INTEGER NOT NULL,
    reserve_released INTEGER NOT NULL,
    carried_in INTEGER NOT NULL,
    reserve_held INTEGER NOT NULL,
    payout_fee INTEGER NOT NULL,
    paid_out INTEGER NOT NULL,
    carried_out INTEGER NOT NULL,
    reserve_due_at TEXT,
    next_due_at TEXT,
    payout INTEGER,
    sales_count INTEGER NOT NULL,
    refunds_count INTEGER NOT NULL
);
CREATE INDEX settlement_by_account ON settlement(account);
CREATE TABLE transfer(
    id INTEGER PRIMARY KEY,
    batch INTEGER NOT NULL,
    time TEXT NOT NULL,
    kind TEXT NOT NULL,
    purpose TEXT NOT NULL,
    debit INTEGER NOT NULL,
    credit INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    currency TEXT NOT NULL,
    debit_balance_after INTEGER NOT NULL,
    credit_balance_after INTEGER NOT NULL,
    due_at TEXT,
    payment INTEGER NOT NULL,
    set_id INTEGER NOT NULL,
    subject INTEGER,
    participant INTEGER NOT NULL,
    reference TEXT,
    memo INTEGER NOT NULL
);
)sql";

}  // namespace

TEST_CASE("projection schema: the tables of version 4 are word for word what they were") {
    CHECK(projection_schema_version == 4);
    SqlDatabase database("", SqlAccess::read_write_create);
    prepare_projection_schema(database);
    SqlStatement objects(database,
                         "SELECT sql FROM sqlite_schema WHERE type IN ('table', 'index') AND sql "
                         "IS NOT NULL AND name NOT IN ('transfer_by_debit', 'transfer_by_credit', "
                         "'account_by_identity') ORDER BY name");
    std::string made;
    while (objects.step()) made += fmt::format("{};\n", objects.text(0));
    CHECK(made == tables_of_version_4);
}
