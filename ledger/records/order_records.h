// Records of orders, notices and profiles to bytes and back.
#pragma once

#include "ledger/records/order.h"
#include "ledger/words/result.h"

#include <cstddef>
#include <span>
#include <vector>

namespace tuma::ledger {

/// Bytes of a record that ends on a multiple of 8, as all do.
constexpr std::size_t filled(std::size_t bytes) {
    return (bytes + 7) / 8 * 8;
}

/// Appends the record's bytes, zero-filled to a multiple of 8. Sizes and counts of the head are
/// filled in. Requires: parts within their bounds.
void append(std::vector<std::byte>& bytes, const OrderOpened& record);
void append(std::vector<std::byte>& bytes, const OrderMoved& record);
void append(std::vector<std::byte>& bytes, const NoticeMoved& record);
void append(std::vector<std::byte>& bytes, const ProfileStored& record);

/// The record with the sizes and counts that `append` would write.
OrderOpened sized(OrderOpened record);
OrderMoved sized(OrderMoved record);
ProfileStored sized(ProfileStored record);

/// Reads the record at the front of `bytes` and takes it off. Refuses sizes that do not fit, parts
/// beyond their bounds, enumerators outside their tables, non-zero fill.
/// Requires: the first byte is the record's kind.
Result<OrderOpened> take_order_opened(std::span<const std::byte>& bytes);
Result<OrderMoved> take_order_moved(std::span<const std::byte>& bytes);
Result<NoticeMoved> take_notice_moved(std::span<const std::byte>& bytes);
Result<ProfileStored> take_profile(std::span<const std::byte>& bytes);

}  // namespace tuma::ledger
