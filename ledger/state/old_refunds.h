// Refunds of orders from before their records named what they are a part of.
#pragma once

#include "ledger/records/transfer.h"
#include "ledger/state/orders.h"

#include <boost/unordered/unordered_flat_map.hpp>

#include <cstdint>

namespace tuma::ledger {

/// What such refunds gave back of one payment, minor units.
struct OldRefund {
    std::int64_t amount = 0;
    std::int64_t charges = 0;  ///< fees and tax that came back with it

    bool operator==(const OldRefund&) const = default;
};

/// A fold over records of version 1 that refund an order: only the order that follows says which.
/// Books that begin with records of version 2 leave it empty.
class OldRefunds {
public:
    /// Of the payment that this record begins; all zero if there was none.
    OldRefund find(TransferId original) const;

    /// Requires: posts money.
    void apply(const TransferRecord& record);
    /// Requires: called before `orders` applies it.
    void apply(const OrderMoved& moved, const Orders& orders);

    /// In order of the payments' numbers.
    void save(ByteSink& sink) const;
    /// Requires: freshly made. Throws StateError.
    void load(ByteSource& source);

private:
    boost::unordered_flat_map<TransferId, OldRefund, std::hash<TransferId>> refunds_;
    /// The last refund that names no original, until an order names it in the same batch.
    TransferId newest_;
    OldRefund newest_refund_;
    std::int64_t charges_ = 0;  ///< come back so far in the set whose records are coming
};

}  // namespace tuma::ledger
