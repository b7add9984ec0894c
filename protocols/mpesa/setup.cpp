#include "protocols/mpesa/setup.h"

#include "ledger/words/words.h"
#include "protocols/crypto/encoding.h"
#include "protocols/kit/cached.h"
#include "protocols/mpesa/orders/accounts.h"
#include "protocols/mpesa/profiles/options.h"
#include "protocols/mpesa/profiles/profiles.h"
#include "protocols/mpesa/profiles/sandbox.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

namespace tuma::mpesa {
namespace {

using protocols::Directory;
using protocols::Provision;

constexpr std::chrono::days certificate_life{3'650};

// What nobody else may know, drawn once.
void add_secrets(Provision& provision, const Directory& directory,
                 const protocols::Making& making) {
    // Drawn once and kept: a new secret would end all tokens, a new key all credentials that
    // clients have stored.
    if (directory.find(secret_profile) == nullptr)
        provision.profiles.emplace_back(secret_profile,
                                        crypto::hex_lower(making.bytes<32>("mpesa secret")));
    if (directory.find(certificate_profile) != nullptr) return;
    const protocols::KeyPair pair = protocols::draw_key_pair(
        making, "mpesa certificate", "tuma M-Pesa sandbox", certificate_life);
    provision.profiles.emplace_back(certificate_profile,
                                    to_json(CredentialKeys{pair.private_key, pair.certificate}));
}

bool contains(const std::vector<std::string>& list, std::string_view text) {
    return std::find(list.begin(), list.end(), text) != list.end();
}

// What the tables say.
struct Wanted {
    Sandbox sandbox;
    // Where the file says so.
    std::vector<std::string> app_places;
    std::vector<std::string> shortcode_places;
};

Wanted read_wanted(protocols::ProvisionTables& tables) {
    using protocols::Scope;
    using protocols::take_tables;
    // Before the tables are taken: the complaint names both lines.
    protocols::refuse_repeated(tables, "mpesa.app", "consumer_key", Scope::file);
    protocols::refuse_repeated(tables, "mpesa.shortcode", "number", Scope::file);
    protocols::refuse_repeated(tables, "mpesa.shortcode", "initiators.name", Scope::table);
    protocols::refuse_repeated(tables, "mpesa.customer", "msisdn", Scope::file);
    Wanted wanted;
    // Also before they are taken away, for complaints that need all tables at once.
    wanted.app_places = protocols::places_of(tables, "mpesa.app", "shortcodes");
    wanted.shortcode_places = protocols::places_of(tables, "mpesa.shortcode", "number");
    wanted.sandbox = {.apps = take_tables(tables, "mpesa.app", read_app),
                      .shortcodes = take_tables(tables, "mpesa.shortcode", read_new_shortcode),
                      .customers = take_tables(tables, "mpesa.customer", read_customer)};
    return wanted;
}

// Whose number is whose. The only app of a file may act for all numbers that there are; of several,
// each number of the file is named by one at least.
void assign_shortcodes(Wanted& wanted, const Directory& directory) {
    constexpr std::string_view prefix = "mpesa/shortcode/";
    Sandbox& sandbox = wanted.sandbox;
    std::vector<std::string> numbers;
    // Numbers of earlier files count as well: they are still in the books.
    for (const Shortcode& shortcode : sandbox.shortcodes) numbers.push_back(shortcode.number);
    for (const std::string& name : directory.names(prefix))
        if (!contains(numbers, name.substr(prefix.size())))
            numbers.push_back(name.substr(prefix.size()));
    if (sandbox.apps.size() == 1 && sandbox.apps.front().shortcodes.empty())
        sandbox.apps.front().shortcodes = numbers;
    for (std::size_t i = 0; i < sandbox.apps.size(); ++i)
        for (const std::string& number : sandbox.apps[i].shortcodes)
            // A number that nobody has is a misspelt one, and its app could do nothing with it.
            if (!contains(numbers, number))
                throw std::runtime_error(fmt::format("{}: shortcodes: {}", wanted.app_places[i],
                                                     none_of(number, numbers)));
    // One app alone may act for what nobody has named.
    if (sandbox.apps.size() < 2) return;
    for (std::size_t i = 0; i < sandbox.shortcodes.size(); ++i) {
        const std::string& number = sandbox.shortcodes[i].number;
        if (std::none_of(sandbox.apps.begin(), sandbox.apps.end(),
                         [&](const auto& app) { return contains(app.shortcodes, number); }))
            throw std::runtime_error(
                fmt::format("{0} {1}: there are several apps, and none of them names this number; "
                            "say whose it is, with shortcodes = [\"{1}\"] under its [[mpesa.app]]",
                            wanted.shortcode_places[i], number));
    }
}

// The default app as versions stored it that did not know whose number is whose.
bool is_outdated(const std::string& stored, const App& app) {
    const Result<App> read = read_app(stored);
    // With another secret somebody has changed it, and then it stays.
    return read && read->shortcodes.empty() && read->consumer_secret == app.consumer_secret;
}

}  // namespace

Provision provision(protocols::ProvisionTables* tables, const Directory& directory,
                    const protocols::Making& making) {
    Sandbox sandbox;
    Options options;
    Provision provision;
    if (tables == nullptr) {
        sandbox = default_sandbox();
        options =
            protocols::find_profile(directory, options_profile, read_options).value_or(Options{});
    } else {
        Wanted wanted = read_wanted(*tables);
        assign_shortcodes(wanted, directory);
        sandbox = std::move(wanted.sandbox);
        if (const auto given =
                protocols::take_options(*tables, "mpesa.options", directory, read_options)) {
            options = *given;
            provision.profiles.emplace_back(options_profile, to_json(options));
        }
    }
    for (const Shortcode& shortcode : sandbox.shortcodes)
        // All three accounts of each, so that no payment has to open one.
        for (const AccountSpec& account :
             {business_account(options, shortcode), working_account(options, shortcode),
              charges_account(shortcode)})
            provision.accounts.push_back(account);
    for (const CustomerProfile& customer : sandbox.customers)
        provision.accounts.push_back(customer_account(options, customer.msisdn));
    for (auto& [name, content] : profiles_of(sandbox)) {
        const auto stored = directory.find(name);
        // What somebody changed in the default set stays changed.
        const bool is_kept = tables == nullptr && stored != nullptr &&
                             !(name == app_profile(sandbox.apps.front().consumer_key) &&
                               is_outdated(*stored, sandbox.apps.front()));
        if (!is_kept) provision.profiles.emplace_back(name, std::move(content));
    }
    // Last: drawing a key pair takes the longest, and what is wrong with the file is told before.
    add_secrets(provision, directory, making);
    return provision;
}

std::vector<protocols::DefaultTable> default_tables() {
    std::vector<protocols::DefaultTable> tables;
    const Sandbox sandbox = default_sandbox();
    for (const App& app : sandbox.apps) tables.push_back({"mpesa.app", to_json(app)});
    for (const Shortcode& one : sandbox.shortcodes)
        tables.push_back({"mpesa.shortcode", to_json(one)});
    for (const CustomerProfile& one : sandbox.customers)
        tables.push_back({"mpesa.customer", to_json(one)});
    tables.push_back(protocols::default_options<Options>("mpesa.options", option_table()));
    return tables;
}

namespace {

// The first app and the first paybill with a passkey, to show.
struct Shown {
    std::optional<App> app;
    std::optional<Shortcode> shortcode;
};

Shown shown(const Directory& directory) {
    Shown shown;
    for (const std::string& name : directory.names("mpesa/app/"))
        if (!shown.app) shown.app = find_app(directory, name.substr(10));
    for (const std::string& name : directory.names("mpesa/shortcode/")) {
        auto shortcode = find_shortcode(directory, name.substr(16));
        if (shortcode && !shortcode->passkey.empty() && !shown.shortcode)
            shown.shortcode = std::move(shortcode);
    }
    return shown;
}

}  // namespace

std::vector<protocols::ClientFile> client_files(const Directory& directory,
                                                const std::filesystem::path& folder, Timestamp) {
    const Shown first = shown(directory);
    const auto keys = protocols::find_profile(directory, certificate_profile, read_keys);
    // A file with holes in it would only make a client fail later.
    if (!keys || !first.app || !first.shortcode) return {};
    const auto& initiators = first.shortcode->initiators;
    const auto of_initiator = [&](std::string Initiator::*member) {
        return initiators.empty() ? boost::json::value(nullptr)
                                  : boost::json::value(initiators.front().*member);
    };
    // Absolute, because clients are started from other folders.
    const auto certificate = std::filesystem::absolute(folder / "mpesa-certificate.pem");
    const boost::json::object facts{{"consumer_key", first.app->consumer_key},
                                    {"consumer_secret", first.app->consumer_secret},
                                    {"shortcode", first.shortcode->number},
                                    {"passkey", first.shortcode->passkey},
                                    {"initiator", of_initiator(&Initiator::name)},
                                    {"initiator_password", of_initiator(&Initiator::password)},
                                    {"certificate_file", certificate.string()}};
    return {{"mpesa-certificate.pem", keys->certificate},
            {"mpesa.json", boost::json::serialize(facts) + "\n"}};
}

std::string welcome(const Directory& directory, const protocols::Served& served) {
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
        served.http, first.app->consumer_key, first.app->consumer_secret, first.shortcode->number,
        first.shortcode->passkey, numbers, served.folder.string());
}

}  // namespace tuma::mpesa
