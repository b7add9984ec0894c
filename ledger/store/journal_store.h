// Where batches become durable, and how they are read back.
#pragma once

#include "ledger/records/batch.h"

#include <functional>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace tuma::ledger {

/// The environment failed: disk full, file damaged, directory not writable. The message says which
/// file and what to do. After a failed append the store must not be used again.
class StoreError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// What an acknowledgement from this store is worth.
enum class Durability : std::uint8_t { memory = 0, local = 1 };
std::string_view name(Durability durability);

/// Appends batches. One thread uses it; it alone writes and checkpoints.
class JournalStore {
public:
    JournalStore() = default;
    JournalStore(const JournalStore&) = delete;
    JournalStore& operator=(const JournalStore&) = delete;
    virtual ~JournalStore() = default;

    /// Makes `batches` durable in order, all in one step; returns when they are.
    /// Requires: sequences that continue what is stored. Throws StoreError.
    virtual void append(std::span<const SealedBatch> batches) = 0;

    /// Bounded housekeeping (checkpoint, next segment), called when nobody waits for an append.
    /// Throws StoreError.
    virtual void maintain() = 0;

    virtual Durability durability() const = 0;
};

/// A row whose columns are not what the bytes of its batch say.
struct AlteredRow {
    std::uint64_t sequence = 0;
    std::string sentence;  ///< which column, and what it should be
};

/// Reads durable batches; any number of readers beside the one writer.
class JournalReader {
public:
    JournalReader() = default;
    JournalReader(const JournalReader&) = delete;
    JournalReader& operator=(const JournalReader&) = delete;
    virtual ~JournalReader() = default;

    /// Sequence of the newest durable batch; 0 when there is none.
    virtual std::uint64_t last_sequence() = 0;

    /// Calls `visit(sequence, bytes)` for each stored batch from `first` on, in order, until it
    /// returns false or no more are stored. Never holds a lock while `visit` runs.
    using Visitor = std::function<bool(std::uint64_t, std::span<const std::byte>)>;
    virtual void scan(std::uint64_t first, const Visitor& visit) = 0;

    /// What a store keeps beside the bytes is for finding batches only, and compared by every
    /// `scan`: the first rows so far that differ.
    virtual std::span<const AlteredRow> altered_rows() const { return {}; }

    /// The batch that holds transfer `id`, unverified bytes; empty when no durable batch has it.
    /// Throws StoreError when the journal must have it and it is not found where it should be.
    virtual std::vector<std::byte> batch_of(TransferId id) = 0;
};

/// The hash at the end of the stored batch `sequence`, unverified; zeros when there is none.
Hash stored_hash_of(JournalReader& journal, std::uint64_t sequence);

}  // namespace tuma::ledger
