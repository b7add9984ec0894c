// A state with the accounts of a small town in it, and what replay says to one more record.
#pragma once

#include "ledger/state/state.h"
#include "tests/support/traffic.h"
#include "tests/support/words.h"
#include "tests/support/world.h"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace tuma::testing {

inline ledger::State loaded(const std::vector<std::byte>& content,
                            const ledger::StateLimits& limits = small_limits()) {
    Bytes bytes;
    bytes.content = content;
    ledger::State state(limits);
    state.load(bytes);
    REQUIRE(bytes.is_empty());
    return state;
}

// A journal of one batch with an opened account, a transfer and a refusal, to be damaged.
struct Fresh {
    World world;
    ledger::State state{small_limits()};

    Fresh() {
        Traffic traffic(1, Traffic::Schemes::one);
        for (const core::Request& request : traffic.opening()) world.handle(request);
        for (const ledger::SealedBatch& batch : world.journal) {
            const auto check = ledger::check_batch(batch.bytes, batch.header.sequence);
            REQUIRE_FALSE(state.replay(check.view).has_value());
        }
    }

    // What replay says to a further batch of `event` under a header that fits, then changed.
    template <typename Record>
    std::string refusal_of(Record event,
                           const std::function<void(ledger::BatchHeader&)>& change = {}) {
        constexpr bool is_transfer = std::is_same_v<Record, ledger::TransferRecord>;
        ledger::BatchHeader header;
        header.sequence = state.position.sequence + 1;
        header.time_us = state.position.time.time_since_epoch().count();
        header.event_count = 1;
        header.first_transfer = state.position.next_transfer;
        header.next_transfer = {header.first_transfer.value + (is_transfer ? 1 : 0)};
        header.previous = state.position.hash;
        if (change) change(header);
        std::vector<std::byte> bytes;
        ledger::begin_batch(bytes);
        append(bytes, event);
        const ledger::SealedBatch sealed = ledger::seal(header, std::move(bytes));
        const auto check = ledger::check_batch(sealed.bytes, header.sequence);
        REQUIRE(check.damage == ledger::BatchDamage::none);
        return loaded_copy().replay(check.view).value_or("fits");
    }

    // A transfer of 100 from alice to bob that fits.
    ledger::TransferRecord transfer() const {
        ledger::TransferRecord record;
        const ledger::Posting posting{
            ledger::Purpose::transfer, AccountId{2}, AccountId{3}, {100, Currency::kes}};
        REQUIRE_FALSE(state.books.plan_post(posting, record).has_value());
        record.id = state.position.next_transfer;
        return record;
    }

    ledger::State loaded_copy() const {
        ledger::State copy = loaded(bytes_of(state));
        copy.position.hash = state.position.hash;
        return copy;
    }
};

inline bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

}  // namespace tuma::testing
