// Any bytes as a stored batch, as event records and as a batch to replay: refused or taken, never a
// crash.
#include "ledger/records/batch.h"
#include "ledger/records/event.h"
#include "ledger/state/state.h"
#include "ledger/words/ensure.h"

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

// Trust, a wallet, and a merchant who is paid out, the last two under a scheme.
State town() {
    State state({.accounts_max = 16, .request_keys_max = 16});
    SchemeLoaded loaded;
    loaded.head.id = SchemeId{1};
    loaded.head.name = *make_identity("s");
    loaded.head.scheme_version = *make_identity("1");
    state.apply(loaded, {});
    const auto open = [&state](AccountKind kind, const char* identity, AccountId payout) {
        AccountOpened opened;
        opened.id = AccountId{static_cast<std::uint32_t>(state.books.account_count() + 1)};
        opened.kind = kind;
        opened.floor = no_floor;
        opened.identity = *make_identity(identity);
        if (kind == AccountKind::wallet || payout) opened.scheme = SchemeId{1};
        opened.payout = payout;
        state.apply(opened, {});
    };
    open(AccountKind::trust, "t", {});
    open(AccountKind::wallet, "w", {});
    open(AccountKind::settlement_payable, "m", AccountId{4});
    open(AccountKind::bank_account, "b", {});
    TransferRecord sale;
    ensure(!state.books.plan_post(
               {Purpose::pay_merchant, AccountId{2}, AccountId{3}, {100, Currency::kes}}, sale),
           "a sale that fits");
    sale.id = TransferId{1};
    sale.due_at = 1;
    state.apply(sale, {});
    return state;
}

// The records on a state that has something for each kind of them to refer to.
void replay(const SealedBatch& sealed) {
    State state = town();
    BatchView batch = check_batch(sealed.bytes, sealed.header.sequence).view;
    batch.header.first_transfer = state.position.next_transfer;
    const auto violation = state.replay(batch);
    ensure(!violation || !violation->empty(), "what does not fit has a reason");
    // Balances are checked as they are replayed; floors are the concern of who decides.
    static_cast<void>(state.broken_invariants());
    static_cast<void>(state.hash());
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
    replay(sealed);
    return 0;
}
