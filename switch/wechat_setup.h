// WeChat Pay's part of a provision: sandbox or file → accounts, profiles, and what to tell people.
#pragma once

#include "ledger/time.h"
#include "protocols/directory.h"
#include "protocols/provision.h"
#include "switch/chance.h"
#include "switch/provision_file.h"

#include <filesystem>
#include <string>

namespace tuma {

/// Accounts and profiles that the tables [[wechat.merchant]] and [wechat.options] ask for; of the
/// default merchant where `file` is null, unless the directory has it already. A merchant
/// without certificates gets a key pair. The platform's own keys are drawn once. Throws
/// std::runtime_error that names file, line and member. Removes its tables from `file`.
protocols::Provision wechat_provision(ProvisionFile* file, const protocols::Directory& directory,
                                      const Making& making);

/// Writes what clients need into `folder`: wechat.json, the merchant's key and certificate, the
/// platform's certificate and public key.
void write_wechat_files(const std::filesystem::path& folder, const protocols::Directory& directory,
                        Timestamp now);

/// Numbers, keys and lines to paste.
std::string wechat_welcome(const protocols::Directory& directory, const std::string& http,
                           const std::filesystem::path& folder);

}  // namespace tuma
