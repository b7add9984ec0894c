// The file of acknowledgements as the drivers of a run share it.
#pragma once

#include "ledger/store/acks.h"
#include "loadgen/drive/native/connection.h"
#include "switch/core/outcome.h"

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <span>
#include <string>

namespace tuma::loadgen {

/// Writes what was answered, from any thread; the answers to a request stand together. After a
/// failure nothing more is written, so that no half of a record is followed by another.
class Acknowledgements {
public:
    /// Opens or begins the file. Throws StoreError.
    explicit Acknowledgements(const std::filesystem::path& path) : writer_(path) {}

    /// The answers to a request, refusals too, but not `overloaded`: nothing was executed then.
    /// `prefix` is that of its references. Throws StoreError.
    /// Requires: a request with digests, as many as outcomes.
    void append(const InFlight& request, std::uint64_t prefix, ParticipantId participant,
                std::span<const core::Outcome> outcomes);
    /// Hands everything to the operating system. Throws StoreError.
    void flush();

private:
    template <typename Write>
    void write(const Write& write);

    std::mutex mutex_;
    ledger::AcksWriter writer_;  ///< guarded by mutex_
    std::string failure_;        ///< guarded by mutex_; empty while all went well
};

}  // namespace tuma::loadgen
