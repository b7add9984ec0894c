// What each journal record becomes in the projection's tables.
#pragma once

#include "ledger/projection/payment.h"
#include "ledger/projection/tables.h"
#include "ledger/records/batch.h"
#include "ledger/records/event.h"
#include "ledger/store/sql.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::ledger {

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

    void add_row(const TransferRecord& record, std::uint64_t payment);
    void add_sums(const TransferRecord& record, std::int64_t pending);
    /// Moves the record's payment on; returns its number and the pending amount that ended.
    std::pair<std::uint64_t, std::int64_t> add_payment(const TransferRecord& record);
    void begin_payment(const TransferRecord& record, PaymentEvent event);
    void reverse_payment(PaymentRow& payment, const TransferRecord& record);
    void change_state(PaymentRow& payment, PaymentEvent event, const TransferRecord& record);
    PaymentRow& payment(std::uint64_t id, const TransferRecord& record);
    std::uint64_t payment_of(TransferId transfer, const TransferRecord& record);
    Recorded now() const { return {time_, batch_}; }
    std::string_view due_text(const TransferRecord& record);
    /// The name of the scheme that an account is under, or nothing.
    std::string scheme_name(SchemeId id);
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
    SqlStatement select_scheme_;

    std::uint64_t batch_ = 0;
    std::int64_t time_us_ = 0;
    std::string time_;
    std::int64_t due_us_ = 0;
    std::string due_;
    std::uint64_t set_id_ = 0;
    std::uint64_t set_payment_ = 0;  ///< the payment of the set's first record
    /// Begun since the last flush, in order of their numbers.
    std::vector<PaymentRow> begun_;
    /// Older ones that changed since the last flush.
    boost::unordered_flat_map<std::uint64_t, PaymentRow> changed_;
    boost::unordered_flat_map<std::uint32_t, Delta> sums_;
};

}  // namespace tuma::ledger
