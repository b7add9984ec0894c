#include "protocols/mpesa/profiles.h"

#include "ledger/words.h"
#include "protocols/json_text.h"
#include "protocols/mpesa/numbers.h"
#include "protocols/stored_json.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <span>

namespace tuma::mpesa {
namespace {

constexpr std::array<std::string_view, 5> classes{"paybill-mgao", "paybill-customer-pays",
                                                  "paybill-business-pays", "till", "till-to-bank"};
constexpr std::array<std::string_view, 2> types{"paybill", "till"};
constexpr std::array<std::string_view, 5> roles{"b2c", "b2b", "balance", "status", "reversal"};
constexpr std::int64_t opening_max = 1'000'000'000'000;

constexpr std::array<std::string_view, 8> first_names{"NICHOLAS", "WANJIKU", "JOHN",  "AKINYI",
                                                      "PETER",    "NJERI",   "DAVID", "CHEBET"};
constexpr std::array<std::string_view, 8> middle_names{"JOHN", "MUTHONI", "", "ATIENO",
                                                       "KIP",  "",        "", "WAMBUI"};
constexpr std::array<std::string_view, 8> last_names{"SONGOK", "KAMAU",   "OTIENO", "MWANGI",
                                                     "KORIR",  "OCHIENG", "HASSAN", "MUTUA"};

template <typename T>
Result<T> finished(protocols::StoredJson& json, T value) {
    if (auto error = json.error()) return *error;
    return value;
}

void check_word(protocols::StoredJson& json, std::string_view field, std::string_view word,
                std::span<const std::string_view> words) {
    if (std::find(words.begin(), words.end(), word) == words.end())
        json.fail(field, none_of(word, words));
}

Initiator read_initiator(const boost::json::value& value, protocols::StoredJson& whole) {
    protocols::StoredJson json(value, "initiator");
    Initiator initiator;
    initiator.name = json.text("name");
    initiator.password = json.text("password");
    initiator.roles = json.texts("roles");
    initiator.locked = json.flag_or("locked", false);
    if (const auto error = json.error()) whole.fail("initiators." + error->field, error->reason);
    return initiator;
}

template <typename T>
std::optional<T> found(const std::shared_ptr<const std::string>& content,
                       Result<T> (*read)(std::string_view)) {
    if (content == nullptr) return std::nullopt;
    Result<T> value = read(*content);
    if (!value) return std::nullopt;
    return std::move(value).value();
}

}  // namespace

std::string to_json(const App& app) {
    return protocols::JsonText()
        .begin_object()
        .text("consumer_key", app.consumer_key)
        .text("consumer_secret", app.consumer_secret)
        .text("name", app.name)
        .texts("shortcodes", app.shortcodes)
        .end_object()
        .take();
}

std::string to_json(const Shortcode& shortcode) {
    protocols::JsonText json;
    json.begin_object()
        .text("number", shortcode.number)
        .text("type", shortcode.type)
        .text("class", shortcode.account_class)
        .text("passkey", shortcode.passkey)
        .text("name", shortcode.name)
        .begin_array("initiators");
    for (const Initiator& initiator : shortcode.initiators) {
        json.begin_object().text("name", initiator.name).text("password", initiator.password);
        json.texts("roles", initiator.roles).flag("locked", initiator.locked).end_object();
    }
    return json.end_array()
        .flag("external_validation", shortcode.external_validation)
        .text("head_office", shortcode.head_office)
        .number("utility_balance", shortcode.utility_balance)
        .number("working_balance", shortcode.working_balance)
        .end_object()
        .take();
}

std::string to_json(const CustomerProfile& customer) {
    return protocols::JsonText()
        .begin_object()
        .text("msisdn", customer.msisdn)
        .text("first_name", customer.first_name)
        .text("middle_name", customer.middle_name)
        .text("last_name", customer.last_name)
        .text("pin", customer.pin)
        .end_object()
        .take();
}

std::string to_json(const C2bUrls& urls) {
    return protocols::JsonText()
        .begin_object()
        .number("version", urls.version)
        .flag("silence_accepts", urls.silence_accepts)
        .text("confirmation", urls.confirmation)
        .text("validation", urls.validation)
        .end_object()
        .take();
}

std::string to_json(const CredentialKeys& keys) {
    return protocols::JsonText()
        .begin_object()
        .text("private_key", keys.private_key)
        .text("certificate", keys.certificate)
        .end_object()
        .take();
}

Result<App> read_app(std::string_view text) {
    protocols::StoredJson json(text, "app");
    App app;
    app.consumer_key = json.text("consumer_key");
    app.consumer_secret = json.text("consumer_secret");
    app.name = json.text_or("name", {});
    app.shortcodes = json.texts("shortcodes");
    if (app.consumer_key.empty()) json.fail("consumer_key", "is empty");
    for (const std::string& number : app.shortcodes)
        if (!is_shortcode(number))
            json.fail("shortcodes", "has \"" + number + "\", which has not 5 to 7 digits");
    return finished(json, std::move(app));
}

Result<Shortcode> read_shortcode(std::string_view text) {
    protocols::StoredJson json(text, "shortcode");
    Shortcode shortcode;
    shortcode.number = json.text("number");
    shortcode.type = json.text_or("type", shortcode.type);
    shortcode.account_class =
        json.text_or("class", shortcode.is_till() ? "till" : shortcode.account_class);
    shortcode.passkey = json.text_or("passkey", {});
    shortcode.name = json.text_or("name", {});
    if (const boost::json::array* initiators = json.array("initiators"))
        for (const boost::json::value& value : *initiators)
            shortcode.initiators.push_back(read_initiator(value, json));
    shortcode.external_validation = json.flag_or("external_validation", false);
    shortcode.head_office = json.text_or("head_office", {});
    shortcode.utility_balance = json.number_or("utility_balance", 0);
    shortcode.working_balance = json.number_or("working_balance", 0);
    if (!is_shortcode(shortcode.number)) json.fail("number", "has not 5 to 7 digits");
    if (!shortcode.head_office.empty() && !is_shortcode(shortcode.head_office))
        json.fail("head_office", "has not 5 to 7 digits");
    check_word(json, "type", shortcode.type, types);
    check_word(json, "class", shortcode.account_class, classes);
    for (const std::int64_t balance : {shortcode.utility_balance, shortcode.working_balance})
        if (balance < 0 || balance > opening_max) json.fail("utility_balance", "is out of bounds");
    return finished(json, std::move(shortcode));
}

Result<Shortcode> read_new_shortcode(std::string_view text) {
    Result<Shortcode> shortcode = read_shortcode(text);
    if (!shortcode) return shortcode;
    for (const Initiator& initiator : shortcode->initiators)
        for (const std::string& role : initiator.roles)
            if (std::find(roles.begin(), roles.end(), role) == roles.end())
                return InputError{"initiators.roles", none_of(role, roles)};
    return shortcode;
}

Result<CustomerProfile> read_customer(std::string_view text) {
    protocols::StoredJson json(text, "customer");
    CustomerProfile customer;
    customer.msisdn = json.text("msisdn");
    customer.first_name = json.text_or("first_name", {});
    customer.middle_name = json.text_or("middle_name", {});
    customer.last_name = json.text_or("last_name", {});
    customer.pin = json.text_or("pin", {});
    if (!is_msisdn(customer.msisdn)) json.fail("msisdn", "is not 254 and nine digits");
    return finished(json, std::move(customer));
}

Result<C2bUrls> read_urls(std::string_view text) {
    protocols::StoredJson json(text, "urls");
    C2bUrls urls;
    urls.version = json.number_or("version", 1);
    urls.silence_accepts = json.flag_or("silence_accepts", true);
    urls.confirmation = json.text("confirmation");
    urls.validation = json.text_or("validation", {});
    return finished(json, std::move(urls));
}

Result<CredentialKeys> read_keys(std::string_view text) {
    protocols::StoredJson json(text, "certificate");
    CredentialKeys keys;
    keys.private_key = json.text("private_key");
    keys.certificate = json.text_or("certificate", {});
    return finished(json, std::move(keys));
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
    return found(directory.find(app_profile(consumer_key)), read_app);
}

std::optional<Shortcode> find_shortcode(const protocols::Directory& directory,
                                        std::string_view number) {
    return found(directory.find(shortcode_profile(number)), read_shortcode);
}

std::optional<C2bUrls> find_urls(const protocols::Directory& directory, std::string_view number) {
    return found(directory.find(urls_profile(number)), read_urls);
}

CustomerProfile customer_of(const protocols::Directory& directory, std::string_view msisdn) {
    if (auto known = found(directory.find(customer_profile(msisdn)), read_customer)) return *known;
    const std::size_t sum = std::accumulate(
        msisdn.begin(), msisdn.end(), std::size_t{0},
        [](std::size_t all, char c) { return all * 31 + static_cast<unsigned char>(c); });
    CustomerProfile customer;
    customer.msisdn = msisdn;
    customer.first_name = first_names[sum % first_names.size()];
    customer.middle_name = middle_names[sum % middle_names.size()];
    customer.last_name = last_names[sum / first_names.size() % last_names.size()];
    return customer;
}

std::string full_name(const CustomerProfile& customer) {
    std::string name = customer.first_name;
    for (const std::string* part : {&customer.middle_name, &customer.last_name}) {
        if (!name.empty() && !part->empty()) name += ' ';
        name += *part;
    }
    return name;
}

}  // namespace tuma::mpesa
