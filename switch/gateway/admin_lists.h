// The administrator's lists: the calls that there are; requests, orders, attempts to deliver
// notices, the newest first.
#pragma once

#include "protocols/kit/adapter.h"
#include "switch/gateway/admin_api.h"

namespace tuma::net {

/// {"total": how many there were since the start, "requests": [...]}; see `RequestLog`.
protocols::Answer list_requests(const AdminCall& call, const AdminParts& parts);
/// {"routes": [{"dialect", "method", "path"}...]} of all dialects; a method that is empty is any.
protocols::Answer list_routes(const AdminCall& call, const AdminParts& parts);
/// {"total": how many there are in the books, "orders": [...]}.
protocols::Answer list_orders(const AdminCall& call, const AdminParts& parts);
/// A list of attempts, of open notices or of those given up, with how many notices there ever were
/// as field Total-Count. Attempts of processes before come from the SQL projection.
protocols::Answer show_notices(const AdminCall& call, const AdminParts& parts);

}  // namespace tuma::net
