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
                      "SELECT id, state, code, debit, transfer, refusal, moved_at FROM "
                      "payment_order ORDER BY id");
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
        found.column(
            "refusal", rows.text(5),
            order->refusal == Refusal::none ? std::string_view() : tuma::name(order->refusal));
        found.column("moved_at", rows.text(6), std::string_view{tuma::text(order->moved_at)});
        if (!found.text().empty())
            differs(fmt::format("table payment_order, row {}", id), found.text());
    }
}

void ProjectionCheck::compare(const NoticeMoved& record) {
    const std::uint64_t step = ++notice_steps_;
    if (!find_row(tables_->notices, step)) return;
    const SqlStatement& rows = tables_->notices.rows;
    const std::string next =
        record.next_at == 0 ? std::string() : tuma::text(Timestamp{Duration{record.next_at}});
    Differences found;
    found.number("notice", rows.number(1), static_cast<std::int64_t>(record.id.value));
    found.number("payment_order", rows.number(2), static_cast<std::int64_t>(record.order.value));
    found.number("channel", rows.number(3), record.channel);
    found.column("state", rows.text(4), name(record.state));
    found.number("attempts", rows.number(5), record.attempts);
    found.number("status", rows.number(6), record.status);
    found.column("time", rows.text(7), std::string_view{time_});
    found.column("next_at", rows.text(8), std::string_view{next});
    if (!found.text().empty())
        differs(fmt::format("table notice_step, row {}", step), found.text());
}

void ProjectionCheck::compare_profiles(const Profiles& profiles) {
    auto missing = profiles.all();
    SqlStatement rows(tables_->database,
                      "SELECT name, content_bytes, content_hash, stored_at FROM profile");
    while (rows.step()) {
        const std::string where = fmt::format("table profile, row {}", rows.text(0));
        const auto profile = missing.find(rows.text(0));
        if (profile == missing.end()) {
            differs(where, "has nothing in the journal");
            continue;
        }
        const std::string hash = hex(sha256(std::as_bytes(std::span{profile->second})));
        Differences found;
        found.number("content_bytes", rows.number(1),
                     static_cast<std::int64_t>(profile->second.size()));
        found.column("content_hash", rows.text(2), std::string_view{hash});
        found.column("stored_at", rows.text(3),
                     std::string_view{profiles_stored_at_[profile->first]});
        if (!found.text().empty()) differs(where, found.text());
        missing.erase(profile);
    }
    for (const auto& [name, content] : missing)
        differs(fmt::format("table profile, row {}", name), "is missing");
}

// What turns minor units into text, for people.
void ProjectionCheck::compare_currencies() {
    SqlStatement row(tables_->database,
                     "SELECT number, decimals, scale FROM currency WHERE letters = ?1");
    for (const CurrencyRow& currency : currency_table()) {
        std::int64_t scale = 1;
        for (int i = 0; i < currency.decimals; ++i) scale *= 10;
        row.bind(1, currency.letters);
        Differences found;
        if (!row.step()) {
            differs(fmt::format("table currency, row {}", currency.letters), "is missing");
            continue;
        }
        found.number("number", row.number(0), static_cast<std::int64_t>(currency.currency));
        found.number("decimals", row.number(1), currency.decimals);
        found.number("scale", row.number(2), scale);
        row.reset();
        if (!found.text().empty())
            differs(fmt::format("table currency, row {}", currency.letters), found.text());
    }
}

}  // namespace tuma::ledger
