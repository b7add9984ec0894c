// The hash of request keys that their memory, the filter and the files on disk share.
#pragma once

#include "ledger/words/id.h"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

namespace tuma::ledger {

/// Folds 128-bit products. References are chosen by clients: without the secret `seed` one of them
/// could choose such that all fall on one place, and every search would go through all of them.
/// Who counts its requests from 1 and who else does must not meet either, so the participant is
/// spread over all bits before it meets the reference.
inline std::uint64_t hash_of_key(const RequestKey& key, std::uint64_t seed) {
    __extension__ using Product = unsigned __int128;
    const auto fold = [](std::uint64_t a, std::uint64_t b) {
        const Product product = Product{a} * Product{b};
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
    };
    std::array<std::uint64_t, 2> halves{};
    std::memcpy(halves.data(), key.reference.data(), sizeof halves);
    const std::uint64_t sender =
        fold(key.participant.value ^ 0xA0761D6478BD642FULL, 0xE7037ED1A0B428DBULL ^ seed);
    return fold(halves[0] ^ 0x9E3779B97F4A7C15ULL ^ seed ^ sender,
                halves[1] ^ 0xD1B54A32D192ED03ULL ^ std::rotl(seed, 32));
}

}  // namespace tuma::ledger
