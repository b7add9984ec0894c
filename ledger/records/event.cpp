// Event records to bytes and back.
#include "ledger/records/event.h"

#include "ledger/words/ensure.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace tuma::ledger {
namespace {

static_assert(std::has_unique_object_representations_v<TransferRecord>);
static_assert(std::has_unique_object_representations_v<AccountOpened>);
static_assert(std::has_unique_object_representations_v<AccountChanged>);
static_assert(std::has_unique_object_representations_v<RequestRefused>);
static_assert(std::has_unique_object_representations_v<SchemeHead>);
static_assert(std::has_unique_object_representations_v<SettlementClosed>);

constexpr std::uint16_t known_flags = flag_linked | flag_continuation;
constexpr std::uint16_t known_flags_2 = known_flags | flag_fate_mask;
constexpr std::string_view identity_rule = "must be 1 to 31 printable ASCII characters, then zeros";
// Clocks of the world go from twelve hours behind UTC to fourteen ahead of it.
constexpr int zone_offset_max = 14 * 60;

static_assert(sizeof(SchemeHead) + filled(scheme_content_max) <=
              std::numeric_limits<std::uint16_t>::max());

template <typename Record>
void append_record(std::vector<std::byte>& bytes, const Record& record) {
    const auto view = std::as_bytes(std::span{&record, 1});
    bytes.insert(bytes.end(), view.begin(), view.end());
}

bool is_currency(Currency currency) {
    return find_currency(static_cast<std::uint16_t>(currency)).has_value();
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
    if (!is_between(record.purpose, Purpose::issue, Purpose::bank_transfer))
        return InputError{"purpose", "is not a purpose of a transfer"};
    // An older program wrote no other flags: what its version could not say must not be there now.
    if ((record.flags & ~(record.version == 1 ? known_flags : known_flags_2)) != 0)
        return InputError{"flags", "unknown flags must be zero"};
    if (!is_currency(record.currency)) return InputError{"currency", "is not in the table"};
    // Reserved bytes are checked, so that a later version can use them and know that old records
    // say nothing there.
    if (record.reserved != 0) return InputError{"reserved", "must be zero"};
    return {};
}

Fault check(const AccountOpened& record) {
    // Records are read back into enumerators and array indices. Whatever is no enumerator is
    // stopped here, so that nothing behind this has to ask again.
    if (!is_currency(record.currency)) return InputError{"currency", "is not in the table"};
    if (find_account_kind(static_cast<std::uint8_t>(record.kind)) == nullptr)
        return InputError{"kind", "is not in the chart of accounts"};
    if (record.reserved != 0) return InputError{"reserved", "must be zero"};
    if (!is_valid(record.identity)) return InputError{"identity", std::string(identity_rule)};
    // Without a scheme there are no classes and no payouts; a value there would have no meaning and
    // still be hashed.
    if (!record.scheme && record.account_class != 0)
        return InputError{"account_class", "must be zero without a scheme"};
    if (!record.scheme && record.payout)
        return InputError{"payout", "must be zero without a scheme"};
    if (record.payout && record.kind != AccountKind::settlement_payable)
        return InputError{"payout", "only a settlement payable is paid out"};
    return {};
}

Fault check(const AccountChanged& record) {
    if (!is_between(record.change, AccountChange::freeze, AccountChange::close))
        return InputError{"change", "is not a change of an account"};
    if (!is_zero(record.reserved)) return InputError{"reserved", "must be zero"};
    return {};
}

Fault check(const RequestRefused& record) {
    // A refusal that says "none" would tell a client on a retry that it had succeeded.
    if (record.refusal == Refusal::none ||
        find_refusal(static_cast<std::uint16_t>(record.refusal)) == nullptr)
        return InputError{"refusal", "is not a refusal"};
    if (!is_zero(record.reserved)) return InputError{"reserved", "must be zero"};
    return {};
}

Fault check(const SettlementClosed& record) {
    // The sums of a settlement are checked where they can be: against the fold, when it is applied.
    if (record.reserved != 0 || record.reserved_2 != 0)
        return InputError{"reserved", "must be zero"};
    return {};
}

Fault check(const SchemeHead& head) {
    if (head.version != SchemeHead{}.version) return InputError{"version", "is not known"};
    if (head.content_bytes > scheme_content_max)
        return InputError{"content_bytes", "is more than a scheme may have"};
    if (head.size != sizeof(SchemeHead) + filled(head.content_bytes))
        return InputError{"size", "is not that of head and content"};
    // Stored without a sign in the head, since its bytes have one layout for all; the sign is put
    // back here.
    const auto offset = static_cast<std::int16_t>(head.zone_offset_minutes);
    if (offset < -zone_offset_max || offset > zone_offset_max)
        return InputError{"zone_offset_minutes", "is more than 14 hours"};
    if (!is_currency(head.currency)) return InputError{"currency", "is not in the table"};
    if (!is_valid(head.name)) return InputError{"name", std::string(identity_rule)};
    if (!is_valid(head.scheme_version))
        return InputError{"scheme_version", std::string(identity_rule)};
    return {};
}

template <typename Record>
constexpr std::uint8_t newest_version = Record{}.version;
template <>
constexpr std::uint8_t newest_version<TransferRecord> = 2;

template <typename Record>
Fault take_record(std::span<const std::byte>& bytes, Record& record) {
    // The defaults of a fresh record are its layout's version and size, said once in its struct.
    const Record fresh;
    if (bytes.size() < sizeof(Record))
        return InputError{"record", "fewer bytes than a record of this kind"};
    std::memcpy(&record, bytes.data(), sizeof record);
    // Only some kinds have more than one version; the reader takes all, the writer says which it
    // means.
    if (record.version < fresh.version || record.version > newest_version<Record>)
        return InputError{"version", "is not known"};
    if (record.size != fresh.size) return InputError{"size", "is not the size of this kind"};
    if (Fault fault = check(record)) return fault;
    // Taken off only once everything is right: a refused record leaves the caller where it was.
    bytes = bytes.subspan(sizeof record);
    return {};
}

template <typename Record>
Result<Event> take(std::span<const std::byte>& bytes) {
    Record record;
    if (const Fault fault = take_record(bytes, record)) return *fault;
    return Event{record};
}

template <typename Record>
Result<Event> as_event(Result<Record> record) {
    if (!record) return record.error();
    return Event{std::move(record).value()};
}

Result<Event> take_scheme(std::span<const std::byte>& bytes) {
    SchemeLoaded loaded;
    if (bytes.size() < sizeof loaded.head)
        return InputError{"record", "fewer bytes than a record of this kind"};
    std::memcpy(&loaded.head, bytes.data(), sizeof loaded.head);
    // The head is checked first, because it says how far to read.
    if (const Fault fault = check(loaded.head)) return *fault;
    if (bytes.size() < loaded.head.size)
        return InputError{"record", "fewer bytes than the scheme's content"};
    const auto body = bytes.first(loaded.head.size).subspan(sizeof loaded.head);
    const auto content = body.first(loaded.head.content_bytes);
    const auto fill = body.subspan(content.size());
    // Filling that is not zero would be bytes that nobody sees and everybody hashes.
    if (std::any_of(fill.begin(), fill.end(), [](std::byte b) { return b != std::byte{0}; }))
        return InputError{"content", "must be filled up with zeros"};
    loaded.content.assign(content.begin(), content.end());
    bytes = bytes.subspan(loaded.head.size);
    return Event{std::move(loaded)};
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

void append(std::vector<std::byte>& bytes, const SettlementClosed& record) {
    append_record(bytes, record);
}

void append(std::vector<std::byte>& bytes, const SchemeLoaded& record) {
    const SchemeHead head = sized_head(record);
    append_record(bytes, head);
    bytes.insert(bytes.end(), record.content.begin(), record.content.end());
    // Every record ends on a multiple of 8, so that the next one's numbers are aligned where it
    // lies.
    bytes.resize(bytes.size() + filled(record.content.size()) - record.content.size());
}

SchemeHead sized_head(const SchemeLoaded& loaded) {
    ensure(loaded.content.size() <= scheme_content_max, "a scheme's content is bounded");
    SchemeHead head = loaded.head;
    head.size = static_cast<std::uint16_t>(sizeof(SchemeHead) + filled(loaded.content.size()));
    head.content_bytes = static_cast<std::uint16_t>(loaded.content.size());
    return head;
}

Result<Event> take_event(std::span<const std::byte>& bytes) {
    if (bytes.empty()) return InputError{"record", "no bytes left"};
    // Each kind has its own reader, and none knows the others: a new kind adds a line here and
    // nothing else.
    switch (static_cast<RecordKind>(bytes.front())) {
        case RecordKind::transfer:
            return take<TransferRecord>(bytes);
        case RecordKind::account_opened:
            return take<AccountOpened>(bytes);
        case RecordKind::account_changed:
            return take<AccountChanged>(bytes);
        case RecordKind::refused:
            return take<RequestRefused>(bytes);
        case RecordKind::scheme_loaded:
            return take_scheme(bytes);
        case RecordKind::settlement_closed:
            return take<SettlementClosed>(bytes);
        case RecordKind::profile_stored:
            return as_event(take_profile(bytes));
        case RecordKind::order_opened:
            return as_event(take_order_opened(bytes));
        case RecordKind::order_moved:
            return as_event(take_order_moved(bytes));
        case RecordKind::notice_moved:
            return as_event(take_notice_moved(bytes));
        case RecordKind::order_recalled:
            return as_event(take_order_recalled(bytes));
    }
    return InputError{"record_kind", "is not known"};
}

std::optional<InputError> take_transfer(std::span<const std::byte>& bytes, TransferRecord& record) {
    return take_record(bytes, record);
}

}  // namespace tuma::ledger
