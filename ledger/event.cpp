// Event records to bytes and back.
#include "ledger/event.h"

#include "ledger/ensure.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string>
#include <type_traits>

namespace tuma::ledger {
namespace {

static_assert(std::has_unique_object_representations_v<TransferRecord>);
static_assert(std::has_unique_object_representations_v<AccountOpened>);
static_assert(std::has_unique_object_representations_v<AccountChanged>);
static_assert(std::has_unique_object_representations_v<RequestRefused>);

constexpr std::uint16_t known_flags = flag_linked | flag_continuation;

template <typename Record>
void append_record(std::vector<std::byte>& bytes, const Record& record) {
    const auto view = std::as_bytes(std::span{&record, 1});
    bytes.insert(bytes.end(), view.begin(), view.end());
}

// A record is decoded for every transfer of a replay; a search of the table would show.
bool is_currency(Currency currency) {
    static const auto known = [] {
        std::array<bool, 1000> numbers{};
        for (const CurrencyRow& row : currency_table())
            numbers.at(static_cast<std::size_t>(row.currency)) = true;
        return numbers;
    }();
    const auto number = static_cast<std::size_t>(currency);
    return number < known.size() && known[number];
}

template <typename Enum>
bool is_between(Enum value, Enum first, Enum last) {
    return value >= first && value <= last;
}

template <std::size_t n>
bool is_zero(const std::array<std::uint8_t, n>& bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t b) { return b == 0; });
}

using Fault = std::optional<InputError>;

Fault check(const TransferRecord& record) {
    if (!is_between(record.kind, TransferKind::posted, TransferKind::reversed))
        return InputError{"kind", "is not a kind of transfer"};
    if (!is_between(record.purpose, Purpose::issue, Purpose::adjust))
        return InputError{"purpose", "is not a purpose of a transfer"};
    if ((record.flags & ~known_flags) != 0)
        return InputError{"flags", "unknown flags must be zero"};
    if (!is_currency(record.currency)) return InputError{"currency", "is not in the table"};
    if (record.reserved != 0) return InputError{"reserved", "must be zero"};
    return {};
}

Fault check(const AccountOpened& record) {
    if (!is_currency(record.currency)) return InputError{"currency", "is not in the table"};
    if (find_account_kind(static_cast<std::uint8_t>(record.kind)) == nullptr)
        return InputError{"kind", "is not in the chart of accounts"};
    if (record.reserved != 0 || record.reserved_2 != 0)
        return InputError{"reserved", "must be zero"};
    if (!is_valid(record.identity))
        return InputError{"identity", "must be 1 to 31 printable ASCII characters, then zeros"};
    return {};
}

Fault check(const AccountChanged& record) {
    if (!is_between(record.change, AccountChange::freeze, AccountChange::close))
        return InputError{"change", "is not a change of an account"};
    if (!is_zero(record.reserved)) return InputError{"reserved", "must be zero"};
    return {};
}

Fault check(const RequestRefused& record) {
    if (record.refusal == Refusal::none ||
        find_refusal(static_cast<std::uint16_t>(record.refusal)) == nullptr)
        return InputError{"refusal", "is not a refusal"};
    if (!is_zero(record.reserved)) return InputError{"reserved", "must be zero"};
    return {};
}

template <typename Record>
Fault take_record(std::span<const std::byte>& bytes, Record& record) {
    const Record fresh;
    if (bytes.size() < sizeof(Record))
        return InputError{"record", "fewer bytes than a record of this kind"};
    std::memcpy(&record, bytes.data(), sizeof record);
    if (record.version != fresh.version) return InputError{"version", "is not known"};
    if (record.size != fresh.size) return InputError{"size", "is not the size of this kind"};
    if (Fault fault = check(record)) return fault;
    bytes = bytes.subspan(sizeof record);
    return {};
}

template <typename Record>
Result<Event> take(std::span<const std::byte>& bytes) {
    Record record;
    if (const Fault fault = take_record(bytes, record)) return *fault;
    return Event{record};
}

}  // namespace

std::string_view name(AccountChange change) {
    switch (change) {
        case AccountChange::freeze:
            return "freeze";
        case AccountChange::unfreeze:
            return "unfreeze";
        case AccountChange::close:
            return "close";
    }
    unreachable("a change of an account outside its table");
}

void append(std::vector<std::byte>& bytes, const TransferRecord& record) {
    append_record(bytes, record);
}
void append(std::vector<std::byte>& bytes, const AccountOpened& record) {
    append_record(bytes, record);
}
void append(std::vector<std::byte>& bytes, const AccountChanged& record) {
    append_record(bytes, record);
}
void append(std::vector<std::byte>& bytes, const RequestRefused& record) {
    append_record(bytes, record);
}

Result<Event> take_event(std::span<const std::byte>& bytes) {
    if (bytes.empty()) return InputError{"record", "no bytes left"};
    switch (static_cast<RecordKind>(bytes.front())) {
        case RecordKind::transfer:
            return take<TransferRecord>(bytes);
        case RecordKind::account_opened:
            return take<AccountOpened>(bytes);
        case RecordKind::account_changed:
            return take<AccountChanged>(bytes);
        case RecordKind::refused:
            return take<RequestRefused>(bytes);
    }
    return InputError{"record_kind", "is not known"};
}

std::optional<InputError> take_transfer(std::span<const std::byte>& bytes, TransferRecord& record) {
    return take_record(bytes, record);
}

}  // namespace tuma::ledger
