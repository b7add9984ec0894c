// Any bytes as a stored batch and as event records: refused or taken, never a crash.
#include "ledger/batch.h"
#include "ledger/ensure.h"
#include "ledger/event.h"

#include <cstring>

using namespace tuma;
using namespace tuma::ledger;

namespace {

void take_all(std::span<const std::byte> records) {
    while (!records.empty()) {
        const std::span<const std::byte> before = records;
        const Result<Event> event = take_event(records);
        if (!event) return;
        std::vector<std::byte> again;
        std::visit([&](const auto& record) { append(again, record); }, *event);
        ensure(before.size() - records.size() == again.size(), "a record's size is what it takes");
        ensure(std::memcmp(before.data(), again.data(), again.size()) == 0,
               "a record is the bytes it was read from");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::byte> bytes = std::as_bytes(std::span{data, size});
    const BatchCheck stored = check_batch(bytes, 1);
    ensure((stored.damage == BatchDamage::none) == stored.reason.empty(), "damage has a reason");
    if (stored.damage == BatchDamage::none) take_all(stored.view.records);
    take_all(bytes);

    // The same bytes as records in a whole batch: random bytes never hit the right hash.
    std::vector<std::byte> body;
    begin_batch(body);
    body.insert(body.end(), bytes.begin(), bytes.end());
    BatchHeader header;
    header.sequence = 1;
    const SealedBatch sealed = seal(header, std::move(body));
    const BatchCheck whole = check_batch(sealed.bytes, 1);
    ensure(whole.damage == BatchDamage::none, "a sealed batch checks out");
    take_all(whole.view.records);
    return 0;
}
