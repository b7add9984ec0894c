// M-Pesa's merchants: sandbox or file → accounts, profiles, and what to tell people.
#pragma once

#include "protocols/kit/dialect.h"

#include <filesystem>
#include <string>
#include <vector>

namespace tuma::mpesa {

/// Accounts and profiles that the tables [[mpesa.app]], [[mpesa.shortcode]], [[mpesa.customer]] and
/// [mpesa.options] ask for; of the default sandbox without tables. The key of the
/// SecurityCredential and the secret of the access tokens are drawn once. See
/// protocols::DialectInfo for all three.
protocols::Provision provision(protocols::ProvisionTables* tables,
                               const protocols::Directory& directory,
                               const protocols::Making& making);
/// The default sandbox and options as tables.
std::vector<protocols::DefaultTable> default_tables();
/// mpesa.json, mpesa-certificate.pem.
std::vector<protocols::ClientFile> client_files(const protocols::Directory& directory,
                                                const std::filesystem::path& folder, Timestamp now);
std::string welcome(const protocols::Directory& directory, const protocols::Served& served);

}  // namespace tuma::mpesa
