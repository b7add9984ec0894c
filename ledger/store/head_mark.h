// The head mark: beside the journal, how far it had come when somebody was last told anything.
#pragma once

#include "ledger/records/batch.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace tuma::ledger {

/// One of the two slots of the file `head`: 128 bytes, little-endian, no padding, byte by byte in
/// README.md. It is written after each durable group and never synced, so after a power failure it
/// may be behind the journal; it is never ahead of it.
struct HeadMark {
    std::uint32_t magic = 0x48'4d'55'54;  ///< "TUMH"
    std::uint16_t version = 1;
    std::uint16_t reserved = 0;
    std::uint64_t sequence = 0;  ///< the last durable batch, 0 for none
    TransferId next_transfer{1};
    std::uint32_t segment = 0;       ///< the file that this batch went into
    std::uint32_t acceptances = 0;   ///< how often a journal was accepted that did not fit its mark
    Hash hash{};                     ///< of that batch
    std::uint64_t accepted_end = 0;  ///< the journal's last batch when that happened last
    std::uint64_t accepted_mark = 0;  ///< what the mark said then, 0 when there was none
    std::array<std::byte, 16> padding{};
    Hash check{};  ///< SHA-256 of everything before it

    bool operator==(const HeadMark&) const = default;
};
static_assert(sizeof(HeadMark) == 128);

/// DIR/head.
std::filesystem::path head_path(const std::filesystem::path& directory);

/// The newer of the slots that are whole. Nothing when there is no file. Throws StoreError when
/// neither is whole or the file is of another version.
std::optional<HeadMark> read_head(const std::filesystem::path& directory);

/// What is wrong with the file although a mark can be read from it.
struct HeadFlaw {
    std::string sentence;
    bool stops_a_start = false;
};
/// Nothing for a file that is whole, is not there, or has no mark. A process that was killed may
/// leave a slot that is not whole, and the next batch is written over it.
std::optional<HeadFlaw> flaw_of_head(const std::filesystem::path& directory);

/// The file, mapped for writing: a mark costs no system call. One thread uses it.
class HeadFile {
public:
    /// Opens the file; one that is not there is made, durably, with `first` in it.
    /// Throws StoreError.
    HeadFile(const std::filesystem::path& directory, const HeadMark& first);
    HeadFile(const HeadFile&) = delete;
    HeadFile& operator=(const HeadFile&) = delete;
    ~HeadFile();
    /// Replaces whatever is there, durably. Throws StoreError.
    static void replace(const std::filesystem::path& directory, const HeadMark& mark);

    /// What was written last.
    const HeadMark& mark() const { return mark_; }
    /// Notes that the batch is durable. It is the operating system's then: a process that is killed
    /// loses nothing.
    void write(const BatchHeader& header, const Hash& hash, std::uint32_t segment);

private:
    HeadMark mark_;
    std::byte* bytes_ = nullptr;
    std::size_t next_offset_ = 0;
};

}  // namespace tuma::ledger
