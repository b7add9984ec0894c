// The rows of opened accounts, schemes and settlements against their records.
#include "ledger/audit_projection_tables.h"

namespace tuma::ledger {
namespace {

std::string moment(std::int64_t us) {
    return us == 0 ? std::string{} : tuma::text(Timestamp{Duration{us}});
}

}  // namespace

void ProjectionCheck::compare(const AccountOpened& record) {
    if (!find_row(tables_->openings, record.id.value)) return;
    const SqlStatement& rows = tables_->openings.rows;
    const std::size_t scheme = record.scheme.value;
    Differences found;
    found.column("opened_at", rows.text(1), std::string_view{time_});
    found.number("owner", rows.number(2), record.participant.value);
    found.column("scheme", rows.text(3),
                 std::string_view{scheme == 0 ? "" : scheme_names_.at(scheme - 1)});
    found.number("account_class", rows.is_null(4) ? -1 : rows.number(4),
                 scheme == 0 ? -1 : record.account_class);
    found.number("payout", rows.number(5), record.payout.value);
    if (!found.text().empty())
        differs(fmt::format("table account, row {}", record.id.value), found.text());
}

void ProjectionCheck::compare(const SchemeLoaded& record) {
    const SchemeHead& head = record.head;
    if (head.id.value > scheme_names_.size()) scheme_names_.resize(head.id.value);
    scheme_names_[head.id.value - 1U] = text(head.name);
    const std::uint64_t loading = ++loadings_;
    if (!find_row(tables_->schemes, loading)) return;
    const SqlStatement& rows = tables_->schemes.rows;
    Differences found;
    found.number("id", rows.number(1), head.id.value);
    found.column("name", rows.text(2), text(head.name));
    found.column("version", rows.text(3), text(head.scheme_version));
    found.column("currency", rows.text(4), letters(head.currency));
    found.number("zone_offset_minutes", rows.number(5), record.zone_offset_minutes());
    found.number("content_bytes", rows.number(6), static_cast<std::int64_t>(record.content.size()));
    found.column("content_hash", rows.text(7), std::string_view{hex(sha256(record.content))});
    found.column("source_hash", rows.text(8), std::string_view{hex(head.source_hash)});
    found.column("loaded_at", rows.text(9), std::string_view{time_});
    found.number("batch", rows.number(10), static_cast<std::int64_t>(batch_));
    if (!found.text().empty()) differs(fmt::format("table scheme, row {}", loading), found.text());
}

void ProjectionCheck::compare(const SettlementClosed& record) {
    const std::uint64_t id = ++settlements_;
    if (!find_row(tables_->settlements, id)) return;
    const SqlStatement& rows = tables_->settlements.rows;
    Differences found;
    found.number("account", rows.number(1), record.account.value);
    found.column("due_at", rows.text(2), std::string_view{tuma::text(record.due())});
    found.column("done_at", rows.text(3), std::string_view{time_});
    found.number("batch", rows.number(4), static_cast<std::int64_t>(batch_));
    found.number("sales", rows.number(5), record.sales);
    found.number("refunds", rows.number(6), record.refunds);
    found.number("fees", rows.number(7), record.fees);
    found.number("adjustments", rows.number(8), record.adjustments);
    found.number("reserve_released", rows.number(9), record.reserve_released);
    found.number("carried_in", rows.number(10), record.carried_in);
    found.number("reserve_held", rows.number(11), record.reserve_held);
    found.number("payout_fee", rows.number(12), record.payout_fee);
    found.number("paid_out", rows.number(13), record.paid_out);
    found.number("carried_out", rows.number(14), record.carried_out);
    found.column("reserve_due_at", rows.text(15), std::string_view{moment(record.reserve_due_at)});
    found.column("next_due_at", rows.text(16), std::string_view{moment(record.next_due_at)});
    found.number("payout", rows.number(17), static_cast<std::int64_t>(record.payout.value));
    found.number("sales_count", rows.number(18), record.sales_count);
    found.number("refunds_count", rows.number(19), record.refunds_count);
    if (!found.text().empty()) differs(fmt::format("table settlement, row {}", id), found.text());
}

}  // namespace tuma::ledger
