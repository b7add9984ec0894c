// A file read once from front to back as a stream, with the SHA-256 of what was read.
#pragma once

#include "ledger/sha256.h"

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <istream>
#include <memory>
#include <streambuf>

namespace tuma::replay {

/// Meant for large reads through `read`; it keeps no buffer of its own but for one byte.
class HashedFile : private std::streambuf {
public:
    explicit HashedFile(const std::filesystem::path& path);

    bool is_open() const { return file_ != nullptr; }
    std::istream& stream() { return stream_; }
    std::uint64_t bytes_read() const { return bytes_read_; }
    /// Of everything read so far; once.
    ledger::Hash hash() { return sha_.finish(); }

private:
    int_type underflow() override;
    std::streamsize xsgetn(char* to, std::streamsize count) override;

    struct Close {
        void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
    };
    std::unique_ptr<std::FILE, Close> file_;
    ledger::Sha256 sha_;
    std::uint64_t bytes_read_ = 0;
    char byte_ = 0;
    std::istream stream_;
};

}  // namespace tuma::replay
