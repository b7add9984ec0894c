// Buffered files for snapshots.
#include "ledger/store/file_bytes.h"

#include "ledger/store/journal_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

namespace tuma::ledger {
namespace {

constexpr std::size_t buffer_bytes = 1U << 20U;
// Small enough to still be in the cache when it is taken.
constexpr std::size_t piece_bytes = 256U << 10U;
constexpr std::size_t pieces_ahead = 8;
// Synced in pieces: one large sync would hold up the journal's own.
constexpr std::uint64_t sync_every_bytes = 16U << 20U;

[[noreturn]] void fail_at(const std::filesystem::path& path, const char* doing, int error) {
    const char* const advice =
        // The advice depends on the cause. A full disk is the usual one, and what people fear then
        // is lost data.
        error == ENOSPC || error == EDQUOT || error == EFBIG
            ? "free space; nothing acknowledged is lost"
            : "make the file and its directory readable and writable, or check the disk";
    throw StoreError(fmt::format("{}: cannot {}: {}; {}", path.string(), doing,
                                 std::generic_category().message(error), advice));
}

}  // namespace

FileHandle::FileHandle(std::filesystem::path path, int number)
    : path_(std::move(path)), number_(number) {}

FileHandle::FileHandle(FileHandle&& other) noexcept
    // -1 tells the destructor of what was moved from that there is nothing to close.
    : path_(std::move(other.path_)), number_(std::exchange(other.number_, -1)) {}

FileHandle::~FileHandle() {
    if (number_ >= 0) close(number_);
}

FileHandle FileHandle::create(const std::filesystem::path& path) {
    // The mode is given at the start: between making a file and closing it to others anybody could
    // open it.
    constexpr mode_t mode = S_IRUSR | S_IWUSR;
    const int number = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (number < 0) fail_at(path, "create", errno);
    FileHandle file(path, number);
    // One that was there before may be open to others.
    if (fchmod(number, mode) != 0) file.fail("close to others");
    return file;
}

FileHandle FileHandle::open(const std::filesystem::path& path) {
    const int number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (number < 0) fail_at(path, "open", errno);
    return {path, number};
}

FileHandle FileHandle::open_to_change(const std::filesystem::path& path) {
    const int number = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
    if (number < 0) fail_at(path, "open", errno);
    return {path, number};
}

void FileHandle::fail(const char* doing) const {
    fail_at(path_, doing, errno);
}

std::uint64_t FileHandle::size() const {
    struct stat info {};
    if (fstat(number_, &info) != 0) fail("read the size");
    return static_cast<std::uint64_t>(info.st_size);
}

void FileHandle::write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(number_, bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        // A short write goes on; an error stops everything, because nothing that was written after
        // it is to be trusted.
        if (written < 0) fail("write");
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
}

void FileHandle::read(std::uint64_t offset, std::span<std::byte> bytes) const {
    while (!bytes.empty()) {
        // By offset, so that several threads can read one file without a common position.
        const ssize_t got = pread(number_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail("read");
        // A file that shrinks while it is read would otherwise be read for ever.
        if (got == 0) throw StoreError(path_.string() + ": became shorter while it was read");
        bytes = bytes.subspan(static_cast<std::size_t>(got));
        offset += static_cast<std::uint64_t>(got);
    }
}

void FileHandle::sync() {
    // Only data: what else fsync writes, such as times, no reader looks at.
    if (fdatasync(number_) != 0) fail("sync");
}

FileSink::FileSink(FileHandle& file) : file_(file) {
    buffer_.reserve(buffer_bytes);
}

void FileSink::write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        // Full buffers only, so that a state of millions of small values makes few system calls.
        const std::size_t part = std::min(bytes.size(), buffer_bytes - buffer_.size());
        buffer_.insert(buffer_.end(), bytes.begin(),
                       bytes.begin() + static_cast<std::ptrdiff_t>(part));
        bytes = bytes.subspan(part);
        if (buffer_.size() == buffer_bytes) flush();
    }
}

void FileSink::flush() {
    // Hashed as it leaves, so that the hash is of what is on disk and no second pass is needed.
    sha_.update(buffer_);
    file_.write(buffer_);
    not_synced_ += buffer_.size();
    buffer_.clear();
    if (not_synced_ < sync_every_bytes) return;
    file_.sync();
    not_synced_ = 0;
}

void FileSink::finish() {
    flush();
    // The hash stands behind what it covers: it is known last, and a file that was cut has none.
    file_.write(sha_.finish());
    file_.sync();
}

FileSource::FileSource(const FileHandle& file, std::uint64_t end)
    : pieces_(pieces_ahead), left_(end), thread_([this, &file, end] { read_ahead(file, end); }) {}

FileSource::~FileSource() {
    pieces_.abandon();
    thread_.join();
}

void FileSource::read_ahead(const FileHandle& file, std::uint64_t end) {
    try {
        Sha256 sha;
        for (std::uint64_t offset = 0; offset < end;) {
            // Pieces of fixed size, whatever the reader asks for: the hash runs along and must see
            // every byte once, in order.
            std::vector<std::byte> piece(
                static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes, end - offset)));
            file.read(offset, piece);
            sha.update(piece);
            offset += piece.size();
            // The reader has gone away, because it found something wrong.
            if (!pieces_.push(std::move(piece))) return;
        }
        hash_ = sha.finish();
        pieces_.finish();
    } catch (...) {
        pieces_.finish(std::current_exception());
    }
}

void FileSource::read(std::span<std::byte> bytes) {
    // A count that was damaged asks for more than there is. It stops here, before memory is taken
    // for it.
    if (bytes.size() > left_) throw StateError("the saved state ends too early");
    while (!bytes.empty()) {
        if (taken_ == piece_.size()) {
            piece_ = pieces_.take().value();
            taken_ = 0;
        }
        const std::size_t part = std::min(bytes.size(), piece_.size() - taken_);
        std::memcpy(bytes.data(), piece_.data() + taken_, part);
        taken_ += part;
        left_ -= part;
        bytes = bytes.subspan(part);
    }
}

Hash FileSource::finish() {
    // The hash counts only once all has been read: what the reader did not want must be hashed too.
    left_ = 0;
    while (pieces_.take()) {
    }
    return hash_;
}

}  // namespace tuma::ledger
