// The HTTP dialects that the switch speaks: what they are, their merchants, what to say of them.
#pragma once

#include "ledger/time.h"
#include "protocols/adapter.h"
#include "protocols/provision.h"
#include "switch/chance.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace tuma {

std::vector<std::unique_ptr<const protocols::Adapter>> dialects();

/// What the provisioning file asks for, or the default set when `file` is empty. Keys and secrets
/// that nobody gave are drawn, unless the directory has them from an earlier start.
/// Throws std::runtime_error that names file, line and key.
protocols::Provision provision_of(const std::string& file, const protocols::Directory& directory,
                                  const Making& making);

/// Writes keys, certificates and numbers for clients into `folder`.
void write_client_files(const std::filesystem::path& folder, const protocols::Directory& directory,
                        Timestamp now);

/// Merchants and keys with lines to paste, for people. `http` is HOST:PORT, empty where only TLS is
/// served.
std::string dialects_welcome(const protocols::Directory& directory, const std::string& http,
                             const std::filesystem::path& folder);

}  // namespace tuma
