#include "ledger/acks.h"

#include "ledger/input_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <optional>

namespace tuma::ledger {
namespace {

constexpr std::size_t buffer_bytes = 256U << 10U;

std::optional<InputError> wrong_header(const std::filesystem::path& path,
                                       const AcksHeader& header) {
    const AcksHeader right;
    if (std::memcmp(header.magic, right.magic, sizeof right.magic) != 0)
        return InputError{path, "not a file of acknowledgements: it does not begin with TUMAACKS"};
    if (header.version != right.version)
        return InputError{path, fmt::format("version {}, this program reads version {}",
                                            header.version, right.version)};
    if (header.record_bytes != right.record_bytes)
        return InputError{path, fmt::format("records of {} bytes, this program reads {}",
                                            header.record_bytes, right.record_bytes)};
    return std::nullopt;
}

std::optional<InputError> wrong_record(const std::filesystem::path& path, std::size_t number,
                                       const RememberedRequest& record) {
    if (find_refusal(static_cast<std::uint16_t>(record.code)) == nullptr)
        return InputError{path, fmt::format("record {}: code {} is in no table", number,
                                            static_cast<unsigned>(record.code))};
    if (record.code == Refusal::overloaded)
        return InputError{
            path, fmt::format("record {}: \"overloaded\" acknowledges nothing and has no place "
                              "here",
                              number)};
    if (record.reserved != 0)
        return InputError{path, fmt::format("record {}: reserved bytes are not zero", number)};
    return std::nullopt;
}

[[noreturn]] void fail(const std::filesystem::path& path, const char* what) {
    throw StoreError(fmt::format("{}: cannot {}: {}", path.string(), what, std::strerror(errno)));
}

void write_all(const std::filesystem::path& path, int file, const std::byte* bytes,
               std::size_t size) {
    while (size > 0) {
        const ssize_t written = ::write(file, bytes, size);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail(path, "write acknowledgements");
        bytes += written;
        size -= static_cast<std::size_t>(written);
    }
}

}  // namespace

Result<std::vector<RememberedRequest>> read_acks(const std::filesystem::path& path) {
    if (auto wrong = unreadable(path)) return std::move(*wrong);
    std::ifstream file(path, std::ios::binary);
    AcksHeader header;
    file.read(reinterpret_cast<char*>(&header), sizeof header);
    if (file.gcount() != sizeof header)
        return InputError{path, "shorter than the 16 bytes of its header"};
    if (auto error = wrong_header(path, header)) return *error;

    std::vector<RememberedRequest> records;
    RememberedRequest record;
    while (file.read(reinterpret_cast<char*>(&record), sizeof record)) {
        if (auto error = wrong_record(path, records.size() + 1, record)) return *error;
        records.push_back(record);
    }
    if (file.bad()) return InputError{path, "cannot be read to its end"};
    return records;
}

AcksWriter::AcksWriter(const std::filesystem::path& path) : path_(path) {
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file_ < 0) fail(path_, "open for writing");
    buffer_.reserve(buffer_bytes);
    try {
        struct stat status {};
        if (::fstat(file_, &status) != 0) fail(path_, "look at");
        const auto size = static_cast<std::size_t>(status.st_size);
        AcksHeader header;
        if (size < sizeof header) {
            if (::ftruncate(file_, 0) != 0) fail(path_, "begin");
            write_all(path_, file_, reinterpret_cast<const std::byte*>(&header), sizeof header);
            return;
        }
        if (::pread(file_, &header, sizeof header, 0) != ssize_t{sizeof header})
            fail(path_, "read the header of");
        if (auto error = wrong_header(path_, header)) throw StoreError(error->text());
        const std::size_t whole = size - (size - sizeof header) % sizeof(RememberedRequest);
        if (::ftruncate(file_, static_cast<off_t>(whole)) != 0) fail(path_, "cut the torn end of");
        if (::lseek(file_, 0, SEEK_END) < 0) fail(path_, "go to the end of");
    } catch (...) {
        ::close(file_);
        throw;
    }
}

AcksWriter::~AcksWriter() {
    try {
        flush();
    } catch (const StoreError&) {
        // A destructor must not throw; whoever wants to know has called flush() before.
        buffer_.clear();
    }
    ::close(file_);
}

void AcksWriter::append(const RememberedRequest& acknowledged) {
    ensure(acknowledged.code != Refusal::overloaded, "overloaded acknowledges nothing");
    const auto* bytes = reinterpret_cast<const std::byte*>(&acknowledged);
    buffer_.insert(buffer_.end(), bytes, bytes + sizeof acknowledged);
    if (buffer_.size() >= buffer_bytes) flush();
}

void AcksWriter::flush() {
    if (buffer_.empty()) return;
    write_all(path_, file_, buffer_.data(), buffer_.size());
    buffer_.clear();
}

}  // namespace tuma::ledger
