// A file as a stream of bytes, hashed on its way.
#pragma once

#include "ledger/records/sha256.h"
#include "ledger/records/state_bytes.h"
#include "ledger/store/handoff.h"

#include <cstdint>
#include <filesystem>
#include <thread>
#include <vector>

namespace tuma::ledger {

/// An open file descriptor, owned.
class FileHandle {
public:
    /// An empty file that only its owner can use. Throws StoreError.
    static FileHandle create(const std::filesystem::path& path);
    /// For reading. Throws StoreError.
    static FileHandle open(const std::filesystem::path& path);
    /// For reading and writing what is there. Throws StoreError.
    static FileHandle open_to_change(const std::filesystem::path& path);
    FileHandle(FileHandle&& other) noexcept;
    FileHandle& operator=(FileHandle&&) = delete;
    ~FileHandle();

    int number() const { return number_; }
    const std::filesystem::path& path() const { return path_; }
    std::uint64_t size() const;

    void write(std::span<const std::byte> bytes);
    /// Reads exactly as many bytes as asked from `offset`. Throws StoreError.
    void read(std::uint64_t offset, std::span<std::byte> bytes) const;
    void sync();

private:
    FileHandle(std::filesystem::path path, int number);
    [[noreturn]] void fail(const char* doing) const;

    std::filesystem::path path_;
    int number_;
};

/// Writes through a buffer and hashes what it writes.
class FileSink final : public ByteSink {
public:
    explicit FileSink(FileHandle& file);
    void write(std::span<const std::byte> bytes) override;
    /// Appends the hash of everything written, and syncs the file. Throws StoreError.
    void finish();

private:
    void flush();

    FileHandle& file_;
    Sha256 sha_;
    std::vector<std::byte> buffer_;
    std::uint64_t not_synced_ = 0;
};

/// Reads the first `end` bytes of a file. A thread of its own reads and hashes them ahead.
class FileSource final : public ByteSource {
public:
    /// Requires: `file` stays where it is.
    FileSource(const FileHandle& file, std::uint64_t end);
    ~FileSource() override;

    /// Throws StateError past the end, StoreError when the file cannot be read.
    void read(std::span<std::byte> bytes) override;
    bool is_at_end() const { return left_ == 0; }
    /// The hash over all bytes, whether they were taken or not. Nothing can be read afterwards.
    /// Throws StoreError.
    Hash finish();

private:
    void read_ahead(const FileHandle& file, std::uint64_t end);

    Handoff<std::vector<std::byte>> pieces_;
    std::vector<std::byte> piece_;
    std::size_t taken_ = 0;  ///< of `piece_`
    std::uint64_t left_;     ///< bytes not taken yet
    Hash hash_{};            ///< the thread's, until it has finished
    std::thread thread_;
};

}  // namespace tuma::ledger
