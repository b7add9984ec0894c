#include "ledger/audit_projection.h"

#include "ledger/audit_projection_tables.h"

namespace tuma::ledger {

namespace {

std::int64_t number(std::uint64_t value) {
    return static_cast<std::int64_t>(value);
}

bool begins_payment(const TransferRecord& record) {
    return record.kind == TransferKind::posted || record.kind == TransferKind::reserved;
}

}  // namespace

ProjectionCheck::ProjectionCheck(const std::filesystem::path& directory, AuditReport& report)
    : report_(report) {
    const auto path = projection_path(directory);
    if (directory.empty() || !std::filesystem::exists(path)) {
        report_.notes.emplace_back("there is no projection to compare");
        return;
    }
    guarded([&] {
        {
            SqlDatabase database(path, SqlAccess::read_only);
            const std::int64_t version = database.number("PRAGMA user_version");
            if (version != projection_schema_version) {
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
    while (!cursor.is_done) {
        if (!cursor.has_row) {
            cursor.has_row = cursor.rows.step();
            cursor.is_done = !cursor.has_row;
            continue;
        }
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

void ProjectionCheck::begin(const BatchView& batch) {
    batch_ = batch.header.sequence;
    if (!is_comparing() || batch_ > position_.sequence) return;
    if (time_.empty() || time_us_ != batch.header.time_us) time_ = tuma::text(batch.header.time());
    time_us_ = batch.header.time_us;
    guarded([&] {
        if (!find_row(tables_->batches, batch_)) return;
        SqlStatement& rows = tables_->batches.rows;
        Differences found;
        found.column("time", rows.text(1), std::string_view{time_});
        found.number("events", rows.number(2), batch.header.event_count);
        found.number("bytes", rows.number(3),
                     number(batch.header.body_bytes + batch_overhead_bytes));
        found.column("hash", rows.text(4), std::string_view{hex(batch.hash)});
        found.column("previous_hash", rows.text(5), std::string_view{hex(batch.header.previous)});
        if (!found.text().empty())
            differs(fmt::format("table batch, row {}", batch_), found.text());
    });
}

void ProjectionCheck::see(const Event& event) {
    if (!is_comparing() || batch_ > position_.sequence) return;
    guarded([&] {
        if (const auto* record = std::get_if<TransferRecord>(&event)) {
            compare_payment(*record);
            compare(*record);
        }
        if (const auto* opened = std::get_if<AccountOpened>(&event)) compare(*opened);
        if (const auto* loaded = std::get_if<SchemeLoaded>(&event)) compare(*loaded);
        if (const auto* closed = std::get_if<SettlementClosed>(&event)) compare(*closed);
        if (const auto* opened = std::get_if<OrderOpened>(&event)) compare(*opened);
        if (const auto* moved = std::get_if<NoticeMoved>(&event)) compare(*moved);
        if (const auto* stored = std::get_if<ProfileStored>(&event))
            profiles_stored_at_[stored->name] = time_;
    });
}

void ProjectionCheck::compare_payment(const TransferRecord& record) {
    if (!record.is_continuation()) {
        compare_begun();
        set_id_ = record.id.value;
    }
    if (!begins_payment(record)) return;
    if (begun_) {
        begun_->legs += 1;
        begun_->total += record.amount;
        return;
    }
    // A charge that moves with the end of a reservation begins nothing.
    if (record.is_continuation()) return;
    begun_ = Begun{record.id.value, record.amount, 1, record.amount, record, time_};
}

void ProjectionCheck::compare_begun() {
    if (!begun_) return;
    const Begun begun = *std::exchange(begun_, std::nullopt);
    if (!find_row(tables_->payments, begun.id)) return;
    SqlStatement& rows = tables_->payments.rows;
    Differences found;
    found.number("amount", rows.number(1), begun.amount);
    found.number("legs", rows.number(2), begun.legs);
    found.number("total", rows.number(3), begun.total);
    found.number("debit", rows.number(4), begun.first.debit.value);
    found.number("credit", rows.number(5), begun.first.credit.value);
    found.column("currency", rows.text(6), letters(begun.first.currency));
    found.column("created_at", rows.text(7), std::string_view{begun.time});
    if (!found.text().empty())
        differs(fmt::format("table payment, row {}", begun.id), found.text());
}

std::uint64_t ProjectionCheck::payment_of(const TransferRecord& record) {
    std::uint64_t payment = record.subject.value;
    if (begins_payment(record)) payment = record.is_continuation() ? set_payment_ : set_id_;
    if (record.kind == TransferKind::reversed) {
        // The original's row comes earlier and was compared then.
        tables_->payment_of.bind(1, record.subject.value);
        if (tables_->payment_of.step())
            payment = static_cast<std::uint64_t>(tables_->payment_of.number(0));
        tables_->payment_of.reset();
    }
    if (!record.is_continuation()) set_payment_ = payment;
    return payment;
}

void ProjectionCheck::compare(const TransferRecord& record) {
    const std::uint64_t payment = payment_of(record);
    if (!find_row(tables_->transfers, record.id.value)) return;
    SqlStatement& rows = tables_->transfers.rows;
    Differences found;
    found.number("batch", rows.number(1), number(batch_));
    found.number("debit", rows.number(2), record.debit.value);
    found.number("credit", rows.number(3), record.credit.value);
    found.number("amount", rows.number(4), record.amount);
    found.number("debit_balance_after", rows.number(5), record.debit_balance_after);
    found.number("credit_balance_after", rows.number(6), record.credit_balance_after);
    found.number("payment", rows.number(7), number(payment));
    found.number("set_id", rows.number(8), number(set_id_));
    found.number("subject", rows.number(9), number(record.subject.value));
    found.number("participant", rows.number(10), record.participant.value);
    found.number("memo", rows.number(11), number(record.memo));
    found.column("kind", rows.text(12), name(record.kind));
    found.column("purpose", rows.text(13), name(record.purpose));
    found.column("currency", rows.text(14), letters(record.currency));
    found.column("time", rows.text(15), std::string_view{time_});
    const std::string due = record.due_at == 0          ? std::string{}
                            : record.due_at == time_us_ ? time_
                                                        : tuma::text(record.due());
    found.column("due_at", rows.text(16), std::string_view{due});
    const std::string reference = record.key() ? hex(record.reference) : std::string{};
    found.column("reference", rows.text(17), std::string_view{reference});
    if (!found.text().empty())
        differs(fmt::format("table transfer, row {}", record.id.value), found.text());
}

void ProjectionCheck::end(const State& state) {
    if (!is_comparing() || state.position.sequence != position_.sequence) return;
    guarded([&] {
        if (position_.hash != hex(state.position.hash))
            differs("table meta", fmt::format("hash is {} and should be {}", position_.hash,
                                              hex(state.position.hash)));
        compare_begun();
        compare_accounts(state.books);
        compare_orders(state.orders);
        compare_profiles(state.profiles);
        compare_currencies();
        compare_ended_payments();
        compare_rest();
    });
}

void ProjectionCheck::compare_accounts(const Books& books) {
    SqlStatement rows(tables_->database,
                      "SELECT id, identity, kind, currency, normal_side, state, floor, ceiling, "
                      "debits_pending, debits_posted, credits_pending, credits_posted, balance "
                      "FROM account ORDER BY id");
    while (rows.step()) {
        const AccountId id{static_cast<std::uint32_t>(rows.number(0))};
        const Account* account = books.find(id);
        // Missing and surplus rows were found on the way.
        if (account == nullptr) continue;
        const bool is_debit = row(account->kind).normal_side == Side::debit;
        Differences found;
        found.column("identity", rows.text(1), text(books.identity(id)));
        found.column("kind", rows.text(2), row(account->kind).name);
        found.column("currency", rows.text(3), letters(account->currency));
        found.column("normal_side", rows.text(4), std::string_view{is_debit ? "debit" : "credit"});
        found.column("state", rows.text(5), name(account->state));
        found.number("floor", rows.is_null(6) ? no_floor : rows.number(6), account->floor);
        found.number("ceiling", rows.is_null(7) ? no_ceiling : rows.number(7), account->ceiling);
        found.number("debits_pending", rows.number(8), account->debits_pending);
        found.number("debits_posted", rows.number(9), account->debits_posted);
        found.number("credits_pending", rows.number(10), account->credits_pending);
        found.number("credits_posted", rows.number(11), account->credits_posted);
        found.number("balance", rows.number(12), balance(*account));
        if (!found.text().empty())
            differs(fmt::format("table account, row {}", id.value), found.text());
    }
}

// What becomes of a payment later, from the transfers that were compared already. Posted legs of a
// set that its payment did not begin are charges of a settlement.
void ProjectionCheck::compare_ended_payments() {
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
