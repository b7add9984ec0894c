#include "loadgen/drive/native/acknowledgements.h"

#include "ledger/words/ensure.h"

namespace tuma::loadgen {

template <typename Write>
void Acknowledgements::write(const Write& write) {
    const std::lock_guard lock(mutex_);
    if (!failure_.empty()) throw ledger::StoreError(failure_);
    try {
        write();
    } catch (const ledger::StoreError& error) {
        failure_ = error.what();
        throw;
    }
}

void Acknowledgements::append(const InFlight& request, std::uint64_t prefix,
                              ParticipantId participant, std::span<const core::Outcome> outcomes) {
    ensure(request.digests.size() == outcomes.size(), "acknowledgements need digests");
    write([&] {
        for (std::size_t i = 0; i < outcomes.size(); ++i) {
            const core::Outcome& outcome = outcomes[i];
            // Nothing is in the journal, so that there is nothing to audit.
            if (outcome.code == Refusal::overloaded) continue;
            writer_.append(
                {.reference = run_reference(prefix, request.type, request.first_number + i),
                 .digest = request.digests[i],
                 .participant = participant,
                 .code = outcome.code,
                 .reserved = 0,
                 .id = outcome.id,
                 .time_us = outcome.time.time_since_epoch().count(),
                 .balance = outcome.balance});
        }
    });
}

void Acknowledgements::flush() {
    write([&] { writer_.flush(); });
}

}  // namespace tuma::loadgen
