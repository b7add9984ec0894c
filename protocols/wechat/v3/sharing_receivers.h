// API v3: who may be given a part of payments, and parts that come back.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/wechat/wire/call.h"

#include <optional>
#include <string_view>

namespace tuma::wechat {

/// POST /v3/profitsharing/receivers/add and /delete.
protocols::Answer add_receiver(const CallPtr& call);
protocols::Answer delete_receiver(const CallPtr& call);

/// Why this cannot be stored as "wechat/receiver/" and `rest`.
std::optional<InputError> violation_of_receiver(std::string_view rest, std::string_view content);

/// POST /v3/profitsharing/return-orders: a merchant gives back what it was given; it goes to the
/// merchant whose sale it was. GET /v3/profitsharing/return-orders/{out_return_no}?out_order_no=
protocols::Answer return_share(const CallPtr& call);
protocols::Answer query_return(const CallPtr& call);

/// GET /v3/profitsharing/merchant-configs/{sub_mchid}: the most that may be shared.
protocols::Answer query_sharing_config(const CallPtr& call);

}  // namespace tuma::wechat
