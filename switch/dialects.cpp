#include "switch/dialects.h"

#include "ledger/words.h"
#include "protocols/mpesa/mpesa_adapter.h"
#include "protocols/wechat/wechat_adapter.h"
#include "switch/fault_tables.h"
#include "switch/mpesa_setup.h"
#include "switch/provision_file.h"
#include "switch/wechat_setup.h"

#include <fmt/format.h>

#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace tuma {
namespace {

constexpr std::array<std::string_view, 7> known_tables{
    "mpesa.app",       "mpesa.shortcode", "mpesa.customer", "mpesa.options",
    "wechat.merchant", "wechat.options",  fault_table};

}  // namespace

std::vector<std::unique_ptr<const protocols::Adapter>> dialects() {
    std::vector<std::unique_ptr<const protocols::Adapter>> all;
    all.push_back(std::make_unique<const mpesa::MpesaAdapter>());
    all.push_back(std::make_unique<const wechat::WechatAdapter>());
    return all;
}

protocols::Provision provision_of(const std::string& file, const protocols::Directory& directory,
                                  const Making& making) {
    ProvisionFile tables;
    ProvisionFile* given = nullptr;
    if (!file.empty()) {
        Result<ProvisionFile> read = read_provision_file(file);
        if (!read) throw std::runtime_error(read.error().text());
        tables = std::move(read).value();
        given = &tables;
    }
    protocols::Provision provision = mpesa_provision(given, directory, making);
    provision.add(wechat_provision(given, directory, making));
    tables.erase(fault_table);
    if (!tables.empty())
        throw std::runtime_error(fmt::format("{}: is not known: {}",
                                             tables.begin()->second.front().place,
                                             none_of(tables.begin()->first, known_tables)));
    return provision;
}

void write_client_files(const std::filesystem::path& folder, const protocols::Directory& directory,
                        Timestamp now) {
    write_mpesa_files(folder, directory);
    write_wechat_files(folder, directory, now);
}

std::string dialects_welcome(const protocols::Directory& directory, const std::string& http,
                             const std::filesystem::path& folder) {
    if (http.empty()) return {};
    return mpesa_welcome(directory, http, folder) + wechat_welcome(directory, http, folder);
}

}  // namespace tuma
