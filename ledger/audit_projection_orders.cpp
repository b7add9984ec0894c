// The rows of orders against their records and against the state that the journal adds up to.
#include "ledger/audit_projection_tables.h"

namespace tuma::ledger {

void ProjectionCheck::compare(const OrderOpened& record) {
    const OrderTerms& terms = record.terms;
    if (!find_row(tables_->orders, terms.id.value)) return;
    std::string keys;
    for (const std::string& key : record.keys) keys += (keys.empty() ? "" : " ") + key;
    const SqlStatement& rows = tables_->orders.rows;
    Differences found;
    found.number("kind", rows.number(1), terms.kind);
    found.column("purpose", rows.text(2), name(terms.purpose));
    found.number("credit", rows.number(3), terms.credit.value);
    found.number("amount", rows.number(4), terms.amount);
    found.column("currency", rows.text(5), letters(terms.currency));
    found.number("parent", rows.number(6), static_cast<std::int64_t>(terms.parent.value));
    found.column("opened_at", rows.text(7), std::string_view{time_});
    found.column("keys", rows.text(8), std::string_view{keys});
    if (!found.text().empty())
        differs(fmt::format("table payment_order, row {}", terms.id.value), found.text());
}

void ProjectionCheck::compare_orders(const Orders& orders) {
    SqlStatement rows(tables_->database,
                      "SELECT id, state, code, debit, transfer FROM payment_order ORDER BY id");
    while (rows.step()) {
        const auto id = static_cast<std::uint64_t>(rows.number(0));
        const auto order = orders.find(OrderId{id});
        // Old ones have left the state.
        if (order == nullptr) continue;
        Differences found;
        found.column("state", rows.text(1), name(order->state));
        found.number("code", rows.number(2), order->code);
        found.number("debit", rows.number(3), order->debit.value);
        found.number("transfer", rows.number(4), static_cast<std::int64_t>(order->transfer.value));
        if (!found.text().empty())
            differs(fmt::format("table payment_order, row {}", id), found.text());
    }
}

}  // namespace tuma::ledger
