// Names of what an acknowledgement is worth.
#include "ledger/store/journal_store.h"

#include "ledger/words/ensure.h"

#include <cstring>

namespace tuma::ledger {

std::string_view name(Durability durability) {
    switch (durability) {
        case Durability::memory:
            return "memory";
        case Durability::local:
            return "local";
    }
    unreachable("a durability outside its table");
}

Hash stored_hash_of(JournalReader& journal, std::uint64_t sequence) {
    Hash hash{};
    if (sequence == 0 || journal.last_sequence() < sequence) return hash;
    // One visit is enough: the scan begins with the batch that is asked for.
    journal.scan(sequence, [&](std::uint64_t found, std::span<const std::byte> bytes) {
        if (found == sequence && bytes.size() >= batch_overhead_bytes)
            std::memcpy(hash.data(), bytes.last(sizeof hash).data(), sizeof hash);
        return false;
    });
    return hash;
}

}  // namespace tuma::ledger
