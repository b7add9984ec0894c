#include "protocols/wechat/routes.h"

#include "protocols/wechat/bills.h"
#include "protocols/wechat/certificates.h"
#include "protocols/wechat/combined_orders.h"
#include "protocols/wechat/create_order.h"
#include "protocols/wechat/profit_sharing.h"
#include "protocols/wechat/query_order.h"
#include "protocols/wechat/refund_order.h"
#include "protocols/wechat/sharing_receivers.h"
#include "protocols/wechat/transfers.h"

#include <boost/url/decode_view.hpp>
#include <boost/url/pct_string_view.hpp>

#include <algorithm>
#include <array>

namespace tuma::wechat {
namespace {

// Source: WeChat Pay API v3.
constexpr std::array route_table{
    Route{"GET", "/v3/certificates", list_certificates},
    Route{"POST", "/v3/pay/transactions/jsapi", create_jsapi},
    Route{"POST", "/v3/pay/transactions/native", create_native},
    Route{"POST", "/v3/pay/transactions/app", create_app},
    Route{"POST", "/v3/pay/transactions/h5", create_h5},
    Route{"POST", "/v3/pay/transactions/codepay", create_by_code},
    Route{"GET", "/v3/pay/transactions/out-trade-no/{}", query_by_number},
    Route{"GET", "/v3/pay/transactions/id/{}", query_by_id},
    Route{"POST", "/v3/pay/transactions/out-trade-no/{}/close", close_order},
    Route{"POST", "/v3/pay/transactions/out-trade-no/{}/reverse", reverse_order},
    Route{"POST", "/v3/refund/domestic/refunds", create_refund},
    Route{"GET", "/v3/refund/domestic/refunds/{}", query_refund},
    Route{"POST", "/v3/combine-transactions/jsapi", combine_jsapi},
    Route{"POST", "/v3/combine-transactions/native", combine_native},
    Route{"POST", "/v3/combine-transactions/app", combine_app},
    Route{"POST", "/v3/combine-transactions/h5", combine_h5},
    Route{"GET", "/v3/combine-transactions/out-trade-no/{}", query_combined_by_number},
    Route{"GET", "/v3/combine-transactions/id/{}", query_combined_by_id},
    Route{"POST", "/v3/combine-transactions/out-trade-no/{}/close", close_combined},
    Route{"POST", "/v3/fund-app/mch-transfer/transfer-bills", create_transfer},
    Route{"GET", "/v3/fund-app/mch-transfer/transfer-bills/out-bill-no/{}",
          query_transfer_by_number},
    Route{"GET", "/v3/fund-app/mch-transfer/transfer-bills/transfer-bill-no/{}",
          query_transfer_by_id},
    Route{"POST", "/v3/fund-app/mch-transfer/transfer-bills/out-bill-no/{}/cancel",
          cancel_transfer},
    Route{"POST", "/v3/profitsharing/orders", share_profit},
    Route{"POST", "/v3/profitsharing/orders/unfreeze", unfreeze},
    Route{"GET", "/v3/profitsharing/orders/{}", query_sharing},
    Route{"POST", "/v3/profitsharing/return-orders", return_share},
    Route{"GET", "/v3/profitsharing/return-orders/{}", query_return},
    Route{"GET", "/v3/profitsharing/transactions/{}/amounts", query_unsplit},
    Route{"POST", "/v3/profitsharing/receivers/add", add_receiver},
    Route{"POST", "/v3/profitsharing/receivers/delete", delete_receiver},
    Route{"GET", "/v3/profitsharing/merchant-configs/{}", query_sharing_config},
    Route{"GET", "/v3/bill/tradebill", ask_trade_bill},
    Route{"GET", "/v3/bill/fundflowbill", ask_fund_flow_bill},
    Route{"GET", "/v3/billdownload/file", download_bill},
};

constexpr std::array<std::string_view, 6> route_prefixes{"/v3/",     "/pay/", "/secapi/pay/",
                                                         "/wechat/", "/xdc/", "/sandboxnew/"};

std::string_view take_segment(std::string_view& path) {
    const std::size_t slash = std::min(path.find('/'), path.size());
    const std::string_view segment = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    return segment;
}

std::optional<std::string> decoded(std::string_view segment) {
    const auto view = boost::urls::make_pct_string_view({segment.data(), segment.size()});
    if (!view || segment.empty()) return std::nullopt;
    std::string text;
    for (const char c : **view) text += c;
    return text;
}

std::optional<std::vector<std::string>> arguments_of(std::string_view pattern,
                                                     std::string_view path) {
    std::vector<std::string> arguments;
    while (!pattern.empty() && !path.empty()) {
        const std::string_view wanted = take_segment(pattern);
        const std::string_view given = take_segment(path);
        if (wanted != "{}") {
            if (wanted != given) return std::nullopt;
            continue;
        }
        auto argument = decoded(given);
        if (!argument) return std::nullopt;
        arguments.push_back(*std::move(argument));
    }
    if (!pattern.empty() || !path.empty()) return std::nullopt;
    return arguments;
}

}  // namespace

std::span<const Route> routes() {
    return route_table;
}

std::optional<Match> find_route(std::string_view method, std::string_view path) {
    bool is_known = false;
    for (const Route& route : route_table) {
        auto arguments = arguments_of(route.path, path);
        if (!arguments) continue;
        if (route.method == method) return Match{&route, *std::move(arguments)};
        is_known = true;
    }
    if (!is_known) return std::nullopt;
    return Match{nullptr, {}};
}

bool is_wechat_path(std::string_view path) {
    return std::any_of(route_prefixes.begin(), route_prefixes.end(),
                       [&](std::string_view prefix) { return path.starts_with(prefix); });
}

}  // namespace tuma::wechat
