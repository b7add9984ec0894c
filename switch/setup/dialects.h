// The HTTP dialects that the switch speaks: the one list of them, and what is done for each.
#pragma once

#include "ledger/words/time.h"
#include "protocols/kit/dialect.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tuma {

/// All of them; no two share a name, a range of order kinds, a prefix of keys, paths or profiles.
std::span<const protocols::DialectInfo* const> dialect_list();

std::vector<std::unique_ptr<const protocols::Adapter>> dialects();

/// What the provisioning file says, if there is one, with the options of --set over it. Throws
/// std::runtime_error that names file, line and key.
protocols::ProvisionTables provision_tables(const std::string& file, const std::string& sets);
/// Whether they name merchants, apps or customers; without any the default set is there.
bool names_merchants(const protocols::ProvisionTables& tables);

/// What the tables ask for, or the default set without any. Keys and secrets that nobody gave are
/// drawn, unless the directory has them from an earlier start. Throws like `provision_tables`.
protocols::Provision provision_of(std::optional<protocols::ProvisionTables> tables,
                                  const protocols::Directory& directory,
                                  const protocols::Making& making);

/// Dialects for which the tables have options but that have no merchant for whom these could hold.
std::vector<std::string_view> options_for_nobody(const protocols::ProvisionTables& tables,
                                                 const protocols::Directory& directory);

/// Writes keys, certificates and numbers for clients into `folder`.
void write_client_files(const std::filesystem::path& folder, const protocols::Directory& directory,
                        Timestamp now);

/// Merchants and keys with lines to paste, for people. `http` is HOST:PORT, empty where only TLS is
/// served.
std::string dialects_welcome(const protocols::Directory& directory, const std::string& http,
                             const std::filesystem::path& folder);

/// What is said to a person who looks at the address itself: who is answered here, where to read.
std::string front_page();

}  // namespace tuma
