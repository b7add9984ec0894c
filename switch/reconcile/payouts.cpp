#include "switch/reconcile/payouts.h"

#include <fmt/format.h>

#include <utility>

namespace tuma::reconcile {

using ledger::Purpose;

void PayoutReader::fold(const ledger::AccountOpened& opened) {
    if (opened.payout) {
        payables_[opened.id.value] = opened.scheme;
        // The bank account's own record follows this one.
        bank_accounts_[opened.payout.value] = {};
    }
    const auto bank = bank_accounts_.find(opened.id.value);
    if (bank == bank_accounts_.end()) return;
    bank->second = std::string(ledger::text(opened.identity));
    payouts_.accounts[bank->second] = opened.currency;
}

void PayoutReader::fold(const ledger::TransferRecord& record) {
    // Other movements at a bank account are not the switch's doing.
    if (record.purpose != Purpose::payout) return;
    if (bank_accounts_.contains(record.credit.value))
        // The sign is the bank's: what it has paid to the merchant is above zero.
        legs_.push_back({record.credit, record.amount, record.id});
    else if (bank_accounts_.contains(record.debit.value))
        legs_.push_back({record.debit, -record.amount, record.id});
}

void PayoutReader::fold(const ledger::SettlementClosed& closed, Timestamp time) {
    const auto scheme = payables_.find(closed.account.value);
    // A payable that was opened without terms is not paid out by anybody.
    if (scheme == payables_.end()) return;
    const std::chrono::minutes zone = zones_[scheme->second.value];
    // The day on which the bank would book it is the scheme's local one.
    const Timestamp local = time + zone;
    for (const Leg& leg : legs_) {
        payouts_.zones[bank_accounts_.at(leg.account.value)] = zone;
        payouts_.movements.push_back({std::chrono::floor<std::chrono::days>(local), leg.amount,
                                      bank_accounts_.at(leg.account.value),
                                      fmt::format("payout {}", leg.transfer.value),
                                      leg.transfer.value});
    }
    // The legs stand before their statement in the journal, so all that have gathered are its own.
    legs_.clear();
}

std::optional<InputError> PayoutReader::fold(Timestamp time, std::span<const std::byte> records) {
    constexpr auto transfer = static_cast<std::byte>(ledger::RecordKind::transfer);
    ledger::TransferRecord record;
    while (!records.empty()) {
        // Transfers are nearly all of a journal; they are read without making an event of each.
        if (records.front() == transfer) {
            if (auto wrong = ledger::take_transfer(records, record)) return wrong;
            fold(record);
            continue;
        }
        const Result<ledger::Event> event = ledger::take_event(records);
        if (!event) return event.error();
        if (const auto* opened = std::get_if<ledger::AccountOpened>(&*event)) fold(*opened);
        if (const auto* closed = std::get_if<ledger::SettlementClosed>(&*event))
            fold(*closed, time);
        if (const auto* loaded = std::get_if<ledger::SchemeLoaded>(&*event))
            // A newer version of a scheme may have another zone, and what is closed from then on
            // goes by it.
            zones_[loaded->head.id.value] = std::chrono::minutes{loaded->zone_offset_minutes()};
    }
    return std::nullopt;
}

Result<Payouts> read_payouts(ledger::JournalReader& journal) {
    PayoutReader reader;
    std::uint64_t last = 0;
    std::optional<InputError> wrong;
    journal.scan(1, [&](std::uint64_t sequence, std::span<const std::byte> bytes) {
        const ledger::BatchCheck check = ledger::check_batch(bytes, sequence);
        // Payouts out of damaged batches would be compared with the bank as if they were true.
        if (check.damage != ledger::BatchDamage::none)
            wrong = InputError{"", check.reason};
        else
            wrong = reader.fold(check.view.header.time(), check.view.records);
        if (wrong)
            wrong = InputError{fmt::format("batch {}", sequence),
                               wrong->reason + "; tuma audit says more"};
        last = sequence;
        // One bad batch ends it: half of the books would make the rest look like breaks.
        return !wrong;
    });
    if (wrong) return *wrong;
    Payouts payouts = reader.payouts();
    payouts.last_batch = last;
    return payouts;
}

}  // namespace tuma::reconcile
