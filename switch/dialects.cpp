#include "switch/dialects.h"

#include "protocols/mpesa/mpesa_adapter.h"
#include "switch/mpesa_setup.h"
#include "switch/provision_file.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace tuma {

std::vector<std::unique_ptr<const protocols::Adapter>> dialects() {
    std::vector<std::unique_ptr<const protocols::Adapter>> all;
    all.push_back(std::make_unique<const mpesa::MpesaAdapter>());
    return all;
}

protocols::Provision provision_of(const std::string& file, const protocols::Directory& directory,
                                  Timestamp now) {
    if (file.empty()) return mpesa_provision(nullptr, directory, now);
    Result<ProvisionFile> read = read_provision_file(file);
    if (!read) throw std::runtime_error(read.error().text());
    ProvisionFile tables = std::move(read).value();
    protocols::Provision provision = mpesa_provision(&tables, directory, now);
    if (!tables.empty())
        throw std::runtime_error(
            fmt::format("{}: is not known; there are mpesa.app, mpesa.shortcode, mpesa.customer "
                        "and mpesa.options",
                        tables.begin()->second.front().place));
    return provision;
}

void write_client_files(const std::filesystem::path& folder,
                        const protocols::Directory& directory) {
    write_mpesa_files(folder, directory);
}

std::string dialects_welcome(const protocols::Directory& directory, const std::string& http,
                             const std::filesystem::path& folder) {
    return http.empty() ? std::string{} : mpesa_welcome(directory, http, folder);
}

}  // namespace tuma
