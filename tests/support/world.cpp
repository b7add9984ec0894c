#include "tests/support/world.h"

#include "ledger/store/memory_journal.h"

#include <utility>

namespace tuma::testing {
namespace {

// More reservations than any test keeps open.
constexpr std::size_t all_due = 1'000'000;

}  // namespace

ledger::StateLimits small_limits() {
    return {.accounts_max = 32,
            .request_keys_max = 64,
            .request_keys_retention = std::chrono::hours{1}};
}

World::World(const ledger::StateLimits& given) : limits(given), core(ledger::State(given)) {}

core::Outcome World::handle(const core::Request& request) {
    return handle_together(std::span{&request, 1}).front();
}

std::vector<core::Outcome> World::handle_together(std::span<const core::Request> requests) {
    std::vector<core::Outcome> outcomes;
    core.begin(now, {});
    core.run_due(all_due);
    for (const core::Request& request : requests)
        outcomes.push_back(decide(with_original(request)));
    keep(core.finish());
    return outcomes;
}

core::Request World::with_original(core::Request request) const {
    auto* const open = std::get_if<core::OpenOrder>(&request.command);
    if (open != nullptr && open->wish->original && open->original == nullptr)
        open->original = std::make_shared<const std::vector<ledger::TransferRecord>>(
            set_of(open->wish->original));
    return request;
}

core::Outcome World::decide(const core::Request& request) {
    core::Outcome outcome = core.handle(request);
    if (!outcome.must_look_up) return outcome;
    core::Finding finding = core.begin_finding();
    finding.orders = archive_->range(OrderId{1}, core.state().orders.next_order());
    return core.handle(request, &finding);
}

void World::keep_orders() {
    directory_ = std::make_unique<TemporaryDirectory>();
    archive_ = std::make_unique<ledger::OrderArchive>(
        directory_->path() / "orders.sqlite",
        ledger::OrderArchiveOptions{.filter_bytes = 1 << 14U,
                                    .orders_max = limits.orders_max,
                                    .orders_leaving_max = limits.orders_leaving_max});
    ledger::MemoryJournal empty;
    ledger::State state(limits);
    archive_->open(empty, state.orders, 0, {});
    core = core::Switch(std::move(state));
}

void World::keep(core::Switch::Decided decided) {
    if (decided.header.event_count == 0) return;
    decided.header.previous = last_hash_;
    journal.push_back(ledger::seal(decided.header, std::move(decided.bytes)));
    last_hash_ = journal.back().hash;
    if (archive_ == nullptr) return;
    archive_->put({core.take_leaving(), core.state().orders.leaving(),
                   journal.back().header.sequence, last_hash_});
    archive_->step_write();
    core.orders_may_leave(archive_->kept_until());
}

void World::pass(Duration duration, const std::function<void()>& look) {
    const Timestamp end = now + duration;
    for (auto next = core.next_deadline(); next && *next <= end; next = core.next_deadline()) {
        now = std::max(now, *next);
        handle_together({});
        look();
    }
    now = end;
}

std::vector<ledger::TransferRecord> World::set_of(TransferId id) const {
    std::vector<ledger::TransferRecord> set;
    for (const ledger::Event& event : events()) {
        const auto* record = std::get_if<ledger::TransferRecord>(&event);
        if (record == nullptr || record->id < id) continue;
        set.push_back(*record);
        if (!record->is_linked()) break;
    }
    return set;
}

Timestamp World::time_of(TransferId id) const {
    for (const ledger::SealedBatch& batch : journal)
        if (id >= batch.header.first_transfer && id < batch.header.next_transfer)
            return batch.header.time();
    return {};
}

std::vector<ledger::Event> World::events() const {
    std::vector<ledger::Event> all;
    for (const ledger::SealedBatch& batch : journal) {
        const auto checked = ledger::check_batch(batch.bytes, batch.header.sequence);
        ensure(checked.damage == ledger::BatchDamage::none, "a batch in memory is whole");
        for (auto bytes = checked.view.records; !bytes.empty();)
            all.push_back(ledger::take_event(bytes).value());
    }
    return all;
}

ledger::State World::replayed() const {
    ledger::State state(limits);
    for (const ledger::SealedBatch& batch : journal) {
        const auto checked = ledger::check_batch(batch.bytes, batch.header.sequence);
        ensure(checked.damage == ledger::BatchDamage::none, "a batch in memory is whole");
        const auto violation = state.replay(checked.view);
        ensure(!violation, violation->c_str());
    }
    return state;
}

void World::write(std::span<const ledger::TransferRecord> records) {
    std::vector<std::byte> bytes;
    ledger::begin_batch(bytes);
    for (const ledger::TransferRecord& record : records) ledger::append(bytes, record);
    ledger::BatchHeader header;
    header.sequence = core.state().position.sequence + 1;
    header.time_us = now.time_since_epoch().count();
    header.event_count = static_cast<std::uint32_t>(records.size());
    header.first_transfer = core.state().position.next_transfer;
    header.next_transfer = TransferId{header.first_transfer.value + records.size()};
    header.previous = last_hash_;
    journal.push_back(ledger::seal(header, std::move(bytes)));
    last_hash_ = journal.back().hash;
    restart();
}

void World::rewrite(const std::function<void(ledger::TransferRecord&)>& change) {
    last_hash_ = {};
    for (ledger::SealedBatch& batch : journal) {
        std::vector<std::byte> bytes;
        ledger::begin_batch(bytes);
        const auto checked = ledger::check_batch(batch.bytes, batch.header.sequence);
        for (auto rest = checked.view.records; !rest.empty();) {
            ledger::Event event = ledger::take_event(rest).value();
            if (auto* const record = std::get_if<ledger::TransferRecord>(&event)) change(*record);
            std::visit([&](const auto& record) { ledger::append(bytes, record); }, event);
        }
        ledger::BatchHeader header = batch.header;
        header.previous = last_hash_;
        batch = ledger::seal(header, std::move(bytes));
        last_hash_ = batch.hash;
    }
    restart();
}

void World::restart() {
    ensure(archive_ == nullptr, "a world with an archive lives once");
    core = core::Switch(replayed());
}

}  // namespace tuma::testing
