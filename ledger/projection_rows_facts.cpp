// Batches, accounts, schemes and settlements: one row a record, written at once.
#include "ledger/projection_rows.h"

namespace tuma::ledger {

void ProjectionRows::add_batch(const BatchView& batch) {
    batch_ = static_cast<std::int64_t>(batch.header.sequence);
    if (time_us_ != batch.header.time_us || time_.empty()) time_ = tuma::text(batch.header.time());
    time_us_ = batch.header.time_us;
    const std::string hash = hex(batch.hash);
    const std::string previous = hex(batch.header.previous);
    insert_batch_.bind(1, batch.header.sequence);
    insert_batch_.bind(2, std::string_view{time_});
    insert_batch_.bind(3, batch.header.event_count);
    insert_batch_.bind(4, std::uint64_t{batch.header.body_bytes + batch_overhead_bytes});
    insert_batch_.bind(5, std::string_view{hash});
    insert_batch_.bind(6, std::string_view{previous});
    insert_batch_.run();
}

void ProjectionRows::add(const AccountOpened& record) {
    insert_account_.bind(1, record.id.value);
    insert_account_.bind(2, text(record.identity));
    insert_account_.bind(3, row(record.kind).name);
    insert_account_.bind(4, letters(record.currency));
    insert_account_.bind(
        5, std::string_view{row(record.kind).normal_side == Side::debit ? "debit" : "credit"});
    insert_account_.bind(6, record.participant.value);
    insert_account_.bind(7, name(AccountState::open));
    insert_account_.bind_null(8);
    if (record.floor != no_floor) insert_account_.bind(8, record.floor);
    insert_account_.bind_null(9);
    if (record.ceiling != no_ceiling) insert_account_.bind(9, record.ceiling);
    insert_account_.bind(10, std::string_view{time_});
    for (const int parameter : {11, 12, 13}) insert_account_.bind_null(parameter);
    if (record.scheme) {
        insert_account_.bind(11, std::uint32_t{record.scheme.value});
        insert_account_.bind(12, std::uint32_t{record.account_class});
    }
    if (record.payout) insert_account_.bind(13, record.payout.value);
    insert_account_.run();
}

void ProjectionRows::add(const SchemeLoaded& record) {
    const std::string content_hash = hex(sha256(record.content));
    const std::string source_hash = hex(record.head.source_hash);
    insert_scheme_.bind(1, std::uint32_t{record.head.id.value});
    insert_scheme_.bind(2, text(record.head.name));
    insert_scheme_.bind(3, text(record.head.scheme_version));
    insert_scheme_.bind(4, letters(record.head.currency));
    insert_scheme_.bind(5, std::int64_t{record.zone_offset_minutes()});
    insert_scheme_.bind(6, std::uint64_t{record.content.size()});
    insert_scheme_.bind(7, std::string_view{content_hash});
    insert_scheme_.bind(8, std::string_view{source_hash});
    insert_scheme_.bind(9, std::string_view{time_});
    insert_scheme_.bind(10, batch_);
    insert_scheme_.run();
}

void ProjectionRows::add(const SettlementClosed& record) {
    const auto moment = [](std::int64_t us) {
        return us == 0 ? std::string{} : tuma::text(Timestamp{Duration{us}});
    };
    const std::string due = tuma::text(record.due());
    const std::string reserve_due = moment(record.reserve_due_at);
    const std::string next_due = moment(record.next_due_at);
    SqlStatement& insert = insert_settlement_;
    insert.bind(1, record.account.value);
    insert.bind(2, std::string_view{due});
    insert.bind(3, std::string_view{time_});
    insert.bind(4, batch_);
    insert.bind(5, record.sales);
    insert.bind(6, record.refunds);
    insert.bind(7, record.fees);
    insert.bind(8, record.adjustments);
    insert.bind(9, record.reserve_released);
    insert.bind(10, record.carried_in);
    insert.bind(11, record.reserve_held);
    insert.bind(12, record.payout_fee);
    insert.bind(13, record.paid_out);
    insert.bind(14, record.carried_out);
    for (const int parameter : {15, 16, 17}) insert.bind_null(parameter);
    if (!reserve_due.empty()) insert.bind(15, std::string_view{reserve_due});
    if (!next_due.empty()) insert.bind(16, std::string_view{next_due});
    if (record.payout) insert.bind(17, record.payout.value);
    insert.bind(18, record.sales_count);
    insert.bind(19, record.refunds_count);
    insert.run();
}

void ProjectionRows::add(const AccountChanged& record) {
    AccountState state = AccountState::open;
    if (record.change == AccountChange::freeze) state = AccountState::frozen;
    if (record.change == AccountChange::close) state = AccountState::closed;
    update_state_.bind(1, record.id.value);
    update_state_.bind(2, name(state));
    update_state_.run();
}

}  // namespace tuma::ledger
