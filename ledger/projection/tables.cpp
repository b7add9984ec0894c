#include "ledger/projection/tables.h"

#include "ledger/records/sha256.h"
#include "ledger/words/money.h"

#include <utility>

namespace tuma::ledger {
namespace {

std::string time_or_nothing(std::int64_t us) {
    return us == 0 ? std::string{} : tuma::text(Timestamp{Duration{us}});
}

// What the lists are written with: the types of SQL, and a row by its letter.
namespace lists {

constexpr std::string_view key = "INTEGER PRIMARY KEY";
constexpr std::string_view word_key = "TEXT PRIMARY KEY";
constexpr std::string_view number = "INTEGER NOT NULL";
constexpr std::string_view maybe_number = "INTEGER";
constexpr std::string_view sum = "INTEGER NOT NULL DEFAULT 0";
constexpr std::string_view words = "TEXT NOT NULL";
constexpr std::string_view maybe_words = "TEXT";
constexpr bool moves = true;
using C = const CurrencyRow&;
using B = const BatchRow&;
using A = const AccountRow&;
using T = const TransferRow&;
using P = const PaymentRow&;
using S = const SchemeRow&;
using E = const SettlementRow&;
using F = const ProfileRow&;
using O = const OrderRow&;
using N = const NoticeRow&;

constexpr Column<CurrencyRow> currency[] = {
    {"letters", word_key, [](C r) -> Cell { return r.alphabetic_code; }},
    {"number", number, [](C r) -> Cell { return std::uint32_t(r.currency); }},
    {"decimals", number, [](C r) -> Cell { return r.decimals; }},
    {"scale", number,
     [](C r) -> Cell {
         std::int64_t scale = 1;
         for (int i = 0; i < r.decimals; ++i) scale *= 10;
         return scale;
     }},
};

constexpr Column<BatchRow> batch[] = {
    {"sequence", key, [](B r) -> Cell { return r.header.sequence; }},
    {"time", words, [](B r) -> Cell { return r.time; }},
    {"events", number, [](B r) -> Cell { return r.header.event_count; }},
    {"bytes", number, [](B r) -> Cell { return r.header.body_bytes + batch_overhead_bytes; }},
    {"hash", words, [](B r) -> Cell { return r.hash; }},
    {"previous_hash", words, [](B r) -> Cell { return r.previous; }},
};

constexpr Column<AccountRow> account[] = {
    {"id", key, [](A r) -> Cell { return r.opened.id.value; }},
    {"identity", words, [](A r) -> Cell { return text(r.opened.identity); }},
    {"kind", words, [](A r) -> Cell { return row(r.opened.kind).name; }},
    {"currency", words, [](A r) -> Cell { return alphabetic_code(r.opened.currency); }},
    {"normal_side", words,
     [](A r) -> Cell {
         return std::string_view{row(r.opened.kind).normal_side == Side::debit ? "debit"
                                                                               : "credit"};
     }},
    {"owner", number, [](A r) -> Cell { return r.opened.participant.value; }},
    {"state", words, [](A) -> Cell { return name(AccountState::open); }, moves},
    {"floor", maybe_number,
     [](A r) { return r.opened.floor == no_floor ? Cell{} : Cell{r.opened.floor}; }},
    {"ceiling", maybe_number,
     [](A r) { return r.opened.ceiling == no_ceiling ? Cell{} : Cell{r.opened.ceiling}; }},
    {"debits_pending", sum, nullptr, moves},
    {"debits_posted", sum, nullptr, moves},
    {"credits_pending", sum, nullptr, moves},
    {"credits_posted", sum, nullptr, moves},
    {"opened_at", words, [](A r) -> Cell { return r.time; }},
    {"scheme", maybe_words, [](A r) { return unless_none(r.scheme); }},
    {"account_class", maybe_number,
     [](A r) { return r.opened.scheme ? Cell{r.opened.account_class} : Cell{}; }},
    {"payout", maybe_number, [](A r) { return unless_none(r.opened.payout.value); }},
};
constexpr std::string_view account_derived =
    R"sql(    balance INTEGER AS (CASE normal_side WHEN 'debit' THEN debits_posted - credits_posted
                                         ELSE credits_posted - debits_posted END),
    available INTEGER AS (balance - floor - CASE normal_side WHEN 'debit' THEN credits_pending
                                                             ELSE debits_pending END))sql";

constexpr Column<TransferRow> transfer[] = {
    {"id", key, [](T r) -> Cell { return r.record.id.value; }},
    {"batch", number, [](T r) -> Cell { return r.at.batch; }},
    {"time", words, [](T r) -> Cell { return r.at.time; }},
    {"kind", words, [](T r) -> Cell { return name(r.record.kind); }},
    {"purpose", words, [](T r) -> Cell { return name(r.record.purpose); }},
    {"debit", number, [](T r) -> Cell { return r.record.debit.value; }},
    {"credit", number, [](T r) -> Cell { return r.record.credit.value; }},
    {"amount", number, [](T r) -> Cell { return r.record.amount; }},
    {"currency", words, [](T r) -> Cell { return alphabetic_code(r.record.currency); }},
    {"debit_balance_after", number, [](T r) -> Cell { return r.record.debit_balance_after; }},
    {"credit_balance_after", number, [](T r) -> Cell { return r.record.credit_balance_after; }},
    {"due_at", maybe_words, [](T r) { return unless_none(r.due); }},
    {"payment", number, [](T r) -> Cell { return r.payment; }},
    {"set_id", number, [](T r) -> Cell { return r.set; }},
    {"subject", maybe_number, [](T r) { return unless_none(r.record.subject.value); }},
    {"participant", number, [](T r) -> Cell { return r.record.participant.value; }},
    {"reference", maybe_words,
     [](T r) {
         const std::string_view text{r.reference.data(), r.reference.size()};
         return r.record.key() ? Cell{text} : Cell{};
     }},
    {"memo", number, [](T r) -> Cell { return r.record.memo; }},
};

constexpr Column<PaymentRow> payment[] = {
    {"id", key, [](P r) -> Cell { return r.id; }},
    {"state", words, [](P r) -> Cell { return name(r.state); }, moves},
    {"amount", number, [](P r) -> Cell { return r.amount; }},
    {"legs", number, [](P r) -> Cell { return r.legs; }},
    {"total", number, [](P r) -> Cell { return r.total; }},
    {"settled_amount", number, [](P r) -> Cell { return r.settled_amount; }, moves},
    {"reversed_amount", number, [](P r) -> Cell { return r.reversed_amount; }, moves},
    {"debit", number, [](P r) -> Cell { return r.debit.value; }},
    {"credit", number, [](P r) -> Cell { return r.credit.value; }},
    {"currency", words, [](P r) -> Cell { return alphabetic_code(r.currency); }},
    {"created_at", words, [](P r) -> Cell { return r.created_at; }},
    {"updated_at", words, [](P r) -> Cell { return r.updated_at; }, moves},
};

constexpr Column<SchemeRow> scheme[] = {
    {"loading", key},
    {"id", number, [](S r) -> Cell { return r.loaded.head.id.value; }},
    {"name", words, [](S r) -> Cell { return text(r.loaded.head.name); }},
    {"version", words, [](S r) -> Cell { return text(r.loaded.head.scheme_version); }},
    {"currency", words, [](S r) -> Cell { return alphabetic_code(r.loaded.head.currency); }},
    {"zone_offset_minutes", number, [](S r) -> Cell { return r.loaded.zone_offset_minutes(); }},
    {"content_bytes", number, [](S r) -> Cell { return r.loaded.content.size(); }},
    {"content_hash", words, [](S r) -> Cell { return r.content_hash; }},
    {"source_hash", words, [](S r) -> Cell { return r.source_hash; }},
    {"loaded_at", words, [](S r) -> Cell { return r.at.time; }},
    {"batch", number, [](S r) -> Cell { return r.at.batch; }},
};

constexpr Column<SettlementRow> settlement[] = {
    {"id", key},
    {"account", number, [](E r) -> Cell { return r.closed.account.value; }},
    {"due_at", words, [](E r) -> Cell { return r.due; }},
    {"done_at", words, [](E r) -> Cell { return r.at.time; }},
    {"batch", number, [](E r) -> Cell { return r.at.batch; }},
    {"sales", number, [](E r) -> Cell { return r.closed.sales; }},
    {"refunds", number, [](E r) -> Cell { return r.closed.refunds; }},
    {"fees", number, [](E r) -> Cell { return r.closed.fees; }},
    {"adjustments", number, [](E r) -> Cell { return r.closed.adjustments; }},
    {"reserve_released", number, [](E r) -> Cell { return r.closed.reserve_released; }},
    {"carried_in", number, [](E r) -> Cell { return r.closed.carried_in; }},
    {"reserve_held", number, [](E r) -> Cell { return r.closed.reserve_held; }},
    {"payout_fee", number, [](E r) -> Cell { return r.closed.payout_fee; }},
    {"paid_out", number, [](E r) -> Cell { return r.closed.paid_out; }},
    {"carried_out", number, [](E r) -> Cell { return r.closed.carried_out; }},
    {"reserve_due_at", maybe_words, [](E r) { return unless_none(r.reserve_due); }},
    {"next_due_at", maybe_words, [](E r) { return unless_none(r.next_due); }},
    {"payout", maybe_number, [](E r) { return unless_none(r.closed.payout.value); }},
    {"sales_count", number, [](E r) -> Cell { return r.closed.sales_count; }},
    {"refunds_count", number, [](E r) -> Cell { return r.closed.refunds_count; }},
};

constexpr Column<ProfileRow> profile[] = {
    {"name", word_key, [](F r) -> Cell { return r.name; }},
    {"content_bytes", number, [](F r) -> Cell { return r.content_bytes; }},
    {"content_hash", words, [](F r) -> Cell { return r.hash; }},
    {"stored_at", words, [](F r) -> Cell { return r.stored_at; }},
};

constexpr Column<OrderRow> order[] = {
    {"id", key, [](O r) -> Cell { return r.id.value; }},
    {"kind", number, [](O r) -> Cell { return r.terms->kind; }},
    {"purpose", words, [](O r) -> Cell { return name(r.terms->purpose); }},
    {"state", words, [](O r) -> Cell { return name(r.state); }, moves},
    {"code", number, [](O r) -> Cell { return r.code; }, moves},
    {"refusal", maybe_words,
     [](O r) { return r.refusal == Refusal::none ? Cell{} : Cell{tuma::name(r.refusal)}; }, moves},
    {"debit", number, [](O r) -> Cell { return r.debit.value; }, moves},
    {"credit", number, [](O r) -> Cell { return r.terms->credit.value; }},
    {"amount", number, [](O r) -> Cell { return r.terms->amount; }},
    {"currency", words, [](O r) -> Cell { return alphabetic_code(r.terms->currency); }},
    {"parent", maybe_number, [](O r) { return unless_none(r.terms->parent.value); }},
    {"transfer", maybe_number, [](O r) { return unless_none(r.transfer.value); }, moves},
    {"opened_at", words, [](O r) -> Cell { return r.opened_at; }},
    {"moved_at", words, [](O r) -> Cell { return r.moved_at; }, moves},
    {"keys", words, [](O r) -> Cell { return r.keys; }},
};

constexpr Column<NoticeRow> notice[] = {
    {"step", key},
    {"notice", number, [](N r) -> Cell { return r.moved.id.value; }},
    {"payment_order", number, [](N r) -> Cell { return r.moved.order.value; }},
    {"channel", number, [](N r) -> Cell { return r.moved.channel; }},
    {"state", words, [](N r) -> Cell { return name(r.moved.state); }},
    {"attempts", number, [](N r) -> Cell { return r.moved.attempts; }},
    {"status", number, [](N r) -> Cell { return r.moved.status; }},
    {"time", words, [](N r) -> Cell { return r.time; }},
    {"next_at", maybe_words, [](N r) { return unless_none(r.next); }},
};

}  // namespace lists

constexpr std::string_view by_name = " WITHOUT ROWID";

}  // namespace

constexpr Table<CurrencyRow> currency_columns{"currency", lists::currency, {}, by_name};
constexpr Table<BatchRow> batch_columns{"batch", lists::batch};
constexpr Table<AccountRow> account_columns{"account", lists::account, lists::account_derived};
constexpr Table<TransferRow> transfer_columns{"transfer", lists::transfer};
constexpr Table<PaymentRow> payment_columns{"payment", lists::payment};
constexpr Table<SchemeRow> scheme_columns{"scheme", lists::scheme};
constexpr Table<SettlementRow> settlement_columns{"settlement", lists::settlement};
constexpr Table<ProfileRow> profile_columns{"profile", lists::profile, {}, by_name};
constexpr Table<OrderRow> order_columns{"payment_order", lists::order};
constexpr Table<NoticeRow> notice_columns{"notice_step", lists::notice};

std::array<char, 32> reference_text(const Reference& reference) {
    // In an array and not in a string: there is one for each transfer, and none should ask for
    // memory.
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<char, 32> characters{};
    for (std::size_t i = 0; i < reference.size(); ++i) {
        const auto value = std::to_integer<unsigned>(reference[i]);
        characters[2 * i] = digits[value >> 4U];
        characters[2 * i + 1] = digits[value & 0xFU];
    }
    return characters;
}

SchemeRow scheme_row(const SchemeLoaded& loaded, Recorded at) {
    // By hash: the content is bytes for programs, and may be as large as a record.
    return {loaded, at, hex(sha256(loaded.content)), hex(loaded.head.source_hash)};
}

SettlementRow settlement_row(const SettlementClosed& closed, Recorded at) {
    return {closed, at, tuma::text(closed.due()), time_or_nothing(closed.reserve_due_at),
            time_or_nothing(closed.next_due_at)};
}

ProfileRow profile_row(std::string_view name, std::string_view content,
                       std::string_view stored_at) {
    return {name, content.size(), hex(sha256(std::as_bytes(std::span{content}))), stored_at};
}

OrderRow order_row(const OrderOpened& opened, std::string_view time) {
    std::string keys;
    for (const std::string& one : opened.keys) keys += (keys.empty() ? "" : " ") + one;
    return {.id = opened.terms.id,
            .terms = &opened.terms,
            .keys = std::move(keys),
            .opened_at = time,
            .state = first_state(opened.terms),
            .debit = opened.terms.debit,
            .moved_at = time};
}

OrderRow order_row(const OrderMoveHead& moved, std::string_view time) {
    return {.id = moved.order,
            .state = moved.state,
            .code = moved.code,
            .refusal = moved.refusal,
            .debit = moved.debit,
            .transfer = moved.transfer,
            .moved_at = time};
}

NoticeRow notice_row(const NoticeMoved& moved, std::string_view time) {
    return {moved, time, time_or_nothing(moved.next_at)};
}

}  // namespace tuma::ledger
