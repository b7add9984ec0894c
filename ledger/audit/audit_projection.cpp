#include "ledger/audit/audit_projection.h"

#include "ledger/projection/projection_schema.h"

#include <fmt/format.h>

#include <functional>
#include <utility>

namespace tuma::ledger {

namespace {

std::int64_t number(std::uint64_t value) {
    // Whole numbers of SQLite are signed. Numbers of records never come near 2^63.
    return static_cast<std::int64_t>(value);
}

bool begins_payment(const TransferRecord& record) {
    return record.kind == TransferKind::posted || record.kind == TransferKind::reserved;
}

// Collects the columns in which a row differs.
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

}  // namespace

// Walks along a table in the order of its key, over the columns that stay as they were put in.
struct ProjectionCheck::Cursor {
    template <typename Row>
    Cursor(SqlDatabase& database, const Table<Row>& of)
        : table(of.name), rows(database, select_sql(of, false)) {}

    std::string_view table;
    SqlStatement rows;
    bool has_row = false;  ///< stands on a row that no record has claimed yet
    bool is_done = false;
};

struct ProjectionCheck::Tables {
    explicit Tables(const std::filesystem::path& path)
        : database(path, SqlAccess::read_only),
          batches(database, batch_columns),
          transfers(database, transfer_columns),
          payments(database, payment_columns),
          openings(database, account_columns),
          schemes(database, scheme_columns),
          settlements(database, settlement_columns),
          orders(database, order_columns),
          notices(database, notice_columns),
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

ProjectionCheck::ProjectionCheck(const std::filesystem::path& directory, AuditReport& report)
    : report_(report) {
    // The projection is not a part of the books: without one, nothing is wrong.
    const auto path = projection_path(directory);
    if (directory.empty() || !std::filesystem::exists(path)) {
        report_.notes.emplace_back("there is no projection to compare");
        return;
    }
    guarded([&] {
        {
            // A connection of its own, before the statements are made: on tables that are not this
            // program's they could not be prepared, or would mean something else.
            SqlDatabase database(path, SqlAccess::read_only);
            const std::int64_t version = database.number("PRAGMA user_version");
            if (version != projection_schema_version) {
                // The program of that version makes its own; nothing about the books is wrong.
                report_.notes.push_back(
                    fmt::format("the projection is of version {} and was not compared", version));
                return;
            }
            const std::string foreign = foreign_projection_schema(database);
            if (!foreign.empty()) return differs("projection.sqlite", foreign);
        }
        tables_ = std::make_unique<Tables>(path);
        // All cursors see the same moment, also while a server goes on projecting.
        tables_->database.execute("BEGIN");
        SqlStatement meta(tables_->database, "SELECT sequence, hash FROM meta");
        if (meta.step())
            position_ = {static_cast<std::uint64_t>(meta.number(0)), std::string(meta.text(1))};
    });
    report_.figures.projection_sequence = position_.sequence;
}

ProjectionCheck::~ProjectionCheck() = default;

template <typename Work>
void ProjectionCheck::guarded(const Work& work) {
    try {
        // What goes wrong in this database ends its comparison and nothing else. The rest of the
        // audit needs no projection.
        work();
    } catch (const StoreError& error) {
        differs("projection.sqlite", error.what());
        tables_.reset();
    }
}

void ProjectionCheck::differs(const std::string& where, const std::string& sentence) {
    report_.findings.add(FindingKind::projection, where, sentence);
}

// Goes on to the row with this key; rows before it belong to nothing in the journal.
bool ProjectionCheck::find_row(Cursor& cursor, std::uint64_t id) {
    // Rows and records come in the order of their keys, so that one walk over the table is enough.
    while (!cursor.is_done) {
        if (!cursor.has_row) {
            cursor.has_row = cursor.rows.step();
            cursor.is_done = !cursor.has_row;
            continue;
        }
        // The row is kept: it may be that of a later record.
        if (cursor.rows.number(0) > number(id)) break;
        cursor.has_row = false;
        if (cursor.rows.number(0) == number(id)) return true;
        surplus(cursor);
    }
    differs(fmt::format("table {}, row {}", cursor.table, id), "is missing");
    return false;
}

void ProjectionCheck::surplus(const Cursor& cursor) {
    differs(fmt::format("table {}, row {}", cursor.table, cursor.rows.number(0)),
            "has nothing in the journal");
}

template <typename Row, typename Key>
void ProjectionCheck::compare_found(const SqlStatement& rows, const Table<Row>& table, bool moves,
                                    const Key& key, const Row& row) {
    const std::string found = find_differences(rows, table, moves, row);
    if (!found.empty()) differs(fmt::format("table {}, row {}", table.name, key), found);
}

template <typename Row>
void ProjectionCheck::compare_row(Cursor& cursor, const Table<Row>& table, std::uint64_t key,
                                  const Row& row) {
    if (find_row(cursor, key)) compare_found(cursor.rows, table, false, key, row);
}

void ProjectionCheck::begin(const BatchView& batch) {
    batch_ = batch.header.sequence;
    // Where the projection has not come to yet, missing rows are no difference.
    if (!is_comparing() || batch_ > position_.sequence) return;
    // The text is in every row of the batch, and often the same as in the batch before.
    if (time_.empty() || time_us_ != batch.header.time_us) time_ = tuma::text(batch.header.time());
    time_us_ = batch.header.time_us;
    guarded([&] {
        compare_row(tables_->batches, batch_columns, batch_,
                    BatchRow{batch.header, time_, hex(batch.hash), hex(batch.header.previous)});
    });
}

void ProjectionCheck::see(const Event& event) {
    if (!is_comparing() || batch_ > position_.sequence) return;
    guarded([&] {
        if (const auto* record = std::get_if<TransferRecord>(&event)) {
            // First, because it begins the set whose number the transfer's row names.
            compare_payment(*record);
            compare(*record);
        }
        if (const auto* opened = std::get_if<AccountOpened>(&event)) compare(*opened);
        if (const auto* loaded = std::get_if<SchemeLoaded>(&event)) compare(*loaded);
        if (const auto* closed = std::get_if<SettlementClosed>(&event)) compare(*closed);
        if (const auto* opened = std::get_if<OrderOpened>(&event)) compare(*opened);
        if (const auto* moved = std::get_if<NoticeMoved>(&event)) compare(*moved);
        if (const auto* stored = std::get_if<ProfileStored>(&event))
            // A profile's row shows the last time it was stored, so that it can be compared only at
            // the end.
            profiles_stored_at_[stored->name] = time_;
    });
}

void ProjectionCheck::compare_payment(const TransferRecord& record) {
    if (!record.is_continuation()) {
        // The payment of the set before has all its legs once another set begins.
        compare_begun();
        set_id_ = record.id.value;
    }
    // What ends a reservation or moves money back changes columns that are compared at the end.
    if (!begins_payment(record)) return;
    if (begun_) {
        begun_->legs += 1;
        begun_->total += record.amount;
        return;
    }
    // A charge that moves with the end of a reservation begins nothing.
    if (record.is_continuation()) return;
    begun_.emplace();
    begun_->id = record.id.value;
    begun_->amount = begun_->total = record.amount;
    begun_->legs = 1;
    begun_->debit = record.debit;
    begun_->credit = record.credit;
    begun_->currency = record.currency;
    begun_->created_at = time_;
}

void ProjectionCheck::compare_begun() {
    if (!begun_) return;
    const PaymentRow begun = *std::exchange(begun_, std::nullopt);
    compare_row(tables_->payments, payment_columns, begun.id, begun);
}

std::uint64_t ProjectionCheck::payment_of(const TransferRecord& record) {
    // A reservation's number is that of its payment, so what ends one names the payment.
    std::uint64_t payment = record.subject.value;
    if (begins_payment(record)) payment = record.is_continuation() ? set_payment_ : set_id_;
    if (record.kind == TransferKind::reversed) {
        // The original's row comes earlier and was compared then.
        tables_->payment_of.bind(1, record.subject.value);
        if (tables_->payment_of.step())
            payment = static_cast<std::uint64_t>(tables_->payment_of.number(0));
        tables_->payment_of.reset();
    }
    // Later legs of the set belong to this payment, charges of a settlement among them.
    if (!record.is_continuation()) set_payment_ = payment;
    return payment;
}

void ProjectionCheck::compare(const TransferRecord& record) {
    const std::string due = record.due_at == 0          ? std::string{}
                            : record.due_at == time_us_ ? time_
                                                        : tuma::text(record.due());
    compare_row(tables_->transfers, transfer_columns, record.id.value,
                TransferRow{record, now(), payment_of(record), set_id_, due,
                            reference_text(record.reference)});
}

void ProjectionCheck::compare(const AccountOpened& record) {
    // Replay has refused accounts under a scheme that was never loaded, so that its name is there.
    const std::size_t scheme = record.scheme.value;
    const std::string_view name = scheme == 0 ? std::string_view{} : scheme_names_.at(scheme - 1);
    compare_row(tables_->openings, account_columns, record.id.value,
                AccountRow{record, time_, name});
}

void ProjectionCheck::compare(const SchemeLoaded& record) {
    const SchemeHead& head = record.head;
    if (head.id.value > scheme_names_.size()) scheme_names_.resize(head.id.value);
    scheme_names_[head.id.value - 1U] = text(head.name);
    // The table counts its rows itself: the key is the place among the records of this kind.
    compare_row(tables_->schemes, scheme_columns, ++loadings_, scheme_row(record, now()));
}

void ProjectionCheck::compare(const SettlementClosed& record) {
    compare_row(tables_->settlements, settlement_columns, ++settlements_,
                settlement_row(record, now()));
}

void ProjectionCheck::compare(const OrderOpened& record) {
    compare_row(tables_->orders, order_columns, record.terms.id.value, order_row(record, time_));
}

void ProjectionCheck::compare(const NoticeMoved& record) {
    compare_row(tables_->notices, notice_columns, ++notice_steps_, notice_row(record, time_));
}

void ProjectionCheck::end(const State& state) {
    // Columns that move show one moment only: that after the last batch that was projected.
    if (!is_comparing() || state.position.sequence != position_.sequence) return;
    guarded([&] {
        if (position_.hash != hex(state.position.hash))
            differs("table meta", fmt::format("hash is {} and should be {}", position_.hash,
                                              hex(state.position.hash)));
        // No later set ends the last payment.
        compare_begun();
        compare_accounts(state.books);
        compare_orders(state.orders);
        compare_profiles(state.profiles);
        compare_currencies();
        compare_ended_payments();
        compare_rest();
    });
}

// What later records change; the rest was compared on the way, and so were rows too few or too
// many.
void ProjectionCheck::compare_accounts(const Books& books) {
    SqlStatement rows(tables_->database,
                      "SELECT id, state, debits_pending, debits_posted, credits_pending, "
                      "credits_posted, balance FROM account ORDER BY id");
    while (rows.step()) {
        const AccountId id{static_cast<std::uint32_t>(rows.number(0))};
        const Account* account = books.find(id);
        // A row too many, which the walk over the accounts' openings reports.
        if (account == nullptr) continue;
        Differences found;
        found.column("state", rows.text(1), name(account->state));
        found.number("debits_pending", rows.number(2), account->debits_pending);
        found.number("debits_posted", rows.number(3), account->debits_posted);
        found.number("credits_pending", rows.number(4), account->credits_pending);
        found.number("credits_posted", rows.number(5), account->credits_posted);
        found.number("balance", rows.number(6), balance(*account));
        if (!found.text().empty())
            differs(fmt::format("table account, row {}", id.value), found.text());
    }
}

void ProjectionCheck::compare_orders(const Orders& orders) {
    SqlStatement rows(tables_->database, select_sql(order_columns, true));
    while (rows.step()) {
        const OrderId id{static_cast<std::uint64_t>(rows.number(0))};
        const auto order = orders.find(id);
        // Old ones have left the state.
        if (order == nullptr) continue;
        const std::string moved_at = tuma::text(order->moved_at);
        compare_found(rows, order_columns, true, id.value,
                      OrderRow{.id = id,
                               .state = order->state,
                               .code = order->code,
                               .refusal = order->refusal,
                               .debit = order->debit,
                               .transfer = order->transfer,
                               .moved_at = moved_at});
    }
}

void ProjectionCheck::compare_profiles(const Profiles& profiles) {
    auto missing = profiles.all();
    SqlStatement rows(tables_->database, select_sql(profile_columns, false));
    while (rows.step()) {
        const auto profile = missing.find(rows.text(0));
        if (profile == missing.end()) {
            differs(fmt::format("table profile, row {}", rows.text(0)),
                    "has nothing in the journal");
            continue;
        }
        compare_found(
            rows, profile_columns, false, profile->first,
            profile_row(profile->first, profile->second, profiles_stored_at_[profile->first]));
        missing.erase(profile);
    }
    for (const auto& [name, content] : missing)
        differs(fmt::format("table profile, row {}", name), "is missing");
}

// What turns minor units into text, for people.
void ProjectionCheck::compare_currencies() {
    std::map<std::string, CurrencyRow, std::less<>> missing;
    for (const CurrencyRow& currency : currency_table())
        missing.emplace(currency.alphabetic_code, currency);
    SqlStatement rows(tables_->database, select_sql(currency_columns, false));
    while (rows.step()) {
        const auto currency = missing.find(rows.text(0));
        if (currency == missing.end()) {
            differs(fmt::format("table currency, row {}", rows.text(0)), "is no currency");
            continue;
        }
        compare_found(rows, currency_columns, false, currency->first, currency->second);
        missing.erase(currency);
    }
    for (const auto& [letters, currency] : missing)
        differs(fmt::format("table currency, row {}", letters), "is missing");
}

// What becomes of a payment later, from the transfers that were compared already. Posted legs of a
// set that its payment did not begin are charges of a settlement.
void ProjectionCheck::compare_ended_payments() {
    // In SQL, because it takes all transfers of a payment together, and the walk keeps none of
    // them. It rests on the rows of transfers, which have been compared with their records by then.
    SqlStatement rows(
        tables_->database,
        "WITH later AS (SELECT payment, "
        "sum(iif(kind IN ('settled', 'posted'), amount, 0)) AS settled, "
        "sum(iif(kind = 'reversed', amount, 0)) AS reversed, "
        "max(iif(kind IN ('reversed', 'posted'), '', kind)) AS ending, max(time) AS time FROM "
        "transfer "
        "WHERE kind NOT IN ('posted', 'reserved') OR (kind = 'posted' AND set_id <> payment) "
        "GROUP BY payment), "
        "should AS (SELECT p.id, p.state, p.settled_amount, p.reversed_amount, p.updated_at, "
        "ifnull(settled, 0) AS settled, ifnull(reversed, 0) AS reversed, "
        "ifnull(later.time, p.created_at) AS time, "
        "CASE WHEN reversed > 0 THEN iif(reversed = iif(settled > 0, settled, total), 'reversed', "
        "'partly_reversed') WHEN ending <> '' THEN ending ELSE (SELECT kind FROM transfer WHERE "
        "id = p.id) END AS should_state FROM payment p LEFT JOIN later ON later.payment = p.id) "
        "SELECT id, state, settled_amount, reversed_amount, updated_at, should_state, settled, "
        "reversed, time FROM should WHERE state <> should_state OR settled_amount <> settled OR "
        "reversed_amount <> reversed OR updated_at <> time ORDER BY id");
    while (rows.step()) {
        Differences found;
        found.column("state", rows.text(1), rows.text(5));
        found.number("settled_amount", rows.number(2), rows.number(6));
        found.number("reversed_amount", rows.number(3), rows.number(7));
        found.column("updated_at", rows.text(4), rows.text(8));
        differs(fmt::format("table payment, row {}", rows.number(0)), found.text());
    }
}

// Rows behind the last one that the journal accounts for.
void ProjectionCheck::compare_rest() {
    for (Cursor* cursor :
         {&tables_->batches, &tables_->transfers, &tables_->payments, &tables_->openings,
          &tables_->schemes, &tables_->settlements, &tables_->orders, &tables_->notices}) {
        while (!cursor->is_done && (cursor->has_row || cursor->rows.step())) {
            surplus(*cursor);
            cursor->has_row = false;
        }
        // A statement that is stepped past its end would start over.
        cursor->is_done = true;
    }
}

void ProjectionCheck::finish() {
    if (!is_comparing()) return;
    // Only a projection that is ahead of the journal is wrong. One that is behind is brought up to
    // date by whoever next has the time.
    const std::uint64_t replayed = report_.figures.replayed_sequence;
    if (position_.sequence > report_.figures.last_sequence)
        differs("projection.sqlite",
                fmt::format("has come to batch {}, but the journal ends at "
                            "batch {}: the journal has lost its end",
                            position_.sequence, report_.figures.last_sequence));
    else if (position_.sequence > replayed)
        report_.notes.push_back(
            fmt::format("the projection was compared up to batch {} only: replay did not get "
                        "further",
                        replayed));
    else if (position_.sequence < replayed)
        report_.notes.push_back(fmt::format(
            "the projection has come to batch {} of {}; \"tuma project\" brings it up to date",
            position_.sequence, replayed));
}

}  // namespace tuma::ledger
