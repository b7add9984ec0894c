// What peers are taught, in their own languages.
#pragma once

#include <string_view>

namespace tuma::loadgen {

/// The script behind a transfer in Redis.
extern const std::string_view redis_transfer;

/// The statements that make the schema `tuma_load` in PostgreSQL.
extern const std::string_view pg_schema;

}  // namespace tuma::loadgen
