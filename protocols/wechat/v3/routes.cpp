#include "protocols/wechat/v3/routes.h"

#include "ledger/words/words.h"
#include "protocols/wechat/bills/bills.h"
#include "protocols/wechat/v3/balances.h"
#include "protocols/wechat/v3/certificates.h"
#include "protocols/wechat/v3/combined_orders.h"
#include "protocols/wechat/v3/create_order.h"
#include "protocols/wechat/v3/media.h"
#include "protocols/wechat/v3/profit_sharing.h"
#include "protocols/wechat/v3/query_order.h"
#include "protocols/wechat/v3/refund_order.h"
#include "protocols/wechat/v3/sharing_receivers.h"
#include "protocols/wechat/v3/transfer_batches.h"
#include "protocols/wechat/v3/transfers.h"
#include "protocols/wechat/wire/body_reader.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace tuma::wechat {
namespace {

constexpr Target direct{.sub = SubMerchant::direct};
constexpr Target named{.sub = SubMerchant::named};
constexpr Target partners{.sub = SubMerchant::partner};
constexpr std::string_view batch_query = "need_query_detail|offset|limit|detail_status";

// Source: WeChat Pay API v3.
constexpr std::array route_table{
    Route{"GET", "/v3/certificates", list_certificates, {{}, "algorithm_type"}},
    Route{"POST", "/v3/pay/transactions/jsapi", create_jsapi, direct},
    Route{"POST", "/v3/pay/transactions/native", create_native, direct},
    Route{"POST", "/v3/pay/transactions/app", create_app, direct},
    Route{"POST", "/v3/pay/transactions/h5", create_h5, direct},
    Route{"POST", "/v3/pay/transactions/codepay", create_by_code, direct},
    Route{"GET",
          "/v3/pay/transactions/out-trade-no/{}",
          query_by_number,
          {"out_trade_no", "mchid", 32, SubMerchant::direct}},
    Route{"GET",
          "/v3/pay/transactions/id/{}",
          query_by_id,
          {"transaction_id", "mchid", 32, SubMerchant::direct}},
    Route{"POST",
          "/v3/pay/transactions/out-trade-no/{}/close",
          close_order,
          {"out_trade_no", {}, 32, SubMerchant::direct}},
    Route{"POST",
          "/v3/pay/transactions/out-trade-no/{}/reverse",
          reverse_order,
          {"out_trade_no", {}, 32, SubMerchant::direct}},
    Route{"POST", "/v3/pay/partner/transactions/jsapi", create_jsapi, partners},
    Route{"POST", "/v3/pay/partner/transactions/native", create_native, partners},
    Route{"POST", "/v3/pay/partner/transactions/app", create_app, partners},
    Route{"POST", "/v3/pay/partner/transactions/h5", create_h5, partners},
    Route{"POST", "/v3/pay/partner/transactions/codepay", create_by_code, partners},
    Route{"GET",
          "/v3/pay/partner/transactions/out-trade-no/{}",
          query_by_number,
          {"out_trade_no", "sp_mchid|sub_mchid", 32, SubMerchant::partner}},
    Route{"GET",
          "/v3/pay/partner/transactions/id/{}",
          query_by_id,
          {"transaction_id", "sp_mchid|sub_mchid", 32, SubMerchant::partner}},
    Route{"POST",
          "/v3/pay/partner/transactions/out-trade-no/{}/close",
          close_order,
          {"out_trade_no", {}, 32, SubMerchant::partner}},
    Route{"POST",
          "/v3/pay/partner/transactions/out-trade-no/{}/reverse",
          reverse_order,
          {"out_trade_no", {}, 32, SubMerchant::partner}},
    Route{"POST", "/v3/refund/domestic/refunds", create_refund, named},
    Route{"GET",
          "/v3/refund/domestic/refunds/{}",
          query_refund,
          {"out_refund_no", {}, 64, SubMerchant::named}},
    Route{"POST",
          "/v3/refund/domestic/refunds/{}/apply-abnormal-refund",
          retry_abnormal_refund,
          {"refund_id", {}, 32, SubMerchant::named}},
    Route{"POST", "/v3/combine-transactions/jsapi", combine_jsapi},
    Route{"POST", "/v3/combine-transactions/native", combine_native},
    Route{"POST", "/v3/combine-transactions/app", combine_app},
    Route{"POST", "/v3/combine-transactions/h5", combine_h5},
    Route{"GET",
          "/v3/combine-transactions/out-trade-no/{}",
          query_combined_by_number,
          {"combine_out_trade_no"}},
    Route{"GET", "/v3/combine-transactions/id/{}", query_combined_by_id, {"transaction_id"}},
    Route{"POST",
          "/v3/combine-transactions/out-trade-no/{}/close",
          close_combined,
          {"combine_out_trade_no"}},
    Route{"POST", "/v3/fund-app/mch-transfer/transfer-bills", create_transfer},
    Route{"GET",
          "/v3/fund-app/mch-transfer/transfer-bills/out-bill-no/{}",
          query_transfer_by_number,
          {"out_bill_no"}},
    Route{"GET",
          "/v3/fund-app/mch-transfer/transfer-bills/transfer-bill-no/{}",
          query_transfer_by_id,
          {"transfer_bill_no", {}, 64}},
    Route{"POST",
          "/v3/fund-app/mch-transfer/transfer-bills/out-bill-no/{}/cancel",
          cancel_transfer,
          {"out_bill_no"}},
    Route{"POST", "/v3/transfer/batches", create_batch},
    Route{"GET",
          "/v3/transfer/batches/out-batch-no/{}",
          query_batch_by_number,
          {"out_batch_no", batch_query}},
    Route{"GET",
          "/v3/transfer/batches/batch-id/{}",
          query_batch_by_id,
          {"batch_id", batch_query, 64}},
    Route{"GET",
          "/v3/transfer/batches/out-batch-no/{}/details/out-detail-no/{}",
          query_detail_by_number,
          {"out_batch_no|out_detail_no"}},
    Route{"GET",
          "/v3/transfer/batches/batch-id/{}/details/detail-id/{}",
          query_detail_by_id,
          {"batch_id|detail_id", {}, 64}},
    Route{"POST", "/v3/profitsharing/orders", share_profit, named},
    Route{"POST", "/v3/profitsharing/orders/unfreeze", unfreeze, named},
    Route{"GET",
          "/v3/profitsharing/orders/{}",
          query_sharing,
          {"out_order_no", "transaction_id", 64, SubMerchant::named}},
    Route{"POST", "/v3/profitsharing/return-orders", return_share, named},
    Route{"GET",
          "/v3/profitsharing/return-orders/{}",
          query_return,
          {"out_return_no", "out_order_no", 64, SubMerchant::named}},
    Route{"GET", "/v3/profitsharing/transactions/{}/amounts", query_unsplit, {"transaction_id"}},
    Route{"POST", "/v3/profitsharing/receivers/add", add_receiver, named},
    Route{"POST", "/v3/profitsharing/receivers/delete", delete_receiver, named},
    Route{"GET",
          "/v3/profitsharing/bills",
          ask_sharing_bill,
          {{}, "bill_date|tar_type", 32, SubMerchant::optional}},
    Route{"GET", "/v3/profitsharing/merchant-configs/{}", query_sharing_config, {"sub_mchid"}},
    Route{"GET", "/v3/merchant/fund/balance/{}", query_balance, {"account_type"}},
    Route{"GET",
          "/v3/merchant/fund/dayendbalance/{}",
          query_day_end_balance,
          {"account_type", "date"}},
    Route{"POST", "/v3/merchant/media/upload", upload_media},
    Route{"POST", "/v3/merchant/media/video_upload", upload_media},
    Route{"POST", "/v3/marketing/favor/media/image-upload", upload_marketing_image},
    Route{"GET",
          "/v3/bill/tradebill",
          ask_trade_bill,
          {{}, "bill_date|bill_type|tar_type", 32, SubMerchant::optional}},
    Route{"GET",
          "/v3/bill/fundflowbill",
          ask_fund_flow_bill,
          {{}, "bill_date|account_type|tar_type"}},
    Route{"GET", "/v3/billdownload/file", download_bill, {{}, "token"}},
};

}  // namespace

std::span<const Route> routes() {
    return route_table;
}

std::optional<ApiError> violation_of_target(const Call& call, const Target& target) {
    const std::vector<std::string_view> names = split_words(target.arguments, '|');
    for (std::size_t i = 0; i < call.arguments.size(); ++i)
        if (const std::size_t length = call.arguments[i].size(); length > target.argument_bytes)
            return length_error(names.at(i), length, target.argument_bytes, "uri_template");
    std::vector<std::string_view> known = split_words(target.query, '|');
    const bool has_sub = target.sub != SubMerchant::unknown && target.sub != SubMerchant::direct;
    if (has_sub && call.request.method == "GET" && call.profile().is_service_provider())
        known.emplace_back("sub_mchid");
    std::vector<std::string> unknown;
    for (const auto& [name, value] : call.query) {
        if (name.empty() || std::find(known.begin(), known.end(), name) == known.end())
            unknown.push_back("/query/" + name);
        else if (value.empty())
            return parameter_error(name, value, "字节数 0，小于最小值 1", "query");
    }
    if (unknown.empty() || !call.options->refuses_unknown_members) return std::nullopt;
    return undefined_error(unknown);
}

}  // namespace tuma::wechat
