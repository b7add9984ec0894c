#include "protocols/wechat/setup.h"

#include "protocols/crypto/certificate.h"
#include "protocols/crypto/encoding.h"
#include "protocols/kit/cached.h"
#include "protocols/wechat/orders/trades.h"
#include "protocols/wechat/profiles/known_keys.h"
#include "protocols/wechat/profiles/options.h"
#include "protocols/wechat/profiles/profiles.h"
#include "protocols/wechat/profiles/sandbox.h"
#include "protocols/wechat/v3/certificates.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <utility>
#include <vector>

namespace tuma::wechat {
namespace {

using protocols::Directory;
using protocols::Provision;

constexpr std::chrono::days certificate_life{5 * 365};

Platform draw_platform(const protocols::Making& making) {
    Platform platform;
    platform.certificates.push_back(make_platform_certificate(
        making.bytes<sizeof(protocols::Entropy)>("wechat platform"), making.outside, making.now));
    platform.public_key_id = sandbox_public_key_id;
    // Another key than the certificate's, so that a client that mixes the two up fails.
    platform.public_key_private = crypto::PrivateKey::generate().pem();
    platform.secret = crypto::hex_lower(making.bytes<32>("wechat secret"));
    return platform;
}

Options options_in_force(const Directory& directory) {
    return protocols::find_profile(directory, options_profile, read_options).value_or(Options{});
}

// What the file says, or the sandbox.
std::vector<Merchant> wanted_merchants(protocols::ProvisionTables* file,
                                       const Directory& directory) {
    if (file != nullptr) {
        protocols::refuse_repeated(*file, "wechat.merchant", "mchid", protocols::Scope::file);
        return protocols::take_tables(*file, "wechat.merchant", read_merchant);
    }
    Merchant merchant = default_merchant();
    // What somebody changed in the default set stays changed.
    if (directory.find(merchant_profile(merchant.mchid)) != nullptr) return {};
    return {std::move(merchant)};
}

// A merchant that brings no key pair gets one, as the portal's tool would make it; once.
void complete(Merchant& merchant, const Directory& directory, const protocols::Making& making) {
    // The merchant has its own key, which nobody else needs to know.
    if (!merchant.certificates.empty()) return;
    const auto before =
        protocols::find_profile(directory, merchant_profile(merchant.mchid), read_merchant);
    // Otherwise each start with the same file would make the clients' keys useless.
    if (before && !before->private_key.empty()) {
        merchant.private_key = before->private_key;
        merchant.certificates = before->certificates;
        return;
    }
    protocols::KeyPair pair = protocols::draw_key_pair(making, "wechat merchant " + merchant.mchid,
                                                       merchant.mchid, certificate_life);
    merchant.private_key = std::move(pair.private_key);
    merchant.certificates = {std::move(pair.certificate)};
}

}  // namespace

Provision provision(protocols::ProvisionTables* tables, const Directory& directory,
                    const protocols::Making& making) {
    Provision provision;
    Options options = options_in_force(directory);
    if (tables != nullptr) {
        // Before the merchants, whose accounts depend on the options.
        if (const auto given =
                protocols::take_options(*tables, "wechat.options", directory, read_options)) {
            options = *given;
            provision.profiles.emplace_back(options_profile, to_json(options));
        }
    }
    std::vector<Merchant> merchants = wanted_merchants(tables, directory);
    for (Merchant& merchant : merchants) {
        complete(merchant, directory, making);
        provision.accounts.push_back(merchant_account(options, merchant));
        // Transfers to persons are paid from this one; it is opened with money, because nothing
        // flows into it.
        provision.accounts.push_back(operating_account(options, merchant));
        provision.profiles.emplace_back(merchant_profile(merchant.mchid), to_json(merchant));
    }
    // Who pays orders that name no payer, as at a till with a printed code.
    if (!merchants.empty()) provision.accounts.push_back(customer_account(options, options.payer));
    // Drawn once: clients have stored its certificates.
    if (directory.find(platform_profile) == nullptr)
        provision.profiles.emplace_back(platform_profile, to_json(draw_platform(making)));
    return provision;
}

std::vector<protocols::DefaultTable> default_tables() {
    return {{"wechat.merchant", to_json(default_merchant())},
            protocols::default_options<Options>("wechat.options", option_table())};
}

namespace {

// Key and certificate in one file. Both were made here, so that they fit.
std::string together(const Merchant& merchant) {
    return crypto::pkcs12(crypto::Certificate::read(merchant.certificates.front()).value(),
                          crypto::PrivateKey::read(merchant.private_key).value(), merchant.mchid);
}

// The first merchant whose key tuma has, to show.
MerchantPtr shown(const Directory& directory) {
    KnownKeys keys;
    for (const std::string& name : directory.names(merchant_prefix)) {
        auto merchant = keys.merchant(directory, name.substr(merchant_prefix.size()));
        // Without the private key there is nothing to show that would work.
        if (merchant != nullptr && !merchant->profile.private_key.empty() &&
            !merchant->profile.appids.empty())
            return merchant;
    }
    return nullptr;
}

}  // namespace

std::vector<protocols::ClientFile> client_files(const Directory& directory,
                                                const std::filesystem::path& folder,
                                                Timestamp now) {
    const MerchantPtr merchant = shown(directory);
    const PlatformPtr platform = KnownKeys{}.platform(directory);
    if (merchant == nullptr || platform == nullptr) return {};
    const auto path = [&](const char* name) {
        // Absolute, because clients are started from other folders.
        return std::filesystem::absolute(folder / name).string();
    };
    const Merchant& profile = merchant->profile;
    // The one that signs at present, not the newest: a renewed one may not sign yet.
    const PlatformKey& signing = platform->signing(now);
    const boost::json::object facts{
        {"mchid", profile.mchid},
        {"appid", profile.appids.front()},
        {"apiv3_key", profile.apiv3_key},
        {"v2_key", profile.v2_key},
        {"serial_no", merchant->keys.front().serial},
        {"private_key_file", path("apiclient_key.pem")},
        {"certificate_file", path("apiclient_cert.pem")},
        {"p12_file", path("apiclient_cert.p12")},
        {"platform_serial", signing.key.serial},
        {"platform_certificate_file", path("wechat-platform-certificate.pem")},
        {"public_key_id", platform->public_key.serial},
        {"public_key_file", path("pub_key.pem")},
        {"openid", options_in_force(directory).payer}};
    // The names under which the service's own tool and portal give them away; the password of the
    // one in PKCS #12 is the mchid.
    return {{"apiclient_key.pem", profile.private_key},
            {"apiclient_cert.pem", profile.certificates.front()},
            {"apiclient_cert.p12", together(profile)},
            {"pub_key.pem", platform->public_key.key.public_key().pem()},
            {"wechat-platform-certificate.pem", signing.certificate},
            {"wechat.json", boost::json::serialize(facts) + "\n"}};
}

std::string welcome(const Directory& directory, const protocols::Served& served) {
    const MerchantPtr merchant = shown(directory);
    const PlatformPtr platform = KnownKeys{}.platform(directory);
    if (merchant == nullptr || platform == nullptr) return {};
    const Merchant& profile = merchant->profile;
    // A client that verifies by the other key refuses every reply.
    const std::string_view verifying =
        profile.keys == "pubkey"
            ? "certs: {[f.public_key_id]: fs.readFileSync(f.public_key_file)}, "
              "headers: {'Wechatpay-Serial': f.public_key_id}"
            : "certs: {[f.platform_serial]: fs.readFileSync(f.platform_certificate_file)}";
    return fmt::format(
        "WeChat Pay at http://{0}\n"
        "  mchid            {1}, appid {2}, certificate {3}\n"
        "  keys             in {4}/wechat.json, with the paths of private key and certificates\n"
        "  wechatpay-axios-plugin\n"
        "                   const f = JSON.parse(fs.readFileSync('{4}/wechat.json'))\n"
        "                   const wxpay = new Wechatpay({{mchid: f.mchid, serial: f.serial_no, "
        "privateKey: fs.readFileSync(f.private_key_file), {5}, secret: f.v2_key, "
        "baseURL: 'http://{0}'}})\n",
        served.http, profile.mchid, profile.appids.front(), merchant->keys.front().serial,
        served.folder.string(), verifying);
}

}  // namespace tuma::wechat
