#include "ledger/projection/projection_schema.h"

#include "ledger/projection/tables.h"
#include "ledger/words/money.h"

#include <fmt/format.h>

#include <map>
#include <vector>

namespace tuma::ledger {
namespace {

constexpr const char* meta_table = R"sql(CREATE TABLE meta(
    only_row INTEGER PRIMARY KEY CHECK(only_row = 1),
    sequence INTEGER NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO meta VALUES(1, 0, '');)sql";

// Minor units as decimal text: 123450 KES is 1234.50.
std::string decimal(const std::string& minor, const std::string& currency) {
    // Whole numbers and text only: SQLite's reals would round large amounts.
    return fmt::format(
        "(SELECT CASE WHEN {0} IS NULL THEN NULL WHEN decimals = 0 THEN printf('%d', {0}) "
        "ELSE printf('%s%d.%0*d', CASE WHEN {0} < 0 THEN '-' ELSE '' END, abs({0}) / scale, "
        "decimals, abs({0}) % scale) END FROM currency WHERE letters = {1})",
        minor, currency);
}

// One side of the statement: the transfers that name the account as `side`.
std::string statement_side(const std::string& side, const std::string& other,
                           const std::string& amounts) {
    return fmt::format(
        "SELECT {0} AS account, (SELECT identity FROM account WHERE id = {0}) AS identity, time, "
        "id AS transfer, kind, purpose, {1} AS counterparty, "
        "(SELECT identity FROM account WHERE id = {1}) AS counterparty_identity, {2}, amount, "
        "currency, {0}_balance_after AS balance, {3} AS balance_text FROM transfer",
        side, other, amounts, decimal(side + "_balance_after", "transfer.currency"));
}

std::string statement_view() {
    // Setting aside and giving back move nothing; a statement shows them without an amount on
    // either side.
    const std::string moved = "CASE WHEN kind IN ('posted', 'settled', 'reversed') THEN amount END";
    return fmt::format(
        "CREATE VIEW statement AS {} UNION ALL {}",
        statement_side("debit", "credit", moved + " AS debited, NULL AS credited"),
        statement_side("credit", "debit", "NULL AS debited, " + moved + " AS credited"));
}

constexpr const char* trial_balance_view = R"sql(
CREATE VIEW trial_balance AS
SELECT currency, kind, count(*) AS accounts, sum(debits_posted) AS debits_posted,
       sum(credits_posted) AS credits_posted, sum(debits_pending) AS debits_pending,
       sum(credits_pending) AS credits_pending, sum(balance) AS balance
FROM account GROUP BY currency, kind
UNION ALL
SELECT currency, 'total (balance must be 0)', count(*), sum(debits_posted), sum(credits_posted),
       sum(debits_pending), sum(credits_pending),
       sum(debits_posted) - sum(credits_posted) + sum(debits_pending) - sum(credits_pending)
FROM account GROUP BY currency
ORDER BY 1, 2)sql";

void make_views(SqlDatabase& database) {
    database.execute(statement_view());
    database.execute(trial_balance_view);
    database.execute(fmt::format(
        "CREATE VIEW balance AS SELECT id, identity, kind, currency, {} "
        "AS balance, {} AS available FROM account",
        decimal("balance", "account.currency"), decimal("available", "account.currency")));
}

void make_tables(SqlDatabase& database) {
    const auto make = [&](const auto&... columns) { (database.execute(create_sql(columns)), ...); };
    make(currency_columns, account_columns, transfer_columns, payment_columns, scheme_columns,
         settlement_columns, profile_columns, order_columns, notice_columns, batch_columns);
    database.execute("CREATE INDEX notice_step_by_order ON notice_step(payment_order)");
    database.execute("CREATE INDEX settlement_by_account ON settlement(account)");
    database.execute(meta_table);
    SqlStatement insert_currency(database, insert_sql(currency_columns));
    for (const CurrencyRow& row : currency_table())
        insert_row(insert_currency, currency_columns, row);
    make_views(database);
    create_projection_indexes(database);
    // Last: a file with this number has everything.
    database.execute(fmt::format("PRAGMA user_version={}", projection_schema_version));
}

// "view balance" and how it is made, of everything in a file.
std::map<std::string, std::string> schema_of(SqlDatabase& database) {
    std::map<std::string, std::string> schema;
    SqlStatement objects(database, "SELECT type, name, sql FROM sqlite_schema");
    while (objects.step())
        schema[fmt::format("{} {}", objects.text(0), objects.text(1))] = objects.text(2);
    return schema;
}

bool can_be_missing(const std::string& object) {
    // Catching up takes these three away for a while, and a crash may leave it so.
    return object == "index transfer_by_debit" || object == "index transfer_by_credit" ||
           object == "index account_by_identity";
}

void drop_everything(SqlDatabase& database) {
    std::vector<std::string> drops;
    {
        SqlStatement objects(database,
                             "SELECT type, name FROM sqlite_schema WHERE type IN ('view', 'table') "
                             "AND name NOT LIKE 'sqlite_%' ORDER BY type DESC");
        while (objects.step())
            drops.push_back(fmt::format("DROP {} \"{}\"", objects.text(0), objects.text(1)));
    }
    for (const std::string& drop : drops) database.execute(drop);
}

}  // namespace

void clear_projection(SqlDatabase& database) {
    // One transaction, so that readers see the old tables or the new ones, and never none.
    database.execute("BEGIN IMMEDIATE");
    drop_everything(database);
    make_tables(database);
    database.execute("COMMIT");
}

std::string prepare_projection_schema(SqlDatabase& database) {
    const std::int64_t version = database.number("PRAGMA user_version");
    const std::int64_t objects = database.number("SELECT count(*) FROM sqlite_schema");
    if (version == projection_schema_version) {
        const std::string foreign = foreign_projection_schema(database);
        if (foreign.empty()) return {};
        throw SqlDamage(fmt::format("{}: {}", database.path().string(), foreign));
    }
    clear_projection(database);
    if (objects == 0) return {};
    return fmt::format("its tables were of version {}, this program's are of version {}", version,
                       projection_schema_version);
}

std::string foreign_projection_schema(SqlDatabase& database) {
    // SQLite keeps a statement's text as it was given. So the comparison is with a schema made by
    // the same code, and not with a list that would have to be kept beside it.
    SqlDatabase temporary("", SqlAccess::read_write_create);
    make_tables(temporary);
    std::map<std::string, std::string> expected = schema_of(temporary);
    for (const auto& [object, sql] : schema_of(database)) {
        const auto ours = expected.find(object);
        if (ours == expected.end())
            return fmt::format("the {} in it is not this program's; keep your own in another file",
                               printable(object));
        if (ours->second != sql)
            return fmt::format("the {} in it is another one than this program's",
                               printable(object));
        // What is left over at the end is missing in the file.
        expected.erase(ours);
    }
    for (const auto& [object, sql] : expected)
        if (!can_be_missing(object)) return fmt::format("the {} is missing in it", object);
    return {};
}

bool has_projection_indexes(SqlDatabase& database) {
    return database.number(
               "SELECT count(*) FROM sqlite_master WHERE type = 'index' AND name IN "
               "('transfer_by_debit', 'transfer_by_credit', 'account_by_identity')") == 3;
}

void drop_projection_indexes(SqlDatabase& database) {
    database.execute(
        "DROP INDEX IF EXISTS transfer_by_debit; DROP INDEX IF EXISTS transfer_by_credit; "
        "DROP INDEX IF EXISTS account_by_identity");
}

void create_projection_indexes(SqlDatabase& database) {
    database.execute(
        "CREATE INDEX IF NOT EXISTS transfer_by_debit ON transfer(debit); "
        "CREATE INDEX IF NOT EXISTS transfer_by_credit ON transfer(credit); "
        "CREATE INDEX IF NOT EXISTS account_by_identity ON account(identity)");
}

}  // namespace tuma::ledger
