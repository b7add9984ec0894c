// Connections and statements of the archive of orders.
#pragma once

#include "ledger/archive/order_archive.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace tuma::ledger {

/// Beside each key, so that an altered one is seen: what its hash is together with its order.
std::int64_t key_proof(std::string_view key, std::uint64_t id);

struct OrderArchive::Writing {
    explicit Writing(const std::filesystem::path& path);
    /// Requires: a transaction is open.
    void add(const Order& order);

    SqlDatabase database;
    std::optional<SqlStatement> put_order;
    std::optional<SqlStatement> owner_of;
    std::optional<SqlStatement> put_key;
    std::optional<SqlStatement> put_meta;
    std::uint64_t keys = 0;  ///< rows of left_key
};

struct OrderArchive::Reading {
    explicit Reading(const std::filesystem::path& path);
    /// The order of the row that `from_id` is at. Throws ArchiveDamage.
    std::shared_ptr<const Order> order_in_row();

    SqlDatabase database;
    std::optional<SqlStatement> owner_of;
    std::optional<SqlStatement> from_id;
};

}  // namespace tuma::ledger
