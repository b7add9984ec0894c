#include "protocols/mpesa/profiles/profiles.h"

#include "ledger/words/words.h"
#include "protocols/kit/cached.h"
#include "protocols/mpesa/profiles/numbers.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <set>
#include <span>
#include <utility>

namespace tuma::mpesa {
namespace {

constexpr std::array<std::string_view, 5> roles{"b2c", "b2b", "balance", "status", "reversal"};
constexpr std::array<std::string_view, 14> products{
    "stk", "c2b", "b2c",  "b2b",  "balance", "status", "reversal",
    "qr",  "org", "imsi", "pull", "express", "ratiba", "bill"};
constexpr std::int64_t opening_max = 1'000'000'000'000;

constexpr std::array<std::string_view, 8> first_names{"NICHOLAS", "WANJIKU", "JOHN",  "AKINYI",
                                                      "PETER",    "NJERI",   "DAVID", "CHEBET"};
constexpr std::array<std::string_view, 8> middle_names{"JOHN", "MUTHONI", "", "ATIENO",
                                                       "KIP",  "",        "", "WAMBUI"};
constexpr std::array<std::string_view, 8> last_names{"SONGOK", "KAMAU",   "OTIENO", "MWANGI",
                                                     "KORIR",  "OCHIENG", "HASSAN", "MUTUA"};

// Why a text has the wrong shape.
std::string_view check_shortcode(std::string_view text) {
    return is_shortcode(text) ? "" : "has not 5 to 7 digits";
}
std::string_view check_head_office(std::string_view text) {
    return text.empty() ? "" : check_shortcode(text);
}
std::string_view check_msisdn(std::string_view text) {
    return is_msisdn(text) ? "" : "is not 254 and nine digits";
}
std::string_view check_key(std::string_view text) {
    return text.empty() ? "is empty" : "";
}

// "2026-09-01", or empty.
std::string_view check_date(std::string_view text) {
    if (text.empty()) return "";
    const bool has_dashes = text.size() == 10 && text[4] == '-' && text[7] == '-';
    const bool is_date = has_dashes && is_compact_time(std::string(text.substr(0, 4)) +
                                                       std::string(text.substr(5, 2)) +
                                                       std::string(text.substr(8, 2)) + "000000");
    return is_date ? "" : "is no date like 2026-09-01";
}

std::string_view check_product(std::string_view text) {
    return std::find(products.begin(), products.end(), text) != products.end()
               ? ""
               : "is none of stk, c2b, b2c, b2b, balance, status, reversal, qr, org, imsi, pull, "
                 "express, ratiba, bill";
}

using A = protocols::Rows<App>;
const std::array app_rows{A::required(A::text("consumer_key", &App::consumer_key, {}, check_key)),
                          A::required(A::text("consumer_secret", &App::consumer_secret)),
                          A::text("name", &App::name),
                          A::texts("shortcodes", &App::shortcodes, {}, check_shortcode),
                          A::sparse(A::texts("products", &App::products, {}, check_product))};

using I = protocols::Rows<Initiator>;
const std::array initiator_rows{I::required(I::text("name", &Initiator::name)),
                                I::required(I::text("password", &Initiator::password)),
                                I::texts("roles", &Initiator::roles),
                                I::flag("locked", &Initiator::locked)};

using S = protocols::Rows<Shortcode>;
const std::array shortcode_rows{
    S::required(S::text("number", &Shortcode::number, {}, check_shortcode)),
    S::word("type", &Shortcode::type, "paybill|till"),
    S::word("class", &Shortcode::account_class,
            "paybill-mgao|paybill-customer-pays|paybill-business-pays|till|till-to-bank"),
    S::text("passkey", &Shortcode::passkey),
    S::text("name", &Shortcode::name),
    S::objects("initiators", &Shortcode::initiators,
               std::span<const protocols::FieldRow<Initiator>>{initiator_rows}),
    S::flag("external_validation", &Shortcode::external_validation),
    S::text("head_office", &Shortcode::head_office, {}, check_head_office),
    S::number("utility_balance", &Shortcode::utility_balance, 0, opening_max),
    S::number("working_balance", &Shortcode::working_balance, 0, opening_max)};

using P = protocols::Rows<CustomerProfile>;
const std::array customer_rows{
    P::required(P::text("msisdn", &CustomerProfile::msisdn, {}, check_msisdn)),
    P::text("first_name", &CustomerProfile::first_name),
    P::text("middle_name", &CustomerProfile::middle_name),
    P::text("last_name", &CustomerProfile::last_name),
    P::text("pin", &CustomerProfile::pin),
    P::sparse(P::text("swapped_on", &CustomerProfile::swapped_on, {}, check_date)),
    P::sparse(P::text("registered_on", &CustomerProfile::registered_on, {}, check_date))};

using L = protocols::Rows<PullProfile>;
const std::array pull_rows{L::required(L::text("nominated", &PullProfile::nominated)),
                           L::required(L::text("url", &PullProfile::url))};

using B = protocols::Rows<Biller>;
const std::array biller_rows{B::required(B::text("app_key", &Biller::app_key, {}, check_key)),
                             B::text("email", &Biller::email),
                             B::text("contact", &Biller::contact),
                             B::flag("reminders", &Biller::has_reminders),
                             B::sparse(B::text("logo", &Biller::logo)),
                             B::required(B::text("url", &Biller::url))};

using U = protocols::Rows<C2bUrls>;
const std::array url_rows{U::number("version", &C2bUrls::version, 1, 2),
                          U::flag("silence_accepts", &C2bUrls::silence_accepts),
                          U::required(U::text("confirmation", &C2bUrls::confirmation)),
                          U::text("validation", &C2bUrls::validation)};

using K = protocols::Rows<CredentialKeys>;
const std::array key_rows{K::required(K::text("private_key", &CredentialKeys::private_key)),
                          K::text("certificate", &CredentialKeys::certificate)};

}  // namespace

std::span<const protocols::FieldRow<C2bUrls>> url_table() {
    return url_rows;
}

std::span<const std::string_view> product_names() {
    return products;
}

std::string to_json(const App& app) {
    return protocols::record_json<App>(app_rows, app);
}

std::string to_json(const Shortcode& shortcode) {
    return protocols::record_json<Shortcode>(shortcode_rows, shortcode);
}

std::string to_json(const CustomerProfile& customer) {
    return protocols::record_json<CustomerProfile>(customer_rows, customer);
}

std::string to_json(const C2bUrls& urls) {
    return protocols::record_json<C2bUrls>(url_rows, urls);
}

std::string to_json(const PullProfile& pull) {
    return protocols::record_json<PullProfile>(pull_rows, pull);
}

Result<PullProfile> read_pull(std::string_view text) {
    return protocols::read_record<PullProfile>(pull_rows, text, "pull");
}

std::string pull_profile(std::string_view number) {
    return "mpesa/pull/" + std::string(number);
}

std::string to_json(const Biller& biller) {
    return protocols::record_json<Biller>(biller_rows, biller);
}

Result<Biller> read_biller(std::string_view text) {
    return protocols::read_record<Biller>(biller_rows, text, "biller");
}

std::string biller_profile(std::string_view number) {
    return "mpesa/biller/" + std::string(number);
}

std::string to_json(const CredentialKeys& keys) {
    return protocols::record_json<CredentialKeys>(key_rows, keys);
}

Result<App> read_app(std::string_view text) {
    return protocols::read_record<App>(app_rows, text, "app");
}

Result<Shortcode> read_shortcode(std::string_view text) {
    // The default class is a PayBill's. Emptied, so that a till without one can be told from one
    // that says so.
    Shortcode fresh;
    fresh.account_class.clear();
    Result<Shortcode> read =
        protocols::read_record<Shortcode>(shortcode_rows, text, "shortcode", std::move(fresh));
    if (!read) return read;
    Shortcode shortcode = std::move(read).value();
    // What is not said follows from the type.
    if (shortcode.account_class.empty())
        shortcode.account_class = shortcode.is_till() ? "till" : Shortcode{}.account_class;
    return shortcode;
}

Result<Shortcode> read_new_shortcode(std::string_view text) {
    Result<Shortcode> shortcode = read_shortcode(text);
    if (!shortcode) return shortcode;
    // Only for what is stored anew: profiles that are in the journal already are read as they are.
    std::set<std::string_view> names;
    for (const Initiator& initiator : shortcode->initiators)
        if (!names.insert(initiator.name).second)
            return InputError{"initiators.name", shown_word(initiator.name) + " is there twice"};
    for (const Initiator& initiator : shortcode->initiators)
        for (const std::string& role : initiator.roles)
            if (std::find(roles.begin(), roles.end(), role) == roles.end())
                return InputError{"initiators.roles", none_of(role, roles)};
    return shortcode;
}

Result<CustomerProfile> read_customer(std::string_view text) {
    return protocols::read_record<CustomerProfile>(customer_rows, text, "customer");
}

Result<C2bUrls> read_urls(std::string_view text) {
    return protocols::read_record<C2bUrls>(url_rows, text, "urls");
}

Result<CredentialKeys> read_keys(std::string_view text) {
    return protocols::read_record<CredentialKeys>(key_rows, text, "certificate");
}

std::string app_profile(std::string_view consumer_key) {
    return "mpesa/app/" + std::string(consumer_key);
}

std::string shortcode_profile(std::string_view number) {
    return "mpesa/shortcode/" + std::string(number);
}

std::string customer_profile(std::string_view msisdn) {
    return "customer/" + std::string(msisdn);
}

std::string urls_profile(std::string_view number) {
    return "mpesa/urls/" + std::string(number);
}

std::optional<App> find_app(const protocols::Directory& directory, std::string_view consumer_key) {
    return protocols::find_profile(directory, app_profile(consumer_key), read_app);
}

std::optional<Shortcode> find_shortcode(const protocols::Directory& directory,
                                        std::string_view number) {
    return protocols::find_profile(directory, shortcode_profile(number), read_shortcode);
}

std::optional<C2bUrls> find_urls(const protocols::Directory& directory, std::string_view number) {
    return protocols::find_profile(directory, urls_profile(number), read_urls);
}

std::optional<Biller> find_biller(const protocols::Directory& directory, std::string_view number) {
    return protocols::find_profile(directory, biller_profile(number), read_biller);
}

CustomerProfile customer_of(const protocols::Directory& directory, std::string_view msisdn) {
    if (auto known = protocols::find_profile(directory, customer_profile(msisdn), read_customer))
        return *known;
    // A name is made of the number, so that a customer has the same one in every callback and every
    // run without being stored.
    const std::size_t sum = std::accumulate(
        msisdn.begin(), msisdn.end(), std::size_t{0},
        [](std::size_t all, char c) { return all * 31 + static_cast<unsigned char>(c); });
    CustomerProfile customer;
    customer.msisdn = msisdn;
    customer.first_name = first_names[sum % first_names.size()];
    customer.middle_name = middle_names[sum % middle_names.size()];
    // Another part of the sum, so that first and last names do not always come together.
    customer.last_name = last_names[sum / first_names.size() % last_names.size()];
    return customer;
}

std::string full_name(const CustomerProfile& customer) {
    std::string name = customer.first_name;
    for (const std::string* part : {&customer.middle_name, &customer.last_name}) {
        // Some have no middle name, and two blanks would show.
        if (!name.empty() && !part->empty()) name += ' ';
        name += *part;
    }
    return name;
}

}  // namespace tuma::mpesa
