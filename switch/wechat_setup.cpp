#include "switch/wechat_setup.h"

#include "protocols/crypto/certificate.h"
#include "protocols/crypto/encoding.h"
#include "protocols/crypto/rsa.h"
#include "protocols/wechat/certificates.h"
#include "protocols/wechat/known_keys.h"
#include "protocols/wechat/options.h"
#include "protocols/wechat/profiles.h"
#include "protocols/wechat/sandbox.h"
#include "switch/written_file.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <stdexcept>
#include <utility>
#include <vector>

namespace tuma {
namespace {

using protocols::AccountWish;
using protocols::Directory;
using protocols::Provision;

constexpr std::chrono::days certificate_life{5 * 365};

// A key pair for a merchant that brings none, as the portal's tool would make it.
void draw_certificate(wechat::Merchant& merchant, const Making& making) {
    const crypto::PrivateKey key = crypto::PrivateKey::generate();
    crypto::CertificateTerms terms;
    terms.common_name = merchant.mchid;
    terms.organization = "tuma";
    terms.serial =
        crypto::certificate_serial(making.entropy.bytes<20>("wechat merchant " + merchant.mchid));
    terms.not_before = making.outside - std::chrono::days{1};
    terms.not_after = making.outside + certificate_life;
    const auto certificate = crypto::make_self_signed(terms, key);
    ensure(certificate.has_value(), "terms of our own make a certificate");
    merchant.private_key = key.pem();
    merchant.certificates = {certificate->pem()};
}

std::vector<AccountWish> accounts_of(const wechat::Merchant& merchant,
                                     const wechat::Options& options) {
    const bool is_paid_at_once = merchant.account_class == "merchant-at-once";
    AccountWish main{.identity = merchant.mchid,
                     .kind = is_paid_at_once ? ledger::AccountKind::till
                                             : ledger::AccountKind::settlement_payable,
                     .currency = Currency::cny,
                     .scheme = options.scheme,
                     .account_class = merchant.account_class};
    AccountWish operating{.identity = merchant.mchid + ".operating",
                          .currency = Currency::cny,
                          .opening = merchant.operating_balance,
                          .funded_by = options.scheme + ".trust"};
    return {std::move(main), std::move(operating)};
}

AccountWish payer_of(const wechat::Options& options) {
    return {.identity = options.payer,
            .kind = ledger::AccountKind::wallet,
            .currency = Currency::cny,
            .scheme = options.scheme,
            .account_class = options.customer_class,
            .opening = options.opening_balance,
            .funded_by = options.scheme + ".trust"};
}

wechat::Platform draw_platform(const Making& making) {
    wechat::Platform platform;
    platform.certificates.push_back(wechat::make_platform_certificate(
        making.entropy.bytes<sizeof(protocols::Chance)>("wechat platform"), making.outside,
        making.now));
    platform.public_key_id = wechat::sandbox_public_key_id;
    platform.public_key_private = crypto::PrivateKey::generate().pem();
    platform.secret = crypto::hex_lower(making.entropy.bytes<32>("wechat secret"));
    return platform;
}

wechat::Options options_in_force(const Directory& directory) {
    const auto stored = directory.find(wechat::options_profile);
    if (stored == nullptr) return {};
    const Result<wechat::Options> options = wechat::read_options(*stored);
    return options ? *options : wechat::Options{};
}

// What the file says, or the sandbox.
std::vector<wechat::Merchant> wanted_merchants(ProvisionFile* file, const Directory& directory) {
    if (file != nullptr) return take_tables(*file, "wechat.merchant", wechat::read_merchant);
    wechat::Merchant merchant = wechat::default_merchant();
    // What somebody changed in the default set stays changed.
    if (directory.find(wechat::merchant_profile(merchant.mchid)) != nullptr) return {};
    return {std::move(merchant)};
}

// A merchant of the file keeps the key pair that was drawn for it at an earlier start.
void complete(wechat::Merchant& merchant, const Directory& directory, const Making& making) {
    if (!merchant.certificates.empty()) return;
    const auto stored = directory.find(wechat::merchant_profile(merchant.mchid));
    const Result<wechat::Merchant> before =
        stored == nullptr ? Result<wechat::Merchant>(InputError{}) : wechat::read_merchant(*stored);
    if (!before || before->private_key.empty()) return draw_certificate(merchant, making);
    merchant.private_key = before->private_key;
    merchant.certificates = before->certificates;
}

}  // namespace

Provision wechat_provision(ProvisionFile* file, const Directory& directory, const Making& making) {
    Provision provision;
    wechat::Options options = options_in_force(directory);
    if (file != nullptr) {
        const auto given = take_tables(*file, "wechat.options", wechat::read_options);
        if (given.size() > 1)
            throw std::runtime_error("wechat.options is there twice; write one [wechat.options]");
        if (!given.empty()) options = given.front();
        if (!given.empty()) check_scheme(directory, "wechat.options", options.scheme);
        if (!given.empty())
            provision.profiles.emplace_back(wechat::options_profile, wechat::to_json(options));
    }
    std::vector<wechat::Merchant> merchants = wanted_merchants(file, directory);
    for (wechat::Merchant& merchant : merchants) {
        complete(merchant, directory, making);
        for (AccountWish& wish : accounts_of(merchant, options))
            provision.accounts.push_back(std::move(wish));
        provision.profiles.emplace_back(wechat::merchant_profile(merchant.mchid),
                                        wechat::to_json(merchant));
    }
    if (!merchants.empty()) provision.accounts.push_back(payer_of(options));
    if (directory.find(wechat::platform_profile) == nullptr)
        provision.profiles.emplace_back(wechat::platform_profile,
                                        wechat::to_json(draw_platform(making)));
    return provision;
}

namespace {

// The first merchant whose key tuma has, to show.
wechat::MerchantPtr shown(const Directory& directory) {
    wechat::KnownKeys keys;
    for (const std::string& name : directory.names(wechat::merchant_prefix)) {
        auto merchant = keys.merchant(directory, name.substr(wechat::merchant_prefix.size()));
        if (merchant != nullptr && !merchant->profile.private_key.empty() &&
            !merchant->profile.appids.empty())
            return merchant;
    }
    return nullptr;
}

}  // namespace

void write_wechat_files(const std::filesystem::path& folder, const Directory& directory,
                        Timestamp now) {
    const wechat::MerchantPtr merchant = shown(directory);
    const wechat::PlatformPtr platform = wechat::KnownKeys{}.platform(directory);
    if (merchant == nullptr || platform == nullptr) return;
    const auto path = [&](const char* name) { return std::filesystem::absolute(folder / name); };
    const wechat::Merchant& profile = merchant->profile;
    const wechat::PlatformKey& signing = platform->signing(now);
    write_whole_file(path("wechat-merchant-key.pem"), profile.private_key);
    write_whole_file(path("wechat-merchant-certificate.pem"), profile.certificates.front());
    write_whole_file(path("wechat-platform-certificate.pem"), signing.certificate);
    write_whole_file(path("wechat-public-key.pem"), platform->public_key.key.public_key().pem());
    const boost::json::object facts{
        {"mchid", profile.mchid},
        {"appid", profile.appids.front()},
        {"apiv3_key", profile.apiv3_key},
        {"v2_key", profile.v2_key},
        {"serial_no", merchant->keys.front().serial},
        {"private_key_file", path("wechat-merchant-key.pem").string()},
        {"certificate_file", path("wechat-merchant-certificate.pem").string()},
        {"platform_serial", signing.key.serial},
        {"platform_certificate_file", path("wechat-platform-certificate.pem").string()},
        {"public_key_id", platform->public_key.serial},
        {"public_key_file", path("wechat-public-key.pem").string()},
        {"openid", options_in_force(directory).payer}};
    write_whole_file(path("wechat.json"), boost::json::serialize(facts) + "\n");
}

std::string wechat_welcome(const Directory& directory, const std::string& http,
                           const std::filesystem::path& folder) {
    const wechat::MerchantPtr merchant = shown(directory);
    const wechat::PlatformPtr platform = wechat::KnownKeys{}.platform(directory);
    if (merchant == nullptr || platform == nullptr) return {};
    const wechat::Merchant& profile = merchant->profile;
    return fmt::format(
        "WeChat Pay at http://{0}\n"
        "  mchid            {1}, appid {2}, certificate {3}\n"
        "  keys             in {4}/wechat.json, with the paths of private key and certificates\n"
        "  wechatpay-axios-plugin\n"
        "                   const f = JSON.parse(fs.readFileSync('{4}/wechat.json'))\n"
        "                   const wxpay = new Wechatpay({{mchid: f.mchid, serial: f.serial_no, "
        "privateKey: fs.readFileSync(f.private_key_file), certs: {{[f.platform_serial]: "
        "fs.readFileSync(f.platform_certificate_file)}}, secret: f.v2_key, "
        "baseURL: 'http://{0}'}})\n",
        http, profile.mchid, profile.appids.front(), merchant->keys.front().serial,
        folder.string());
}

}  // namespace tuma
