#include "switch/mpesa_setup.h"

#include "ledger/words.h"
#include "protocols/crypto/certificate.h"
#include "protocols/crypto/encoding.h"
#include "protocols/crypto/rsa.h"
#include "protocols/mpesa/options.h"
#include "protocols/mpesa/profiles.h"
#include "protocols/mpesa/sandbox.h"
#include "switch/written_file.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

namespace tuma {
namespace {

using protocols::AccountWish;
using protocols::Directory;
using protocols::Provision;

constexpr std::int64_t cents_per_shilling = 100;
constexpr std::chrono::days certificate_life{3'650};

// Shillings of a profile in minor units.
std::int64_t cents(std::int64_t shillings) {
    return shillings * cents_per_shilling;
}

std::vector<AccountWish> accounts_of(const mpesa::Shortcode& shortcode,
                                     const mpesa::Options& options) {
    const std::string trust = options.scheme + ".trust";
    AccountWish main{.identity = shortcode.number,
                     .scheme = options.scheme,
                     .account_class = shortcode.account_class,
                     .opening = cents(shortcode.utility_balance),
                     .funded_by = trust};
    if (shortcode.account_class == "till-to-bank")
        main.kind = ledger::AccountKind::settlement_payable;
    AccountWish working{.identity = shortcode.number + ".working",
                        .opening = cents(shortcode.working_balance),
                        .funded_by = trust};
    AccountWish charges{.identity = shortcode.number + ".charges", .has_floor = false};
    return {std::move(main), std::move(working), std::move(charges)};
}

AccountWish account_of(const mpesa::CustomerProfile& customer, const mpesa::Options& options) {
    return {.identity = customer.msisdn,
            .kind = ledger::AccountKind::wallet,
            .scheme = options.scheme,
            .account_class = "customer",
            .opening = cents(options.opening_balance),
            .funded_by = options.scheme + ".trust"};
}

// What nobody else may know, drawn once.
void add_secrets(Provision& provision, const Directory& directory, const Making& making) {
    if (directory.find(mpesa::secret_profile) == nullptr)
        provision.profiles.emplace_back(
            mpesa::secret_profile, crypto::hex_lower(making.entropy.bytes<32>("mpesa secret")));
    if (directory.find(mpesa::certificate_profile) != nullptr) return;
    const crypto::PrivateKey key = crypto::PrivateKey::generate();
    crypto::CertificateTerms terms;
    terms.common_name = "tuma M-Pesa sandbox";
    terms.organization = "tuma";
    terms.serial = crypto::certificate_serial(making.entropy.bytes<20>("mpesa certificate"));
    terms.not_before = making.outside - std::chrono::days{1};
    terms.not_after = making.outside + certificate_life;
    const auto certificate = crypto::make_self_signed(terms, key);
    ensure(certificate.has_value(), "terms of our own make a certificate");
    provision.profiles.emplace_back(
        mpesa::certificate_profile,
        mpesa::to_json(mpesa::CredentialKeys{key.pem(), certificate->pem()}));
}

bool contains(const std::vector<std::string>& list, std::string_view text) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

// Whose number is whose. The only app of a file may act for all numbers that there are; of several,
// each number of the file is named by one at least.
void assign_shortcodes(mpesa::Sandbox& sandbox, const Directory& directory) {
    constexpr std::string_view prefix = "mpesa/shortcode/";
    std::vector<std::string> numbers;
    for (const mpesa::Shortcode& shortcode : sandbox.shortcodes)
        numbers.push_back(shortcode.number);
    for (const std::string& name : directory.names(prefix))
        if (!contains(numbers, name.substr(prefix.size())))
            numbers.push_back(name.substr(prefix.size()));
    if (sandbox.apps.size() == 1 && sandbox.apps.front().shortcodes.empty())
        sandbox.apps.front().shortcodes = numbers;
    for (const mpesa::App& app : sandbox.apps)
        for (const std::string& number : app.shortcodes)
            if (!contains(numbers, number))
                throw std::runtime_error(fmt::format("mpesa.app {}: shortcodes: {}",
                                                     app.consumer_key, none_of(number, numbers)));
    if (sandbox.apps.size() < 2) return;
    for (const mpesa::Shortcode& shortcode : sandbox.shortcodes)
        if (std::none_of(sandbox.apps.begin(), sandbox.apps.end(), [&](const auto& app) {
                return contains(app.shortcodes, shortcode.number);
            }))
            throw std::runtime_error(fmt::format(
                "mpesa.shortcode {0}: there are several apps, and none of them names this number; "
                "say whose it is, with shortcodes = [\"{0}\"] under its [[mpesa.app]]",
                shortcode.number));
}

// The default app as versions stored it that did not know whose number is whose.
bool is_outdated(const std::string& stored, const mpesa::App& app) {
    const Result<mpesa::App> read = mpesa::read_app(stored);
    return read && read->shortcodes.empty() && read->consumer_secret == app.consumer_secret;
}

struct Wanted {
    mpesa::Sandbox sandbox;
    mpesa::Options options;
    bool has_options = false;
};

Wanted read_wanted(ProvisionFile& file) {
    Wanted wanted;
    wanted.sandbox.apps = take_tables(file, "mpesa.app", mpesa::read_app);
    wanted.sandbox.shortcodes = take_tables(file, "mpesa.shortcode", mpesa::read_new_shortcode);
    wanted.sandbox.customers = take_tables(file, "mpesa.customer", mpesa::read_customer);
    const auto options = take_tables(file, "mpesa.options", mpesa::read_options);
    if (options.size() > 1)
        throw std::runtime_error("mpesa.options is there twice; write one [mpesa.options]");
    wanted.has_options = !options.empty();
    if (wanted.has_options) wanted.options = options.front();
    return wanted;
}

mpesa::Options options_in_force(const Directory& directory) {
    const auto stored = directory.find(mpesa::options_profile);
    if (stored == nullptr) return {};
    const Result<mpesa::Options> options = mpesa::read_options(*stored);
    return options ? *options : mpesa::Options{};
}

}  // namespace

Provision mpesa_provision(ProvisionFile* file, const Directory& directory, const Making& making) {
    Wanted wanted;
    if (file != nullptr) {
        wanted = read_wanted(*file);
        assign_shortcodes(wanted.sandbox, directory);
        if (wanted.has_options) check_scheme(directory, "mpesa.options", wanted.options.scheme);
    } else {
        wanted.sandbox = mpesa::default_sandbox();
        wanted.options = options_in_force(directory);
    }
    Provision provision;
    for (const mpesa::Shortcode& shortcode : wanted.sandbox.shortcodes)
        for (AccountWish& wish : accounts_of(shortcode, wanted.options))
            provision.accounts.push_back(std::move(wish));
    for (const mpesa::CustomerProfile& customer : wanted.sandbox.customers)
        provision.accounts.push_back(account_of(customer, wanted.options));
    for (auto& [name, content] : mpesa::profiles_of(wanted.sandbox)) {
        // What somebody changed in the default set stays changed.
        if (file == nullptr && directory.find(name) != nullptr &&
            !(name == mpesa::app_profile(wanted.sandbox.apps.front().consumer_key) &&
              is_outdated(*directory.find(name), wanted.sandbox.apps.front())))
            continue;
        provision.profiles.emplace_back(name, std::move(content));
    }
    if (wanted.has_options)
        provision.profiles.emplace_back(mpesa::options_profile, mpesa::to_json(wanted.options));
    add_secrets(provision, directory, making);
    return provision;
}

namespace {

// The first app and the first paybill with a passkey, to show.
struct Shown {
    std::optional<mpesa::App> app;
    std::optional<mpesa::Shortcode> shortcode;
};

Shown shown(const Directory& directory) {
    Shown shown;
    for (const std::string& name : directory.names("mpesa/app/"))
        if (!shown.app) shown.app = mpesa::find_app(directory, name.substr(10));
    for (const std::string& name : directory.names("mpesa/shortcode/")) {
        auto shortcode = mpesa::find_shortcode(directory, name.substr(16));
        if (shortcode && !shortcode->passkey.empty() && !shown.shortcode)
            shown.shortcode = std::move(shortcode);
    }
    return shown;
}

}  // namespace

void write_mpesa_files(const std::filesystem::path& folder, const Directory& directory) {
    const Shown first = shown(directory);
    const auto stored = directory.find(mpesa::certificate_profile);
    const auto keys = mpesa::read_keys(stored == nullptr ? "" : *stored);
    if (!keys || !first.app || !first.shortcode) return;
    write_whole_file(folder / "mpesa-certificate.pem", keys->certificate);
    const boost::json::object facts{
        {"consumer_key", first.app->consumer_key},
        {"consumer_secret", first.app->consumer_secret},
        {"shortcode", first.shortcode->number},
        {"passkey", first.shortcode->passkey},
        {"initiator", first.shortcode->initiators.empty()
                          ? boost::json::value(nullptr)
                          : boost::json::value(first.shortcode->initiators.front().name)},
        {"initiator_password",
         first.shortcode->initiators.empty()
             ? boost::json::value(nullptr)
             : boost::json::value(first.shortcode->initiators.front().password)},
        {"certificate_file", std::filesystem::absolute(folder / "mpesa-certificate.pem").string()}};
    write_whole_file(folder / "mpesa.json", boost::json::serialize(facts) + "\n");
}

std::string mpesa_welcome(const Directory& directory, const std::string& http,
                          const std::filesystem::path& folder) {
    const Shown first = shown(directory);
    if (!first.app || !first.shortcode) return {};
    std::string numbers;
    for (const std::string& name : directory.names("mpesa/shortcode/"))
        numbers += (numbers.empty() ? "" : " ") + name.substr(16);
    return fmt::format(
        "M-Pesa (Daraja) at http://{0}\n"
        "  consumer key     {1}\n"
        "  consumer secret  {2}\n"
        "  shortcode        {3}, passkey {4}\n"
        "  all shortcodes   {5}\n"
        "  initiator        in {6}/mpesa.json; certificate {6}/mpesa-certificate.pem\n"
        "  mpesa-node       const m = new Mpesa({{consumerKey, consumerSecret, "
        "lipaNaMpesaShortCode: '{3}', ...}}); m.baseURL = 'http://{0}'\n"
        "  curl             curl -u {1}:{2} "
        "'http://{0}/oauth/v1/generate?grant_type=client_credentials'\n",
        http, first.app->consumer_key, first.app->consumer_secret, first.shortcode->number,
        first.shortcode->passkey, numbers, folder.string());
}

}  // namespace tuma
