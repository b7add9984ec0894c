#include "protocols/mpesa/routes.h"

#include "protocols/kit/cached.h"
#include "protocols/mpesa/apis/b2b.h"
#include "protocols/mpesa/apis/b2c.h"
#include "protocols/mpesa/apis/bill_manager.h"
#include "protocols/mpesa/apis/c2b.h"
#include "protocols/mpesa/apis/enquiries.h"
#include "protocols/mpesa/apis/express.h"
#include "protocols/mpesa/apis/invoices.h"
#include "protocols/mpesa/apis/lookups.h"
#include "protocols/mpesa/apis/oauth.h"
#include "protocols/mpesa/apis/pull.h"
#include "protocols/mpesa/apis/qr_code.h"
#include "protocols/mpesa/apis/ratiba.h"
#include "protocols/mpesa/apis/reversal.h"
#include "protocols/mpesa/apis/stk.h"

#include <array>

namespace tuma::mpesa {
namespace {

using protocols::Answer;
using enum Product;

http::HttpReply tell_certificate(const protocols::Directory& directory) {
    const auto keys = protocols::find_profile(directory, certificate_profile, read_keys);
    // A stored key may be without its certificate.
    if (!keys || keys->certificate.empty()) return {.status = 404};
    return {.headers = {{"Content-Type", "application/x-pem-file"}}, .body = keys->certificate};
}

// Not Daraja's: with it clients encrypt initiators' passwords.
Answer certificate(const CallPtr& call) {
    return tell_certificate(call->context.directory);
}

// Source: mpesa reference, section 1.1.
constexpr std::array route_table{
    Route{"", "/oauth/v1/generate", generate_token, oauth},
    Route{"", "/mpesa/certificate", certificate, other},
    Route{"POST", "/mpesa/stkpush/v1/processrequest", push_prompt, stk},
    Route{"POST", "/mpesa/stkpushquery/v1/query", query_prompt, stk},
    Route{"POST", "/mpesa/stkpush/v1/query", query_prompt, stk, &Options::stk_query_alias},
    Route{"POST", "/mpesa/c2b/v1/registerurl", register_urls_v1, c2b},
    Route{"POST", "/mpesa/c2b/v2/registerurl", register_urls_v2, c2b},
    Route{"POST", "/mpesa/c2b/v1/simulate", simulate_payment, c2b},
    Route{"POST", "/mpesa/c2b/v2/simulate", simulate_payment, c2b},
    Route{"POST", "/mpesa/b2c/v1/paymentrequest", pay_customer_v1, b2c},
    Route{"POST", "/mpesa/b2c/v3/paymentrequest", pay_customer_v3, b2c},
    Route{"POST", "/mpesa/b2pochi/v1/paymentrequest", pay_pochi, b2c, &Options::b2pochi_path},
    Route{"POST", "/mpesa/b2b/v1/paymentrequest", pay_business, b2b},
    Route{"POST", "/mpesa/b2b/v1/remittax", remit_tax, b2b},
    Route{"POST", "/mpesa/accountbalance/v1/query", query_balance, balance},
    Route{"POST", "/mpesa/transactionstatus/v1/query", query_status, status},
    Route{"POST", "/mpesa/reversal/v1/request", reverse_payment, reversal},
    Route{"POST", "/mpesa/qrcode/v1/generate", generate_qr, qr},
    Route{"POST", "/sfcverify/v1/query/info", query_organisation, org},
    Route{"POST", "/imsi/v2/checkATI", query_swap, imsi},
    Route{"POST", "/imsi/v1/checkATI", query_identity, imsi},
    Route{"POST", "/registration/lookup/v1/checkATI", query_identity, imsi},
    Route{"POST", "/pulltransactions/v1/register", register_pull, pull},
    Route{"POST", "/pulltransactions/v1/query", query_pull, pull},
    Route{"POST", "/v1/ussdpush/get-msisdn", ask_merchant, express},
    Route{"POST", "/standingorder/v1/createStandingOrderExternal", create_standing_order, ratiba},
    Route{"POST", "/v1/billmanager-invoice/optin", opt_in, bill},
    Route{"POST", "/v1/billmanager-invoice/change-optin-details", change_opt_in, bill},
    Route{"POST", "/v1/billmanager-invoice/single-invoicing", send_invoice, bill},
    Route{"POST", "/v1/billmanager-invoice/bulk-invoicing", send_invoices, bill},
    Route{"POST", "/v1/billmanager-invoice/reconciliation", reconcile, bill},
    Route{"POST", "/v1/billmanager-invoice/cancel-single-invoice", cancel_invoice, bill},
    Route{"POST", "/v1/billmanager-invoice/cancel-bulk-invoices", cancel_invoices, bill},
};

// Source: mpesa reference, section 1.19.
constexpr std::string_view bill_part = "/v1/billmanager-invoice";
bool is_doubled(std::string_view path) {
    return path.starts_with(bill_part) && path.substr(bill_part.size()).starts_with(bill_part);
}

struct Family {
    std::string_view prefix;
    Product product;
};
constexpr std::array<Family, 17> families{{{"/mpesa/stkpush/", stk},
                                           {"/mpesa/stkpushquery/", stk},
                                           {"/mpesa/c2b/", c2b},
                                           {"/mpesa/b2c/", b2c},
                                           {"/mpesa/b2b/", b2b},
                                           {"/mpesa/accountbalance/", balance},
                                           {"/mpesa/transactionstatus/", status},
                                           {"/mpesa/reversal/", reversal},
                                           {"/mpesa/qrcode/", qr},
                                           {"/sfcverify/", org},
                                           {"/imsi/", imsi},
                                           {"/registration/", imsi},
                                           {"/pulltransactions/", pull},
                                           {"/v1/ussdpush/", express},
                                           {"/standingorder/", ratiba},
                                           {"/v1/billmanager-invoice/", bill},
                                           {"/oauth/", oauth}}};
}  // namespace

std::span<const Route> routes() {
    return route_table;
}

std::string_view path_of(std::string_view path, const Options& options) {
    if (options.bill_doubled_paths && is_doubled(path)) path.remove_prefix(bill_part.size());
    return path;
}

std::optional<Product> family_of(std::string_view path) {
    for (const Family& family : families)
        if (path.starts_with(family.prefix)) return family.product;
    return std::nullopt;
}

}  // namespace tuma::mpesa
