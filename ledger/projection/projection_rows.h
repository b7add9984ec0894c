// What each journal record becomes in the projection's tables.
#pragma once

#include "ledger/batch.h"
#include "ledger/event.h"
#include "ledger/payment.h"
#include "ledger/sql.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::ledger {

/// A row of the table `payment`. Amounts in minor units.
struct PaymentRow {
    std::int64_t id = 0;  ///< number of the first transfer of its set
    PaymentState state = PaymentState::none;
    std::int64_t amount = 0;  ///< the first leg's
    std::int64_t legs = 0;
    std::int64_t total = 0;           ///< of all legs
    std::int64_t settled_amount = 0;  ///< what moved of a reservation, and the charges with it
    std::int64_t reversed_amount = 0;
    std::int64_t debit = 0;
    std::int64_t credit = 0;
    Currency currency = Currency::kes;
    std::string updated_at;  ///< empty: unchanged since it was read
};

/// Carries records into the open transaction of a database. Sums and payments are gathered in
/// memory and written once, by `flush`. A record that contradicts the rows (a reservation that is
/// not there, an illegal payment move) throws StoreError.
class ProjectionRows {
public:
    explicit ProjectionRows(SqlDatabase& database);

    void add_batch(const BatchView& batch);
    /// The records of the batch added last, in order.
    void add(const TransferRecord& record);
    void add(const AccountOpened& record);
    void add(const AccountChanged& record);
    /// Refusals move no money and have no row.
    void add(const RequestRefused&) {}
    void add(const SchemeLoaded& record);
    void add(const SettlementClosed& record);
    void add(const ProfileStored& record);
    void add(const OrderOpened& record);
    void add(const OrderMoved& record);
    void add(const NoticeMoved& record);
    /// Its row is there, and is as it was.
    void add(const OrderRecalled&) {}

    /// Writes what was gathered; to be called before the transaction is committed.
    void flush();

private:
    struct Delta {
        std::int64_t debits_pending = 0;
        std::int64_t debits_posted = 0;
        std::int64_t credits_pending = 0;
        std::int64_t credits_posted = 0;
    };

    void add_row(const TransferRecord& record, std::int64_t payment);
    void add_sums(const TransferRecord& record, std::int64_t pending);
    /// Moves the record's payment on; returns its number and the pending amount that ended.
    std::pair<std::int64_t, std::int64_t> add_payment(const TransferRecord& record);
    void begin_payment(const TransferRecord& record, PaymentEvent event);
    void reverse_payment(PaymentRow& payment, const TransferRecord& record);
    void change_state(PaymentRow& payment, PaymentEvent event, const TransferRecord& record);
    PaymentRow& payment(std::int64_t id, const TransferRecord& record);
    std::int64_t payment_of(std::int64_t transfer, const TransferRecord& record);
    std::string_view due_text(const TransferRecord& record);
    /// A charge that moves with the end of a reservation.
    void add_charge(const TransferRecord& record);
    void flush_payments();
    void flush_sums();
    [[noreturn]] void contradiction(const TransferRecord& record, std::string_view what) const;

    SqlDatabase& database_;
    SqlStatement insert_batch_;
    SqlStatement insert_transfer_;
    SqlStatement insert_account_;
    SqlStatement insert_scheme_;
    SqlStatement insert_settlement_;
    SqlStatement put_profile_;
    SqlStatement remove_profile_;
    SqlStatement insert_order_;
    SqlStatement update_order_;
    SqlStatement insert_notice_;
    SqlStatement insert_payment_;
    SqlStatement update_payment_;
    SqlStatement update_sums_;
    SqlStatement update_state_;
    SqlStatement select_payment_;
    SqlStatement select_payment_of_;

    std::int64_t batch_ = 0;
    std::int64_t time_us_ = 0;
    std::string time_;
    std::int64_t due_us_ = 0;
    std::string due_;
    std::int64_t set_id_ = 0;
    std::int64_t set_payment_ = 0;  ///< the payment of the set's first record
    /// Begun since the last flush, in order of their numbers, each with when it was begun.
    std::vector<PaymentRow> begun_;
    std::vector<std::string> begun_at_;
    /// Older ones that changed since the last flush.
    boost::unordered_flat_map<std::int64_t, PaymentRow> changed_;
    boost::unordered_flat_map<std::uint32_t, Delta> sums_;
};

}  // namespace tuma::ledger
