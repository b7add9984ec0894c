#include "ledger/projection/projection_rows.h"

#include <fmt/format.h>

#include <algorithm>

namespace tuma::ledger {
namespace {

PaymentEvent ending(TransferKind kind) {
    if (kind == TransferKind::settled) return PaymentEvent::settle;
    return kind == TransferKind::released ? PaymentEvent::release : PaymentEvent::expire;
}

}  // namespace

ProjectionRows::ProjectionRows(SqlDatabase& database)
    : database_(database),
      insert_batch_(database, insert_sql(batch_columns)),
      insert_transfer_(database, insert_sql(transfer_columns)),
      insert_account_(database, insert_sql(account_columns)),
      insert_scheme_(database, insert_sql(scheme_columns)),
      insert_settlement_(database, insert_sql(settlement_columns)),
      put_profile_(database, insert_sql(profile_columns, "INSERT OR REPLACE")),
      remove_profile_(database, "DELETE FROM profile WHERE name = ?1"),
      insert_order_(database, insert_sql(order_columns)),
      update_order_(database, update_sql(order_columns)),
      insert_notice_(database, insert_sql(notice_columns)),
      insert_payment_(database, insert_sql(payment_columns)),
      update_payment_(database, update_sql(payment_columns)),
      update_sums_(database,
                   "UPDATE account SET debits_pending = debits_pending + ?2, debits_posted = "
                   "debits_posted + ?3, credits_pending = credits_pending + ?4, credits_posted = "
                   "credits_posted + ?5 WHERE id = ?1"),
      update_state_(database, "UPDATE account SET state = ?2 WHERE id = ?1"),
      select_payment_(database,
                      "SELECT state, amount, legs, total, settled_amount, reversed_amount, debit, "
                      "credit FROM payment WHERE id = ?1"),
      select_payment_of_(database, "SELECT payment FROM transfer WHERE id = ?1"),
      select_scheme_(database, "SELECT name FROM scheme WHERE id = ?1") {}

void ProjectionRows::contradiction(const TransferRecord& record, std::string_view what) const {
    // A journal that replays cannot get here, so the rows are wrong or the journal is. The audit
    // tells which.
    throw StoreError(
        fmt::format("{}: transfer {} does not fit the rows before it: {}; run \"tuma "
                    "audit\", or delete the file and run \"tuma project\"",
                    database_.path().string(), record.id.value, what));
}

void ProjectionRows::add_batch(const BatchView& batch) {
    batch_ = batch.header.sequence;
    // Making the text is dear beside an insert, and batches share their moments.
    if (time_us_ != batch.header.time_us || time_.empty()) time_ = tuma::text(batch.header.time());
    time_us_ = batch.header.time_us;
    insert_row(insert_batch_, batch_columns,
               BatchRow{batch.header, time_, hex(batch.hash), hex(batch.header.previous)});
}

std::string ProjectionRows::scheme_name(SchemeId id) {
    if (!id) return {};
    select_scheme_.bind(1, std::uint32_t{id.value});
    std::string found(select_scheme_.step() ? select_scheme_.text(0) : std::string_view{});
    // Left on its row it would keep a read open beyond the commit.
    select_scheme_.reset();
    return found;
}

void ProjectionRows::add(const AccountOpened& record) {
    const std::string scheme = scheme_name(record.scheme);
    insert_row(insert_account_, account_columns, AccountRow{record, time_, scheme});
}

void ProjectionRows::add(const AccountChanged& record) {
    // Unfreezing opens again. Closing is for ever, and the books have refused whatever follows it.
    AccountState state = AccountState::open;
    if (record.change == AccountChange::freeze) state = AccountState::frozen;
    if (record.change == AccountChange::close) state = AccountState::closed;
    update_state_.bind(1, record.id.value);
    update_state_.bind(2, name(state));
    update_state_.run();
}

void ProjectionRows::add(const SchemeLoaded& record) {
    insert_row(insert_scheme_, scheme_columns, scheme_row(record, now()));
}

void ProjectionRows::add(const SettlementClosed& record) {
    insert_row(insert_settlement_, settlement_columns, settlement_row(record, now()));
}

void ProjectionRows::add(const ProfileStored& record) {
    // No content takes the profile away, as in the records.
    if (!record.content.empty())
        return insert_row(put_profile_, profile_columns,
                          profile_row(record.name, record.content, time_));
    remove_profile_.bind(1, std::string_view{record.name});
    remove_profile_.run();
}

void ProjectionRows::add(const OrderOpened& record) {
    insert_row(insert_order_, order_columns, order_row(record, time_));
}

void ProjectionRows::add(const OrderMoved& record) {
    update_row(update_order_, order_columns, order_row(record.head, time_));
}

void ProjectionRows::add(const NoticeMoved& record) {
    insert_row(insert_notice_, notice_columns, notice_row(record, time_));
}

void ProjectionRows::add(const TransferRecord& record) {
    if (!record.is_continuation()) set_id_ = record.id.value;
    // The payment before the row, which names it, and before what later legs of the set belong to.
    const auto [payment, ended] = add_payment(record);
    if (!record.is_continuation()) set_payment_ = payment;
    add_row(record, payment);
    add_sums(record, record.kind == TransferKind::reserved ? record.amount : -ended);
}

std::string_view ProjectionRows::due_text(const TransferRecord& record) {
    if (record.due_at == time_us_) return time_;
    // Sales of a day fall due together, so that the text before mostly serves.
    if (record.due_at != due_us_ || due_.empty()) due_ = tuma::text(record.due());
    due_us_ = record.due_at;
    return due_;
}

void ProjectionRows::add_row(const TransferRecord& record, std::uint64_t payment) {
    const std::string_view due = record.due_at == 0 ? std::string_view{} : due_text(record);
    insert_row(insert_transfer_, transfer_columns,
               TransferRow{record, now(), payment, set_id_, due, reference_text(record.reference)});
}

void ProjectionRows::add_sums(const TransferRecord& record, std::int64_t pending) {
    const std::int64_t posted = posts_money(record.kind) ? record.amount : 0;
    // Busy accounts are in most transfers: one update for each commit instead of two for each
    // transfer.
    Delta& debit = sums_[record.debit.value];
    debit.debits_pending += pending;
    debit.debits_posted += posted;
    Delta& credit = sums_[record.credit.value];
    credit.credits_pending += pending;
    credit.credits_posted += posted;
}

std::pair<std::uint64_t, std::int64_t> ProjectionRows::add_payment(const TransferRecord& record) {
    switch (record.kind) {
        case TransferKind::posted:
            // The set began with the end of a reservation, so that what is posted in it is a charge
            // of that payment and begins none of its own.
            if (record.is_continuation() && set_payment_ != set_id_) {
                add_charge(record);
                return {set_payment_, 0};
            }
            begin_payment(record, PaymentEvent::post);
            return {set_id_, 0};
        case TransferKind::reserved:
            begin_payment(record, PaymentEvent::reserve);
            return {record.id.value, 0};
        case TransferKind::settled:
        case TransferKind::released:
        case TransferKind::expired: {
            PaymentRow& ended = payment(record.subject.value, record);
            change_state(ended, ending(record.kind), record);
            // Set and not added to: a reservation ends with its first settlement.
            if (record.kind == TransferKind::settled) ended.settled_amount = record.amount;
            // Nothing of it stays pending, also where only a part was settled.
            return {ended.id, ended.total};
        }
        case TransferKind::reversed: {
            // The original may be any leg of its set, so that its payment has to be looked up.
            PaymentRow& original = payment(payment_of(record.subject, record), record);
            reverse_payment(original, record);
            return {original.id, 0};
        }
    }
    unreachable("a transfer kind outside the enumeration");
}

void ProjectionRows::add_charge(const TransferRecord& record) {
    PaymentRow& row = payment(set_payment_, record);
    row.settled_amount += record.amount;
    row.updated_at = time_;
}

void ProjectionRows::begin_payment(const TransferRecord& record, PaymentEvent event) {
    // A leg of the payment that begins with this set. Legs come one after the other, so that it is
    // the last.
    if (record.is_continuation() && !begun_.empty() && begun_.back().id == set_id_) {
        begun_.back().legs += 1;
        begun_.back().total += record.amount;
        return;
    }
    PaymentRow& begun = begun_.emplace_back();
    begun.id = record.id.value;
    change_state(begun, event, record);
    begun.amount = record.amount;
    begun.legs = 1;
    begun.total = record.amount;
    begun.debit = record.debit;
    begun.credit = record.credit;
    begun.currency = record.currency;
    begun.created_at = time_;
}

void ProjectionRows::reverse_payment(PaymentRow& payment, const TransferRecord& record) {
    // Of a reservation what was settled has moved, not what was reserved.
    const std::int64_t moved = payment.settled_amount != 0 ? payment.settled_amount : payment.total;
    const std::int64_t reversed = payment.reversed_amount + record.amount;
    if (reversed > moved) contradiction(record, "more is moved back than was moved");
    payment.reversed_amount = reversed;
    change_state(payment,
                 reversed == moved ? PaymentEvent::reverse_all : PaymentEvent::reverse_part,
                 record);
}

void ProjectionRows::change_state(PaymentRow& payment, PaymentEvent event,
                                  const TransferRecord& record) {
    const auto next = move(payment.state, event);
    if (!next)
        contradiction(record, fmt::format("payment {} is {} and cannot {}", payment.id,
                                          name(payment.state), name(event)));
    payment.state = *next;
    payment.updated_at = time_;
}

PaymentRow& ProjectionRows::payment(std::uint64_t id, const TransferRecord& record) {
    // Three places, the newest first: payments of this transaction are not in the table yet.
    const auto begun =
        std::lower_bound(begun_.begin(), begun_.end(), id,
                         [](const PaymentRow& a, std::uint64_t b) { return a.id < b; });
    if (begun != begun_.end() && begun->id == id) return *begun;
    const auto changed = changed_.find(id);
    if (changed != changed_.end()) return changed->second;

    select_payment_.bind(1, id);
    if (!select_payment_.step()) contradiction(record, fmt::format("there is no payment {}", id));
    // The currency and the time of its beginning are not read: an update writes what moves, and
    // nothing else.
    PaymentRow row;
    row.id = id;
    row.state = parse_payment_state(select_payment_.text(0)).value_or(PaymentState::none);
    row.amount = select_payment_.number(1);
    row.legs = select_payment_.number(2);
    row.total = select_payment_.number(3);
    row.settled_amount = select_payment_.number(4);
    row.reversed_amount = select_payment_.number(5);
    row.debit = AccountId{static_cast<std::uint32_t>(select_payment_.number(6))};
    row.credit = AccountId{static_cast<std::uint32_t>(select_payment_.number(7))};
    select_payment_.reset();
    return changed_.emplace(id, std::move(row)).first->second;
}

std::uint64_t ProjectionRows::payment_of(TransferId transfer, const TransferRecord& record) {
    select_payment_of_.bind(1, transfer.value);
    if (!select_payment_of_.step())
        contradiction(record, fmt::format("there is no transfer {}", transfer.value));
    const auto payment = static_cast<std::uint64_t>(select_payment_of_.number(0));
    select_payment_of_.reset();
    return payment;
}

void ProjectionRows::flush() {
    flush_payments();
    flush_sums();
}

void ProjectionRows::flush_payments() {
    // Payments that begin and end within one transaction are written once, as they are now.
    for (const PaymentRow& row : begun_) insert_row(insert_payment_, payment_columns, row);
    begun_.clear();
    for (const auto& [id, row] : changed_) update_row(update_payment_, payment_columns, row);
    changed_.clear();
}

void ProjectionRows::flush_sums() {
    std::vector<std::uint32_t> accounts;
    accounts.reserve(sums_.size());
    for (const auto& [account, delta] : sums_) accounts.push_back(account);
    // In the order of the table, so that each page is visited once.
    std::sort(accounts.begin(), accounts.end());
    for (const std::uint32_t account : accounts) {
        const Delta& delta = sums_[account];
        update_sums_.bind(1, account);
        update_sums_.bind(2, delta.debits_pending);
        update_sums_.bind(3, delta.debits_posted);
        update_sums_.bind(4, delta.credits_pending);
        update_sums_.bind(5, delta.credits_posted);
        update_sums_.run();
    }
    sums_.clear();
}

}  // namespace tuma::ledger
