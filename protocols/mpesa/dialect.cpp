#include "protocols/mpesa/dialect.h"

#include "protocols/mpesa/mpesa_adapter.h"
#include "protocols/mpesa/profiles/numbers.h"
#include "protocols/mpesa/profiles/options.h"
#include "protocols/mpesa/profiles/profiles.h"
#include "protocols/mpesa/setup.h"
#include "protocols/mpesa/wire/kinds.h"
#include "protocols/mpesa/wire/result_codes.h"

#include <array>

namespace tuma::mpesa {
namespace {

constexpr std::array<std::string_view, 9> own_paths{"/mpesa/",         "/oauth/",
                                                    "/v1/ussdpush/",   "/v1/billmanager-invoice/",
                                                    "/standingorder/", "/pulltransactions/",
                                                    "/sfcverify/",     "/imsi/",
                                                    "/registration/"};
constexpr std::array<std::string_view, 2> own_hosts{"sandbox.safaricom.co.ke",
                                                    "api.safaricom.co.ke"};
constexpr std::array<std::string_view, 1> own_schemes{"mpesa-kenya"};
constexpr std::array<std::string_view, 4> own_tables{"mpesa.app", "mpesa.shortcode",
                                                     "mpesa.customer", "mpesa.options"};

std::optional<InputError> misnamed_number(std::string_view rest) {
    if (is_shortcode(rest)) return std::nullopt;
    return InputError{"name", "must end in a shortcode of 5 to 7 digits"};
}

using protocols::violation_of;
using protocols::violation_of_named;
using protocols::violation_of_secret;
constexpr std::array own_profiles{
    protocols::ProfileKind{"mpesa/app/", violation_of_named<read_app, &App::consumer_key>},
    protocols::ProfileKind{"mpesa/shortcode/",
                           violation_of_named<read_new_shortcode, &Shortcode::number>},
    protocols::ProfileKind{"mpesa/urls/", violation_of<read_urls>, misnamed_number},
    protocols::ProfileKind{"mpesa/pull/", violation_of<read_pull>, misnamed_number},
    protocols::ProfileKind{"mpesa/biller/", violation_of<read_biller>, misnamed_number},
    protocols::ProfileKind{"customer/",
                           violation_of_named<read_customer, &CustomerProfile::msisdn>},
    protocols::ProfileKind{options_profile, violation_of<read_options>},
    protocols::ProfileKind{certificate_profile, violation_of<read_keys>},
    protocols::ProfileKind{secret_profile, violation_of_secret}};

std::vector<std::uint16_t> decline_codes() {
    std::vector<std::uint16_t> codes;
    for (const ResultRow& row : result_table())
        if (row.number != result::success) codes.push_back(row.number);
    return codes;
}

}  // namespace

constinit const protocols::DialectInfo dialect{.name = "mpesa",
                                               .kind_first = kind_first,
                                               .kind_last = kind_last,
                                               .kind_names = kind_names,
                                               .key_prefix = "m/",
                                               .paths = own_paths,
                                               .hosts = own_hosts,
                                               .schemes = own_schemes,
                                               .tables = own_tables,
                                               .profiles = own_profiles,
                                               .decline_codes = decline_codes,
                                               .usual_decline = result::cancelled,
                                               .make = protocols::made<MpesaAdapter>,
                                               .default_tables = default_tables,
                                               .provision = provision,
                                               .client_files = client_files,
                                               .welcome = welcome};

}  // namespace tuma::mpesa
