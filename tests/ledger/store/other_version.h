// Snapshots as another version of the program would have written them.
#pragma once

#include "ledger/records/sha256.h"
#include "ledger/store/snapshot.h"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <span>
#include <vector>

namespace tuma::ledger {

/// Gives a whole snapshot another version, and the hash that belongs to it.
inline void give_version(const std::filesystem::path& path, std::uint16_t version) {
    std::vector<char> bytes(std::filesystem::file_size(path));
    const auto size = static_cast<std::streamsize>(bytes.size());
    std::ifstream(path, std::ios::binary).read(bytes.data(), size);
    std::memcpy(bytes.data() + offsetof(SnapshotHeader, version), &version, sizeof version);
    const std::size_t hashed = bytes.size() - sizeof(Hash);
    const Hash hash = sha256(std::as_bytes(std::span{bytes}.first(hashed)));
    std::memcpy(bytes.data() + hashed, hash.data(), sizeof hash);
    std::ofstream(path, std::ios::binary).write(bytes.data(), size);
}

}  // namespace tuma::ledger
