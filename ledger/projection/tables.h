// The tables of the projection: one row type and one list of columns for each.
#pragma once

#include "ledger/projection/columns.h"
#include "ledger/projection/payment.h"
#include "ledger/records/batch.h"
#include "ledger/records/event.h"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::ledger {

/// When and where something was recorded.
struct Recorded {
    std::string_view time;
    std::uint64_t batch = 0;
};

struct BatchRow {
    const BatchHeader& header;
    std::string_view time;
    std::string hash;
    std::string previous;
};

/// An account as it was opened. Its sums are for others to keep.
struct AccountRow {
    const AccountOpened& opened;
    std::string_view time;
    std::string_view scheme;  ///< name; empty for none
};

struct TransferRow {
    const TransferRecord& record;
    Recorded at;
    std::uint64_t payment = 0;  ///< to which payment it belongs
    std::uint64_t set = 0;      ///< the first record of its set
    std::string_view due;       ///< empty for none
    std::array<char, 32> reference{};
};
/// As a row shows the request that caused it.
std::array<char, 32> reference_text(const Reference& reference);

/// Amounts in minor units.
struct PaymentRow {
    std::uint64_t id = 0;  ///< number of the first transfer of its set
    PaymentState state = PaymentState::none;
    std::int64_t amount = 0;  ///< the first leg's
    std::int64_t legs = 0;
    std::int64_t total = 0;           ///< of all legs
    std::int64_t settled_amount = 0;  ///< what moved of a reservation, and the charges with it
    std::int64_t reversed_amount = 0;
    AccountId debit;
    AccountId credit;
    Currency currency = Currency::kes;
    std::string created_at;
    std::string updated_at;
};

struct SchemeRow {
    const SchemeLoaded& loaded;
    Recorded at;
    std::string content_hash;
    std::string source_hash;
};
SchemeRow scheme_row(const SchemeLoaded& loaded, Recorded at);

struct SettlementRow {
    const SettlementClosed& closed;
    Recorded at;
    std::string due;
    std::string reserve_due;  ///< empty for none
    std::string next_due;     ///< empty for none
};
SettlementRow settlement_row(const SettlementClosed& closed, Recorded at);

/// Profiles hold secrets, so that only a hash of them is shown.
struct ProfileRow {
    std::string_view name;
    std::size_t content_bytes = 0;
    std::string hash;
    std::string_view stored_at;
};
ProfileRow profile_row(std::string_view name, std::string_view content, std::string_view stored_at);

/// An order as it is now. A row that only moves has no terms.
struct OrderRow {
    OrderId id;
    const OrderTerms* terms = nullptr;
    std::string keys{};
    std::string_view opened_at{};
    OrderState state = OrderState::awaiting_customer;
    std::uint16_t code = 0;
    Refusal refusal = Refusal::none;
    AccountId debit{};
    TransferId transfer{};
    std::string_view moved_at{};
};
OrderRow order_row(const OrderOpened& opened, std::string_view time);
OrderRow order_row(const OrderMoveHead& moved, std::string_view time);

/// A row is one step of a notice.
struct NoticeRow {
    const NoticeMoved& moved;
    std::string_view time;
    std::string next;  ///< empty for none
};
NoticeRow notice_row(const NoticeMoved& moved, std::string_view time);

extern const Table<CurrencyRow> currency_columns;
extern const Table<BatchRow> batch_columns;
extern const Table<AccountRow> account_columns;
extern const Table<TransferRow> transfer_columns;
extern const Table<PaymentRow> payment_columns;
extern const Table<SchemeRow> scheme_columns;
extern const Table<SettlementRow> settlement_columns;
extern const Table<ProfileRow> profile_columns;
extern const Table<OrderRow> order_columns;
extern const Table<NoticeRow> notice_columns;

}  // namespace tuma::ledger
