// Books with somebody who plans, numbers and applies each record, and keeps them all.
#pragma once

#include "ledger/state/books.h"

#include <optional>
#include <string>
#include <vector>

namespace tuma::testing {

/// What an account is opened with; the identity is made from the account's number.
struct Opening {
    ledger::AccountKind kind = ledger::AccountKind::wallet;
    Currency currency = Currency::kes;
    std::int64_t floor = 0;
    std::int64_t ceiling = ledger::no_ceiling;
};

/// Each operation plans and, if not refused, applies; the answer is the refusal's name or "none".
class Bookkeeper {
public:
    explicit Bookkeeper(std::size_t accounts_max = 64) : books(accounts_max) {}

    /// Requires: not refused.
    AccountId open(const Opening& opening = {});
    /// A trust account without a floor.
    AccountId open_trust(Currency currency = Currency::kes);

    std::string post(ledger::Purpose purpose, AccountId debit, AccountId credit,
                     std::int64_t amount, Currency currency = Currency::kes);
    std::string reserve(AccountId debit, AccountId credit, std::int64_t amount,
                        Duration timeout = std::chrono::seconds{30},
                        ledger::Purpose purpose = ledger::Purpose::adjust);
    std::string settle(TransferId reservation, std::int64_t amount);
    std::string end(TransferId reservation, ledger::TransferKind kind);
    std::string reverse(TransferId original, std::int64_t amount);
    std::string change(AccountId account, ledger::AccountChange change);

    /// The newest record.
    const ledger::TransferRecord& last() const { return records.back(); }
    const ledger::Account& account(AccountId id) const { return *books.find(id); }

    ledger::Books books;
    std::vector<ledger::TransferRecord> records;  ///< record `n` is element `n - 1`
    Timestamp now{std::chrono::hours{1}};

private:
    std::string carry_out(std::optional<Refusal> refusal, ledger::TransferRecord& record);
};

}  // namespace tuma::testing
