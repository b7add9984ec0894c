#include "ledger/projection_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace tuma::ledger {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";

std::array<char, 32> hex_text(const Reference& reference) {
    std::array<char, 32> characters{};
    for (std::size_t i = 0; i < reference.size(); ++i) {
        const auto value = std::to_integer<unsigned>(reference[i]);
        characters[2 * i] = hex_digits[value >> 4U];
        characters[2 * i + 1] = hex_digits[value & 0xFU];
    }
    return characters;
}

std::int64_t number(TransferId id) {
    return static_cast<std::int64_t>(id.value);
}

PaymentEvent ending(TransferKind kind) {
    if (kind == TransferKind::settled) return PaymentEvent::settle;
    return kind == TransferKind::released ? PaymentEvent::release : PaymentEvent::expire;
}

}  // namespace

ProjectionRows::ProjectionRows(SqlDatabase& database)
    : database_(database),
      insert_batch_(database, "INSERT INTO batch VALUES(?, ?, ?, ?, ?, ?)"),
      insert_transfer_(database,
                       "INSERT INTO transfer VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
                       "?12, ?13, ?14, ?15, ?16, ?17, ?18)"),
      insert_account_(database,
                      "INSERT INTO account(id, identity, kind, currency, normal_side, owner, "
                      "state, floor, ceiling, opened_at, scheme, account_class, payout) "
                      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
                      "(SELECT name FROM scheme WHERE id = ?11), ?12, ?13)"),
      // The number of the row is the next one.
      insert_scheme_(database, "INSERT INTO scheme VALUES(NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      insert_settlement_(database,
                         "INSERT INTO settlement VALUES(NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                         "?, ?, ?, ?, ?, ?, ?)"),
      put_profile_(database, "INSERT OR REPLACE INTO profile VALUES(?, ?, ?, ?)"),
      remove_profile_(database, "DELETE FROM profile WHERE name = ?1"),
      insert_order_(database,
                    "INSERT INTO payment_order VALUES(?1, ?2, ?3, ?11, 0, NULL, "
                    "?4, ?5, ?6, ?7, ?8, NULL, ?9, ?9, ?10)"),
      update_order_(database,
                    "UPDATE payment_order SET state = ?2, code = ?3, refusal = ?4, debit = ?5, "
                    "transfer = ?6, moved_at = ?7 WHERE id = ?1"),
      insert_notice_(database, "INSERT INTO notice_step VALUES(NULL, ?, ?, ?, ?, ?, ?, ?, ?)"),
      insert_payment_(database,
                      "INSERT INTO payment VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
                      "?12)"),
      update_payment_(database,
                      "UPDATE payment SET state = ?2, settled_amount = ?3, reversed_amount = ?4, "
                      "updated_at = ?5 WHERE id = ?1"),
      update_sums_(database,
                   "UPDATE account SET debits_pending = debits_pending + ?2, debits_posted = "
                   "debits_posted + ?3, credits_pending = credits_pending + ?4, credits_posted = "
                   "credits_posted + ?5 WHERE id = ?1"),
      update_state_(database, "UPDATE account SET state = ?2 WHERE id = ?1"),
      select_payment_(database,
                      "SELECT state, amount, legs, total, settled_amount, reversed_amount, debit, "
                      "credit FROM payment WHERE id = ?1"),
      select_payment_of_(database, "SELECT payment FROM transfer WHERE id = ?1") {}

void ProjectionRows::contradiction(const TransferRecord& record, std::string_view what) const {
    throw StoreError(
        fmt::format("{}: transfer {} does not fit the rows before it: {}; run \"tuma "
                    "audit\", or delete the file and run \"tuma project\"",
                    database_.path().string(), record.id.value, what));
}

void ProjectionRows::add(const TransferRecord& record) {
    if (!record.is_continuation()) set_id_ = number(record.id);
    const auto [payment, ended] = add_payment(record);
    if (!record.is_continuation()) set_payment_ = payment;
    add_row(record, payment);
    add_sums(record, record.kind == TransferKind::reserved ? record.amount : -ended);
}

std::string_view ProjectionRows::due_text(const TransferRecord& record) {
    if (record.due_at == time_us_) return time_;
    if (record.due_at != due_us_ || due_.empty()) due_ = tuma::text(record.due());
    due_us_ = record.due_at;
    return due_;
}

void ProjectionRows::add_row(const TransferRecord& record, std::int64_t payment) {
    const std::array<char, 32> reference = hex_text(record.reference);
    SqlStatement& insert = insert_transfer_;
    insert.bind(1, record.id.value);
    insert.bind(2, batch_);
    insert.bind(3, std::string_view{time_});
    insert.bind(4, name(record.kind));
    insert.bind(5, name(record.purpose));
    insert.bind(6, record.debit.value);
    insert.bind(7, record.credit.value);
    insert.bind(8, record.amount);
    insert.bind(9, letters(record.currency));
    insert.bind(10, record.debit_balance_after);
    insert.bind(11, record.credit_balance_after);
    if (record.due_at == 0)
        insert.bind_null(12);
    else
        insert.bind(12, due_text(record));
    insert.bind(13, payment);
    insert.bind(14, set_id_);
    if (record.subject)
        insert.bind(15, record.subject.value);
    else
        insert.bind_null(15);
    insert.bind(16, record.participant.value);
    if (record.key())
        insert.bind(17, std::string_view{reference.data(), reference.size()});
    else
        insert.bind_null(17);
    insert.bind(18, record.memo);
    insert.run();
}

void ProjectionRows::add_sums(const TransferRecord& record, std::int64_t pending) {
    const std::int64_t posted = posts_money(record.kind) ? record.amount : 0;
    Delta& debit = sums_[record.debit.value];
    debit.debits_pending += pending;
    debit.debits_posted += posted;
    Delta& credit = sums_[record.credit.value];
    credit.credits_pending += pending;
    credit.credits_posted += posted;
}

std::pair<std::int64_t, std::int64_t> ProjectionRows::add_payment(const TransferRecord& record) {
    switch (record.kind) {
        case TransferKind::posted:
            if (record.is_continuation() && set_payment_ != set_id_) {
                add_charge(record);
                return {set_payment_, 0};
            }
            begin_payment(record, PaymentEvent::post);
            return {set_id_, 0};
        case TransferKind::reserved:
            begin_payment(record, PaymentEvent::reserve);
            return {number(record.id), 0};
        case TransferKind::settled:
        case TransferKind::released:
        case TransferKind::expired: {
            PaymentRow& ended = payment(number(record.subject), record);
            change_state(ended, ending(record.kind), record);
            if (record.kind == TransferKind::settled) ended.settled_amount = record.amount;
            return {ended.id, ended.total};
        }
        case TransferKind::reversed: {
            PaymentRow& original = payment(payment_of(number(record.subject), record), record);
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
    if (record.is_continuation() && !begun_.empty() && begun_.back().id == set_id_) {
        begun_.back().legs += 1;
        begun_.back().total += record.amount;
        return;
    }
    PaymentRow& begun = begun_.emplace_back();
    begun.id = number(record.id);
    change_state(begun, event, record);
    begun.amount = record.amount;
    begun.legs = 1;
    begun.total = record.amount;
    begun.debit = record.debit.value;
    begun.credit = record.credit.value;
    begun.currency = record.currency;
    begun_at_.push_back(time_);
}

void ProjectionRows::reverse_payment(PaymentRow& payment, const TransferRecord& record) {
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

PaymentRow& ProjectionRows::payment(std::int64_t id, const TransferRecord& record) {
    const auto begun =
        std::lower_bound(begun_.begin(), begun_.end(), id,
                         [](const PaymentRow& a, std::int64_t b) { return a.id < b; });
    if (begun != begun_.end() && begun->id == id) return *begun;
    const auto changed = changed_.find(id);
    if (changed != changed_.end()) return changed->second;

    select_payment_.bind(1, id);
    if (!select_payment_.step()) contradiction(record, fmt::format("there is no payment {}", id));
    PaymentRow row;
    row.id = id;
    row.state = parse_payment_state(select_payment_.text(0)).value_or(PaymentState::none);
    row.amount = select_payment_.number(1);
    row.legs = select_payment_.number(2);
    row.total = select_payment_.number(3);
    row.settled_amount = select_payment_.number(4);
    row.reversed_amount = select_payment_.number(5);
    row.debit = select_payment_.number(6);
    row.credit = select_payment_.number(7);
    select_payment_.reset();
    return changed_.emplace(id, std::move(row)).first->second;
}

std::int64_t ProjectionRows::payment_of(std::int64_t transfer, const TransferRecord& record) {
    select_payment_of_.bind(1, transfer);
    if (!select_payment_of_.step())
        contradiction(record, fmt::format("there is no transfer {}", transfer));
    const std::int64_t payment = select_payment_of_.number(0);
    select_payment_of_.reset();
    return payment;
}

void ProjectionRows::flush() {
    flush_payments();
    flush_sums();
}

void ProjectionRows::flush_payments() {
    for (std::size_t i = 0; i < begun_.size(); ++i) {
        const PaymentRow& row = begun_[i];
        SqlStatement& insert = insert_payment_;
        insert.bind(1, row.id);
        insert.bind(2, name(row.state));
        insert.bind(3, row.amount);
        insert.bind(4, row.legs);
        insert.bind(5, row.total);
        insert.bind(6, row.settled_amount);
        insert.bind(7, row.reversed_amount);
        insert.bind(8, row.debit);
        insert.bind(9, row.credit);
        insert.bind(10, letters(row.currency));
        insert.bind(11, std::string_view{begun_at_[i]});
        insert.bind(12, std::string_view{row.updated_at});
        insert.run();
    }
    begun_.clear();
    begun_at_.clear();
    for (const auto& [id, row] : changed_) {
        update_payment_.bind(1, id);
        update_payment_.bind(2, name(row.state));
        update_payment_.bind(3, row.settled_amount);
        update_payment_.bind(4, row.reversed_amount);
        update_payment_.bind(5, std::string_view{row.updated_at});
        update_payment_.run();
    }
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
