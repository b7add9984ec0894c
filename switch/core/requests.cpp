#include "switch/core/requests.h"

namespace tuma::core {
namespace {

Known known_on_disk(const OpenBatch& batch) {
    const ledger::RequestKeys& keys = batch.state.keys;
    const Finding* const finding = batch.finding;
    // A disk that cannot be read is not a disk without the key: the request might be executed
    // twice.
    if (finding != nullptr && !finding->is_readable) return {.is_unknowable = true};
    // A request that left memory while the disk was read may be in neither place. It is looked for
    // again.
    if (finding == nullptr || keys.oldest() > finding->asked_at) return {.must_look_up = true};
    // The disk may still have a key whose retention is over. It counts as forgotten from the same
    // moment as in memory, so that the answer does not depend on where it was.
    if (!finding->request || keys.is_expired(*finding->request, batch.now)) return {};
    return {&*finding->request};
}

}  // namespace

Known known(const OpenBatch& batch, const RequestKey& key) {
    if (const auto* in_memory = batch.state.keys.find(key, batch.now)) return {in_memory};
    if (!key || !batch.state.keys.may_have_left(key)) return {};
    return known_on_disk(batch);
}

bool is_to_be_looked_up(const OpenBatch& batch, const RequestKey& key) {
    const ledger::RequestKeys& keys = batch.state.keys;
    return key && keys.find(key, batch.now) == nullptr && keys.may_have_left(key);
}

Outcome replayed(const ledger::RememberedRequest& before) {
    return {.code = before.code,
            .is_replayed = true,
            .id = before.id,
            .time = Timestamp{Duration{before.time_us}},
            .balance = before.balance};
}

Outcome undecided(const OpenBatch& batch, bool must_look_up) {
    return {.code = Refusal::overloaded, .time = batch.now, .must_look_up = must_look_up};
}

Outcome refuse(OpenBatch& batch, const Request& request, Refusal refusal) {
    ledger::RequestRefused refused;
    refused.participant = request.key.participant;
    refused.reference = request.key.reference;
    refused.digest = request.digest;
    refused.refusal = refusal;
    batch.emit(refused);
    return {.code = refusal, .time = batch.now};
}

Outcome query_request(OpenBatch& batch, const Request& request, const QueryRequest& /*command*/) {
    // Only the key counts. Who asks does not repeat the request, so there is no digest to compare.
    const auto [before, must_look_up, is_unknowable] = known(batch, request.key);
    if (must_look_up || is_unknowable) return undecided(batch, must_look_up);
    if (before == nullptr) return {.code = Refusal::request_not_found, .time = batch.now};
    return replayed(*before);
}

}  // namespace tuma::core
