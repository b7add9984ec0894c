// The file of acknowledgements: what a client was told, kept by the client, for the audit.
#pragma once

#include "ledger/state/request_keys.h"
#include "ledger/store/journal_store.h"
#include "ledger/words/result.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace tuma::ledger {

/// The front of the file: 16 bytes, little-endian, no padding. Behind it follow 64-byte records,
/// each a RememberedRequest as it lies in memory.
struct AcksHeader {
    char magic[8] = {'T', 'U', 'M', 'A', 'A', 'C', 'K', 'S'};
    std::uint32_t version = 1;
    std::uint32_t record_bytes = sizeof(RememberedRequest);
};
static_assert(sizeof(AcksHeader) == 16);

/// All acknowledgements of the file in the order in which they arrived. A torn last record is left
/// out: the writer died while writing it.
/// Refuses: a file that cannot be read, a wrong magic, version or record size, a refusal code
/// outside the table, the code `overloaded` (nothing was executed), non-zero reserved bytes.
Result<std::vector<RememberedRequest>> read_acks(const std::filesystem::path& path);

/// Appends acknowledgements to a file; several writers may do so one after another. Records are
/// buffered: what is older than the last `flush` may be lost with the process.
class AcksWriter {
public:
    /// Opens or begins the file; a torn last record of an earlier writer is cut off.
    /// Throws StoreError, also when the file is something else.
    explicit AcksWriter(const std::filesystem::path& path);
    AcksWriter(const AcksWriter&) = delete;
    AcksWriter& operator=(const AcksWriter&) = delete;
    /// Flushes; an error is not reported any more here, so call `flush` before.
    ~AcksWriter();

    /// Requires: a code other than `overloaded`. Throws StoreError.
    void append(const RememberedRequest& acknowledged);
    /// Hands everything to the operating system. Throws StoreError.
    void flush();

private:
    std::filesystem::path path_;
    int file_ = -1;
    std::vector<std::byte> buffer_;
};

}  // namespace tuma::ledger
