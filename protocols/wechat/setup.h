// WeChat Pay's merchants: sandbox or file → accounts, profiles, and what to tell people.
#pragma once

#include "protocols/kit/dialect.h"

#include <filesystem>
#include <string>
#include <vector>

namespace tuma::wechat {

/// Accounts and profiles that the tables [[wechat.merchant]] and [wechat.options] ask for; of the
/// default merchant without tables. A merchant without certificates gets a key pair. The platform's
/// own keys are drawn once. See protocols::DialectInfo for all three.
protocols::Provision provision(protocols::ProvisionTables* tables,
                               const protocols::Directory& directory,
                               const protocols::Making& making);
/// The default merchant and options as tables.
std::vector<protocols::DefaultTable> default_tables();
/// wechat.json; apiclient_key.pem, apiclient_cert.pem and apiclient_cert.p12 of the merchant, and
/// pub_key.pem and the certificate of the platform.
std::vector<protocols::ClientFile> client_files(const protocols::Directory& directory,
                                                const std::filesystem::path& folder, Timestamp now);
std::string welcome(const protocols::Directory& directory, const protocols::Served& served);

}  // namespace tuma::wechat
