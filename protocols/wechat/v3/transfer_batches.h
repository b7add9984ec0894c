// API v3: a merchant pays many persons with one request.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/wechat/orders/order_details.h"
#include "protocols/wechat/wire/call.h"

#include <string>

namespace tuma::wechat {

/// POST /v3/transfer/batches: up to 500 transfers, each for itself.
protocols::Answer create_batch(const CallPtr& call);
/// GET …/out-batch-no/{}, …/batch-id/{}: the batch, and a page of its transfers.
protocols::Answer query_batch_by_number(const CallPtr& call);
protocols::Answer query_batch_by_id(const CallPtr& call);
/// GET …/details/out-detail-no/{}, …/details/detail-id/{}: one of them.
protocols::Answer query_detail_by_number(const CallPtr& call);
protocols::Answer query_detail_by_id(const CallPtr& call);

/// What a callback tells of a batch whose transfers have ended.
std::string batch_notice_json(const ledger::Order& order, const Content& content);

}  // namespace tuma::wechat
