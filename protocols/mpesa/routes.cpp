#include "protocols/mpesa/routes.h"

#include "protocols/mpesa/b2b.h"
#include "protocols/mpesa/b2c.h"
#include "protocols/mpesa/c2b.h"
#include "protocols/mpesa/enquiries.h"
#include "protocols/mpesa/qr_code.h"
#include "protocols/mpesa/reversal.h"
#include "protocols/mpesa/stk.h"

#include <algorithm>
#include <array>

namespace tuma::mpesa {
namespace {

// Source: mpesa reference, section 1.1.
constexpr std::array route_table{
    Route{"/mpesa/stkpush/v1/processrequest", Product::stk, push_prompt},
    Route{"/mpesa/stkpushquery/v1/query", Product::stk, query_prompt},
    Route{"/mpesa/stkpush/v1/query", Product::stk, query_prompt, &Options::stk_query_alias},
    Route{"/mpesa/c2b/v1/registerurl", Product::c2b, register_urls_v1},
    Route{"/mpesa/c2b/v2/registerurl", Product::c2b, register_urls_v2},
    Route{"/mpesa/c2b/v1/simulate", Product::c2b, simulate_payment},
    Route{"/mpesa/c2b/v2/simulate", Product::c2b, simulate_payment},
    Route{"/mpesa/b2c/v1/paymentrequest", Product::b2c, pay_customer_v1},
    Route{"/mpesa/b2c/v3/paymentrequest", Product::b2c, pay_customer_v3},
    Route{"/mpesa/b2pochi/v1/paymentrequest", Product::b2c, pay_pochi, &Options::b2pochi_path},
    Route{"/mpesa/b2b/v1/paymentrequest", Product::b2b, pay_business},
    Route{"/mpesa/b2b/v1/remittax", Product::b2b, remit_tax},
    Route{"/mpesa/accountbalance/v1/query", Product::balance, query_balance},
    Route{"/mpesa/transactionstatus/v1/query", Product::status, query_status},
    Route{"/mpesa/reversal/v1/request", Product::reversal, reverse_payment},
    Route{"/mpesa/qrcode/v1/generate", Product::qr, generate_qr},
};

struct Family {
    std::string_view prefix;
    Product product;
};
constexpr std::array<Family, 10> families{{{"/mpesa/stkpush/", Product::stk},
                                           {"/mpesa/stkpushquery/", Product::stk},
                                           {"/mpesa/c2b/", Product::c2b},
                                           {"/mpesa/b2c/", Product::b2c},
                                           {"/mpesa/b2b/", Product::b2b},
                                           {"/mpesa/accountbalance/", Product::balance},
                                           {"/mpesa/transactionstatus/", Product::status},
                                           {"/mpesa/reversal/", Product::reversal},
                                           {"/mpesa/qrcode/", Product::qr},
                                           {"/oauth/", Product::oauth}}};
constexpr std::array<std::string_view, 6> prefixes{"/mpesa/",         "/oauth/",
                                                   "/v1/ussdpush/",   "/v1/billmanager-invoice/",
                                                   "/standingorder/", "/pulltransactions/"};

}  // namespace

std::span<const Route> routes() {
    return route_table;
}

const Route* find_route(std::string_view path, const Options& options) {
    const auto found =
        std::find_if(route_table.begin(), route_table.end(), [&](const Route& route) {
            return route.path == path && (route.is_there == nullptr || options.*route.is_there);
        });
    return found == route_table.end() ? nullptr : &*found;
}

std::optional<Product> family_of(std::string_view path) {
    for (const Family& family : families)
        if (path.starts_with(family.prefix)) return family.product;
    return std::nullopt;
}

bool is_daraja_path(std::string_view path) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](std::string_view prefix) { return path.starts_with(prefix); });
}

}  // namespace tuma::mpesa
