#include "ledger/store/acks.h"

#include "ledger/words/input_file.h"

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

constexpr std::size_t acks_buffer_bytes = 256U << 10U;

std::optional<InputError> wrong_header(const std::filesystem::path& path,
                                       const AcksHeader& header) {
    const AcksHeader right;
    // Compared as bytes: an audit is given files by hand, and often the wrong one.
    if (std::memcmp(header.magic, right.magic, sizeof right.magic) != 0)
        return InputError{path, "not a file of acknowledgements: it does not begin with TUMAACKS"};
    if (header.version != right.version)
        return InputError{path, fmt::format("version {}, this program reads version {}",
                                            header.version, right.version)};
    // The record's size is in the header, so that a client in another language can be told what it
    // got wrong.
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
    // "overloaded" says that nothing was executed. It would make the audit look for a record that
    // cannot be.
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
        // A signal in the middle of a write is no error.
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) fail(path, "write acknowledgements");
        // Disks take what they have room for; the rest is written in the next round.
        bytes += written;
        size -= static_cast<std::size_t>(written);
    }
}

}  // namespace

Result<std::vector<RememberedRequest>> read_acks(const std::filesystem::path& path) {
    if (auto wrong = unreadable(path)) return std::move(*wrong);
    // Read by the library's stream: this is the audit's side, where speed matters less than one way
    // to say what failed.
    std::ifstream file(path, std::ios::binary);
    AcksHeader header;
    file.read(reinterpret_cast<char*>(&header), sizeof header);
    if (file.gcount() != sizeof header)
        return InputError{path, "shorter than the 16 bytes of its header"};
    if (auto error = wrong_header(path, header)) return *error;

    std::vector<RememberedRequest> records;
    RememberedRequest record;
    // A record that is cut off ends the loop quietly: its writer was killed, and what it had not
    // finished it promised to nobody.
    while (file.read(reinterpret_cast<char*>(&record), sizeof record)) {
        if (auto error = wrong_record(path, records.size() + 1, record)) return *error;
        records.push_back(record);
    }
    if (file.bad()) return InputError{path, "cannot be read to its end"};
    return records;
}

AcksWriter::AcksWriter(const std::filesystem::path& path) : path_(path) {
    // Opened for reading too, because the header of an earlier run is compared before anything is
    // added to it.
    file_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file_ < 0) fail(path_, "open for writing");
    buffer_.reserve(acks_buffer_bytes);
    try {
        struct stat status {};
        if (::fstat(file_, &status) != 0) fail(path_, "look at");
        const auto size = static_cast<std::size_t>(status.st_size);
        AcksHeader header;
        // A file that is shorter than its header holds nothing that could be lost.
        if (size < sizeof header) {
            if (::ftruncate(file_, 0) != 0) fail(path_, "begin");
            write_all(path_, file_, reinterpret_cast<const std::byte*>(&header), sizeof header);
            return;
        }
        if (::pread(file_, &header, sizeof header, 0) != ssize_t{sizeof header})
            fail(path_, "read the header of");
        if (auto error = wrong_header(path_, header)) throw StoreError(error->text());
        // A torn record at the end was never counted as acknowledged, and a new one must begin on a
        // boundary.
        const std::size_t whole = size - (size - sizeof header) % sizeof(RememberedRequest);
        if (::ftruncate(file_, static_cast<off_t>(whole)) != 0) fail(path_, "cut the torn end of");
        if (::lseek(file_, 0, SEEK_END) < 0) fail(path_, "go to the end of");
    } catch (...) {
        // No destructor runs for an object whose constructor throws.
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
    // Written in large pieces: a load run acknowledges hundreds of thousands a second, and a system
    // call each would measure itself.
    if (buffer_.size() >= acks_buffer_bytes) flush();
}

void AcksWriter::flush() {
    if (buffer_.empty()) return;
    write_all(path_, file_, buffer_.data(), buffer_.size());
    buffer_.clear();
}

}  // namespace tuma::ledger
