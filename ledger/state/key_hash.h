// The hash of request keys that their memory, the filter and the files on disk share.
#pragma once

#include "ledger/words/id.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace tuma::ledger {

/// Folds the 128-bit product. References are chosen by clients: without the secret `seed` one of
/// them could choose such that all fall on one place, and every search would go through all of
/// them.
inline std::uint64_t hash_of_key(const RequestKey& key, std::uint64_t seed) {
    std::array<std::uint64_t, 2> halves{};
    std::memcpy(halves.data(), key.reference.data(), sizeof halves);
    __extension__ using Product = unsigned __int128;
    const Product product =
        Product{halves[0] ^ 0x9E3779B97F4A7C15ULL ^ key.participant.value ^ seed} *
        Product{halves[1] ^ 0xD1B54A32D192ED03ULL ^ std::rotl(seed, 32)};
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

}  // namespace tuma::ledger
