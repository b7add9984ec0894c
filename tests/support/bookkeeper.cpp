#include "tests/support/bookkeeper.h"

#include "tests/support/words.h"

#include <fmt/format.h>

namespace tuma::testing {

using namespace tuma::ledger;

AccountId Bookkeeper::open(const Opening& opening) {
    AccountOpened opened;
    opened.kind = opening.kind;
    opened.currency = opening.currency;
    opened.floor = opening.floor;
    opened.ceiling = opening.ceiling;
    opened.identity = identity(fmt::format("account-{}", books.account_count() + 1));
    const auto refusal = books.plan_open(opened);
    ensure(!refusal, "a test's account opens");
    books.apply(opened);
    return opened.id;
}

AccountId Bookkeeper::open_trust(Currency currency) {
    return open({.kind = AccountKind::trust, .currency = currency, .floor = no_floor});
}

std::string Bookkeeper::carry_out(std::optional<Refusal> refusal, TransferRecord& record) {
    if (!refusal) {
        record.id = TransferId{records.size() + 1};
        books.apply(record);
        records.push_back(record);
    }
    return code(refusal);
}

std::string Bookkeeper::post(Purpose purpose, AccountId debit, AccountId credit,
                             std::int64_t amount, Currency currency) {
    TransferRecord record;
    return carry_out(books.plan_post({purpose, debit, credit, {amount, currency}}, record), record);
}

std::string Bookkeeper::reserve(AccountId debit, AccountId credit, std::int64_t amount,
                                Duration timeout, Purpose purpose) {
    TransferRecord record;
    const Posting posting{purpose, debit, credit, {amount, Currency::kes}};
    return carry_out(books.plan_reserve(posting, timeout, now, record), record);
}

std::string Bookkeeper::settle(TransferId reservation, std::int64_t amount) {
    TransferRecord record;
    return carry_out(books.plan_settle(reservation, amount, record), record);
}

std::string Bookkeeper::end(TransferId reservation, TransferKind kind) {
    TransferRecord record;
    return carry_out(books.plan_end(reservation, kind, record), record);
}

std::string Bookkeeper::reverse(TransferId original, std::int64_t amount) {
    TransferRecord record;
    return carry_out(books.plan_reverse(records.at(original.value - 1), amount, record), record);
}

std::string Bookkeeper::change(AccountId account, AccountChange change) {
    AccountChanged changed;
    changed.id = account;
    changed.change = change;
    const auto refusal = books.plan_change(changed);
    if (!refusal) books.apply(changed);
    return code(refusal);
}

}  // namespace tuma::testing
