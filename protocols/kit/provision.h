// What has to be in the books and among the profiles before a dialect's merchants can be served.
#pragma once

#include "ledger/words/time.h"
#include "protocols/kit/account_spec.h"
#include "protocols/kit/provision_tables.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tuma::protocols {

/// Profiles by name, and accounts.
struct Provision {
    std::vector<AccountSpec> accounts{};
    std::vector<std::pair<std::string, std::string>> profiles{};

    void add(Provision more) {
        for (AccountSpec& account : more.accounts) accounts.push_back(std::move(account));
        for (auto& profile : more.profiles) profiles.push_back(std::move(profile));
    }
};

/// What keys, secrets and certificates are made with at a start.
struct Making {
    Timestamp now{};      ///< switch time
    Timestamp outside{};  ///< who is shown a certificate goes by a clock outside
    /// Fills the bytes at random; a run that can be repeated gets the same for the same purpose.
    std::function<void(std::string_view purpose, std::span<std::byte>)> fill;

    template <std::size_t n>
    std::array<std::byte, n> bytes(std::string_view purpose) const {
        // In a run that can be repeated the purpose decides the bytes, not the order of the draws.
        std::array<std::byte, n> drawn{};
        fill(purpose, drawn);
        return drawn;
    }
};

/// A key of its own with a certificate that it has signed itself, both PEM.
struct KeyPair {
    std::string private_key;
    std::string certificate;
};
/// Draws one that is good from a day ago on; its serial number is made for `purpose`.
KeyPair draw_key_pair(const Making& making, std::string_view purpose,
                      const std::string& common_name, std::chrono::days life);

}  // namespace tuma::protocols
