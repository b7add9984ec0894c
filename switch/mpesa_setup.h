// M-Pesa's part of a provision: sandbox or file → accounts, profiles, and what to tell people.
#pragma once

#include "protocols/directory.h"
#include "protocols/provision.h"
#include "switch/chance.h"
#include "switch/provision_file.h"

#include <filesystem>
#include <string>

namespace tuma {

/// Accounts and profiles that the tables [[mpesa.app]], [[mpesa.shortcode]], [[mpesa.customer]] and
/// [mpesa.options] ask for; of the default sandbox where `file` is null, as far as the directory
/// does not have them already. The key of the SecurityCredential and the secret of the access
/// tokens are drawn once. Throws std::runtime_error that names file, line and member. Removes its
/// tables from `file`.
protocols::Provision mpesa_provision(ProvisionFile* file, const protocols::Directory& directory,
                                     const Making& making);

/// Writes what clients need into `folder`: mpesa.json, mpesa-certificate.pem.
void write_mpesa_files(const std::filesystem::path& folder, const protocols::Directory& directory);

/// Numbers, keys and lines to paste.
std::string mpesa_welcome(const protocols::Directory& directory, const std::string& http,
                          const std::filesystem::path& folder);

}  // namespace tuma
