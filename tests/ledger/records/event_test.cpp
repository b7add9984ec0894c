// Event records: there and back, and everything that is refused.
#include "ledger/records/event.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstring>

using namespace tuma;
using namespace tuma::ledger;

namespace {

TransferRecord transfer() {
    TransferRecord record;
    record.kind = TransferKind::settled;
    record.purpose = Purpose::pay_merchant;
    record.flags = flag_linked;
    record.id = TransferId{0x1122334455667788};
    record.debit = AccountId{3};
    record.credit = AccountId{4};
    record.amount = 12'345;
    record.subject = TransferId{9};
    record.reference[15] = std::byte{0xAB};
    record.currency = Currency::ugx;
    record.memo = ~std::uint64_t{0};
    return record;
}

AccountOpened opened() {
    AccountOpened record;
    record.id = AccountId{7};
    record.kind = AccountKind::till;
    record.floor = -500;
    record.identity = *make_identity("254700000001");
    return record;
}

AccountChanged changed() {
    AccountChanged record;
    record.id = AccountId{7};
    record.change = AccountChange::close;
    return record;
}

RequestRefused refused() {
    RequestRefused record;
    record.participant = ParticipantId{5};
    record.refusal = Refusal::ceiling_exceeded;
    return record;
}

SchemeLoaded loaded() {
    SchemeLoaded record;
    record.head.id = SchemeId{2};
    record.head.zone_offset_minutes = static_cast<std::uint16_t>(-210);
    record.head.currency = Currency::cny;
    record.head.name = *make_identity("wechat-pay");
    record.head.scheme_version = *make_identity("2023-07");
    record.content.assign(13, std::byte{0x5C});
    record.head = sized_head(record);
    return record;
}

SettlementClosed closed() {
    SettlementClosed record;
    record.account = AccountId{5};
    record.due_at = -1;
    record.sales = 1'000;
    record.carried_in = -30;
    record.paid_out = 970;
    record.payout = TransferId{9};
    record.sales_count = 3;
    return record;
}

ProfileStored profile() {
    return sized(ProfileStored{{}, "mpesa/app/x", "{}"});
}

OrderOpened order() {
    OrderOpened record;
    record.terms.kind = 100;
    record.terms.id = OrderId{3};
    record.terms.debit = AccountId{2};
    record.terms.credit = AccountId{7};
    record.terms.amount = 4'000;
    record.terms.action = CustomerAction::decline;
    record.terms.decline_code = 1032;
    record.terms.flags = order_flag_exclusive;
    record.terms.watched_count = 1;
    record.terms.watched[0] = AccountId{7};
    record.terms.channels[1] = {NoticeWhen::ended, 2, NoticeFault::twice, 0, 500};
    record.keys = {"a", "longer key"};
    record.content = "content";
    return sized(record);
}

OrderMoved moved() {
    OrderMoved record;
    record.head.order = OrderId{3};
    record.head.state = OrderState::failed;
    record.head.refusal = Refusal::insufficient_funds;
    record.balances = {{AccountId{7}, 0, -5, 2}};
    record.answer = "answer";
    return sized(record);
}

NoticeMoved notice() {
    NoticeMoved record;
    record.id = NoticeId{1};
    record.order = OrderId{3};
    record.state = NoticeState::sending;
    record.channel = 2;
    record.attempts = 1;
    return record;
}

OrderRecalled recalled() {
    OrderRecalled record;
    record.order.terms = order().terms;
    record.order.keys = order().keys;
    record.order.content = order().content;
    record.order.state = OrderState::succeeded;
    record.order.debit = AccountId{2};
    record.order.transfer = TransferId{77};
    record.order.opened_at = Timestamp{Duration{5}};
    record.order.moved_at = Timestamp{Duration{6}};
    record.order.balances = moved().balances;
    record.order.answer = "answer";
    record.order.returned = 1'500;
    record.order.children = 2;
    return sized(record);
}

const std::vector<Event> one_of_each{transfer(), opened(), changed(), refused(),
                                     loaded(),   closed(), profile(), order(),
                                     moved(),    notice(), recalled()};

std::vector<std::byte> bytes_of(const Event& event) {
    std::vector<std::byte> bytes;
    std::visit([&](const auto& record) { append(bytes, record); }, event);
    return bytes;
}

Result<Event> take_all(const std::vector<std::byte>& bytes) {
    std::span<const std::byte> rest = bytes;
    return take_event(rest);
}

}  // namespace

TEST_CASE("event: what is appended is taken off again, in order") {
    std::vector<std::byte> bytes;
    for (const Event& event : one_of_each)
        std::visit([&](const auto& record) { append(bytes, record); }, event);
    CHECK(bytes.size() == 128 + 104 + 48 + 48 + (144 + 16) + 144 + 24 + (112 + 24) + 72 + 40 +
                              (8 + 8 + 136 + 8 + 72 + 32));
    std::span<const std::byte> rest = bytes;
    for (const Event& event : one_of_each) {
        const Result<Event> taken = take_event(rest);
        REQUIRE(taken.has_value());
        CHECK(*taken == event);
    }
    CHECK(rest.empty());
    CHECK_FALSE(take_event(rest).has_value());
}

TEST_CASE("event: a transfer lies in the journal as the README says") {
    const std::vector<std::byte> bytes = bytes_of(transfer());
    const auto at = [&](std::size_t offset) { return std::to_integer<int>(bytes.at(offset)); };
    CHECK(at(0) == 1);    // record kind
    CHECK(at(1) == 1);    // version
    CHECK(at(2) == 128);  // size, low byte first
    CHECK(at(3) == 0);
    CHECK(at(4) == 3);     // settled
    CHECK(at(5) == 6);     // pay_merchant
    CHECK(at(6) == 1);     // linked
    CHECK(at(8) == 0x88);  // id, low byte first
    CHECK(at(15) == 0x11);
    CHECK(at(16) == 3);  // debit
    CHECK(at(20) == 4);  // credit
    CHECK(at(24) == 12'345 % 256);
    CHECK(at(127) == 0xFF);  // memo
}

TEST_CASE(
    "event: transfers of both versions are read; only the newer says what becomes of a charge") {
    std::vector<std::byte> bytes = bytes_of(transfer());
    bytes.at(6) = std::byte{1 + 12};
    CHECK(take_all(bytes).error().field == "flags");
    bytes.at(1) = std::byte{2};
    const auto newer = std::get<TransferRecord>(take_all(bytes).value());
    CHECK(newer.fate() == ChargeFate::until_settled);
    CHECK(newer.is_linked());
    CHECK(bytes_of(newer) == bytes);
    bytes.at(6) = std::byte{16};
    CHECK(take_all(bytes).error().field == "flags");
    bytes.at(1) = std::byte{1};
    bytes.at(6) = std::byte{1};
    const auto older = std::get<TransferRecord>(take_all(bytes).value());
    CHECK(older == transfer());
    CHECK(older.fate() == ChargeFate::unsaid);
}

TEST_CASE("event: cut short at any byte is refused and takes nothing off") {
    for (const Event& event : one_of_each) {
        const std::vector<std::byte> bytes = bytes_of(event);
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            CAPTURE(event.index());
            CAPTURE(size);
            std::span<const std::byte> rest = std::span{bytes}.first(size);
            CHECK_FALSE(take_event(rest).has_value());
            CHECK(rest.size() == size);
        }
    }
}

TEST_CASE("event: a transfer taken alone is read, or refused, as an event is") {
    const std::vector<std::byte> good = bytes_of(transfer());
    for (std::size_t offset = 1; offset < good.size(); ++offset) {
        for (const int bit : {0, 3, 7}) {
            CAPTURE(offset);
            CAPTURE(bit);
            std::vector<std::byte> bytes = good;
            bytes[offset] ^= std::byte{1} << bit;
            std::span<const std::byte> rest = bytes;
            TransferRecord record;
            const auto error = take_transfer(rest, record);
            const Result<Event> event = take_all(bytes);
            REQUIRE(error.has_value() == !event.has_value());
            CHECK(rest.size() == (error ? bytes.size() : 0));
            if (error)
                CHECK(*error == event.error());
            else
                CHECK(Event{record} == *event);
        }
    }
}

namespace {

// One record of `one_of_each` with one byte changed, and the field that is refused for it.
struct WrongField {
    const char* what;
    std::size_t event;
    std::size_t offset;
    int value;
    const char* field;
};

void check_refused(std::span<const WrongField> rows) {
    for (const WrongField& row : rows) {
        CAPTURE(row.what);
        std::vector<std::byte> bytes = bytes_of(one_of_each.at(row.event));
        bytes.at(row.offset) = static_cast<std::byte>(row.value);
        const Result<Event> taken = take_all(bytes);
        REQUIRE_FALSE(taken.has_value());
        CHECK(taken.error().field == row.field);
    }
}

}  // namespace

TEST_CASE("event: each wrong field of transfers, accounts and refusals is refused by its name") {
    const WrongField rows[] = {
        {"kind zero", 0, 0, 0, "record_kind"},
        {"kind after the last", 0, 0, 12, "record_kind"},
        {"kind of another size", 2, 0, 1, "record"},
        {"transfer version", 0, 1, 3, "version"},
        {"transfer version zero", 0, 1, 0, "version"},
        {"opened version", 1, 1, 0, "version"},
        {"changed version", 2, 1, 2, "version"},
        {"refused version", 3, 1, 255, "version"},
        {"transfer size", 0, 2, 127, "size"},
        {"transfer size, high byte", 0, 3, 1, "size"},
        {"opened size", 1, 2, 96, "size"},
        {"changed size", 2, 2, 0, "size"},
        {"refused size", 3, 2, 128, "size"},
        {"transfer kind zero", 0, 4, 0, "kind"},
        {"transfer kind after the last", 0, 4, 7, "kind"},
        {"purpose zero", 0, 5, 0, "purpose"},
        {"purpose after the last", 0, 5, 15, "purpose"},
        {"unknown flag", 0, 6, 4, "flags"},
        {"unknown flag, high byte", 0, 7, 128, "flags"},
        {"transfer currency", 0, offsetof(TransferRecord, currency), 1, "currency"},
        {"transfer reserved", 0, offsetof(TransferRecord, reserved) + 1, 1, "reserved"},
        {"opened currency", 1, offsetof(AccountOpened, currency) + 1, 255, "currency"},
        {"account kind zero", 1, offsetof(AccountOpened, kind), 0, "kind"},
        {"account kind after the last", 1, offsetof(AccountOpened, kind), 12, "kind"},
        {"opened reserved", 1, offsetof(AccountOpened, reserved), 1, "reserved"},
        {"class without a scheme", 1, offsetof(AccountOpened, account_class), 1, "account_class"},
        {"payout without a scheme", 1, offsetof(AccountOpened, payout), 1, "payout"},
        {"empty identity", 1, offsetof(AccountOpened, identity), 0, "identity"},
        {"identity after its end", 1, offsetof(AccountOpened, identity) + 31, 'x', "identity"},
        {"identity not printable", 1, offsetof(AccountOpened, identity), 7, "identity"},
        {"change zero", 2, offsetof(AccountChanged, change), 0, "change"},
        {"change after the last", 2, offsetof(AccountChanged, change), 4, "change"},
        {"changed reserved", 2, offsetof(AccountChanged, reserved) + 2, 1, "reserved"},
        {"refusal none", 3, offsetof(RequestRefused, refusal), 0, "refusal"},
        {"refusal unknown", 3, offsetof(RequestRefused, refusal) + 1, 255, "refusal"},
        {"refused reserved", 3, offsetof(RequestRefused, reserved) + 5, 1, "reserved"},
    };
    check_refused(rows);
}

TEST_CASE("event: each wrong field of profiles, orders and notices is refused by its name") {
    const WrongField rows[] = {
        {"profile version", 6, 1, 2, "version"},
        {"profile size", 6, 2, 25, "size"},
        {"profile shorter than its parts", 6, 2, 8, "size"},
        {"empty name", 6, 4, 0, "name"},
        {"long name", 6, 4, 161, "name"},
        {"long content", 6, 7, 255, "content"},
        {"profile fill", 6, 23, 1, "size"},
        {"order version", 7, 1, 0, "version"},
        {"order size", 7, 2, 111, "size"},
        {"purpose", 7, 6, 0, "purpose"},
        {"action", 7, 7, 3, "action"},
        {"amount", 7, 31, 255, "amount"},
        {"currency", 7, offsetof(OrderTerms, currency) + 1, 255, "currency"},
        {"keys", 7, offsetof(OrderTerms, key_count), 5, "keys"},
        {"one key more", 7, offsetof(OrderTerms, key_count), 3, "keys"},
        {"watched", 7, offsetof(OrderTerms, watched_count), 5, "watched"},
        {"flags", 7, offsetof(OrderTerms, flags) + 1, 1, "flags"},
        {"content", 7, offsetof(OrderTerms, content_bytes) + 2, 1, "content"},
        {"channel's when", 7, offsetof(OrderTerms, channels), 9, "channels"},
        {"channel's schedule", 7, offsetof(OrderTerms, channels) + 1, 0, "channels"},
        {"channel's fault", 7, offsetof(OrderTerms, channels) + 2, 3, "channels"},
        {"channel's reserved", 7, offsetof(OrderTerms, channels) + 3, 1, "channels"},
        {"key of no bytes", 7, sizeof(OrderTerms), 0, "keys"},
        {"order fill", 7, 135, 1, "size"},
        {"move version", 8, 1, 7, "version"},
        {"state zero", 8, 4, 0, "state"},
        {"state after the last", 8, 4, 8, "state"},
        {"balances", 8, 5, 5, "watched"},
        {"refusal", 8, offsetof(OrderMoveHead, refusal) + 1, 255, "refusal"},
        {"answer", 8, offsetof(OrderMoveHead, answer_bytes) + 1, 255, "answer"},
        {"balance's reserved", 8, 44, 1, "reserved"},
        {"notice version", 9, 1, 0, "version"},
        {"notice size", 9, 2, 48, "size"},
        {"notice state zero", 9, 4, 0, "state"},
        {"notice state after the last", 9, 4, 5, "state"},
        {"notice channel", 9, 5, 3, "channel"},
        {"notice reserved", 9, 39, 1, "reserved"},
    };
    check_refused(rows);
}

TEST_CASE("event: each wrong field of schemes and settlements is refused by its name") {
    const WrongField rows[] = {
        {"scheme version", 4, 1, 2, "version"},
        {"scheme size, eight more", 4, 2, 168, "size"},
        {"scheme size, not a multiple of eight", 4, 2, 157, "size"},
        {"scheme size of the head alone", 4, 2, 144, "size"},
        {"scheme zone", 4, offsetof(SchemeHead, zone_offset_minutes) + 1, 4, "zone_offset_minutes"},
        {"scheme currency", 4, offsetof(SchemeHead, currency), 1, "currency"},
        {"scheme content, a byte more than fits", 4, offsetof(SchemeHead, content_bytes), 17,
         "size"},
        {"scheme content, too many bytes", 4, offsetof(SchemeHead, content_bytes) + 1, 255,
         "content_bytes"},
        {"scheme without a name", 4, offsetof(SchemeHead, name), 0, "name"},
        {"scheme without a version", 4, offsetof(SchemeHead, scheme_version), 0, "scheme_version"},
        {"scheme content's fill", 4, sizeof(SchemeHead) + 13, 1, "content"},
        {"scheme content's last byte of fill", 4, sizeof(SchemeHead) + 15, 1, "content"},
        {"settlement version", 5, 1, 2, "version"},
        {"settlement size", 5, 2, 128, "size"},
        {"settlement reserved", 5, offsetof(SettlementClosed, reserved), 1, "reserved"},
        {"settlement second reserved", 5, offsetof(SettlementClosed, reserved_2) + 7, 1,
         "reserved"},
    };
    check_refused(rows);
}

TEST_CASE("event: terms are for accounts under a scheme, a payout for payables only") {
    struct Row {
        const char* what;
        SchemeId scheme;
        std::uint8_t account_class;
        AccountId payout;
        AccountKind kind;
        const char* field;
    };
    const Row rows[] = {
        {"a wallet under a scheme", SchemeId{1}, 3, {}, AccountKind::wallet, ""},
        {"a payable that is paid out", SchemeId{1}, 0, AccountId{8},
         AccountKind::settlement_payable, ""},
        {"a payable that is not", SchemeId{1}, 0, {}, AccountKind::settlement_payable, ""},
        {"a till that is paid out", SchemeId{1}, 0, AccountId{8}, AccountKind::till, "payout"},
        {"a payable without a scheme",
         {},
         0,
         AccountId{8},
         AccountKind::settlement_payable,
         "payout"},
        {"a class without a scheme", {}, 3, {}, AccountKind::wallet, "account_class"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        AccountOpened record = opened();
        record.kind = row.kind;
        record.scheme = row.scheme;
        record.account_class = row.account_class;
        record.payout = row.payout;
        const Result<Event> taken = take_all(bytes_of(record));
        CHECK((taken ? "" : taken.error().field) == row.field);
        if (taken) CHECK(*taken == Event{record});
    }
}

TEST_CASE("event: a scheme's content is filled up to a multiple of 8, whatever its size") {
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{8},
                                   std::size_t{9}, scheme_content_max - 1, scheme_content_max}) {
        CAPTURE(size);
        SchemeLoaded record = loaded();
        record.content.assign(size, std::byte{0xFF});
        const std::vector<std::byte> bytes = bytes_of(record);
        CHECK(bytes.size() % 8 == 0);
        CHECK(bytes.size() - sizeof(SchemeHead) - size < 8);
        std::span<const std::byte> rest = bytes;
        const Result<Event> taken = take_event(rest);
        REQUIRE(taken.has_value());
        CHECK(rest.empty());
        CHECK(std::get<SchemeLoaded>(*taken).content == record.content);
        CHECK(std::get<SchemeLoaded>(*taken).head.size == bytes.size());
        CHECK(std::get<SchemeLoaded>(*taken).zone_offset_minutes() == -210);
    }
}

TEST_CASE("event: scheme, settlement and opened account lie in the journal as the README says") {
    const auto at = [](const std::vector<std::byte>& bytes, std::size_t offset) {
        return std::to_integer<int>(bytes.at(offset));
    };
    AccountOpened account = opened();
    account.kind = AccountKind::settlement_payable;
    account.scheme = SchemeId{0x0102};
    account.account_class = 9;
    account.payout = AccountId{0x01020304};
    const std::vector<std::byte> opened_bytes = bytes_of(account);
    CHECK(at(opened_bytes, 63) == 9);
    CHECK(at(opened_bytes, 96) == 2);
    CHECK(at(opened_bytes, 97) == 1);
    CHECK(at(opened_bytes, 100) == 4);
    CHECK(at(opened_bytes, 103) == 1);

    const std::vector<std::byte> scheme = bytes_of(loaded());
    CHECK(at(scheme, 0) == 5);
    CHECK(at(scheme, 2) == 160);
    CHECK(at(scheme, 4) == 2);      // number
    CHECK(at(scheme, 6) == 46);     // -210 minutes
    CHECK(at(scheme, 44) == 156);   // CNY
    CHECK(at(scheme, 46) == 13);    // bytes of content
    CHECK(at(scheme, 80) == 'w');   // name
    CHECK(at(scheme, 112) == '2');  // its author's version
    CHECK(at(scheme, 144) == 0x5C);

    const std::vector<std::byte> settlement = bytes_of(closed());
    CHECK(at(settlement, 0) == 6);
    CHECK(at(settlement, 2) == 144);
    CHECK(at(settlement, 4) == 5);             // account
    CHECK(at(settlement, 8) == 0xFF);          // due
    CHECK(at(settlement, 16) == 1'000 % 256);  // sales
    CHECK(at(settlement, 56) == 256 - 30);     // carried in
    CHECK(at(settlement, 80) == 970 % 256);    // paid out
    CHECK(at(settlement, 112) == 9);           // payout
    CHECK(at(settlement, 120) == 3);           // number of sales
}

TEST_CASE("event: whatever is accepted is exactly the bytes that were given") {
    CHECK(rc::check("any bytes", [](std::vector<std::uint8_t> noise, std::uint8_t which) {
        std::vector<std::byte> bytes = bytes_of(one_of_each[which % one_of_each.size()]);
        for (std::size_t i = 0; i + 1 < noise.size(); i += 2)
            bytes[noise[i] % bytes.size()] = static_cast<std::byte>(noise[i + 1]);
        const Result<Event> taken = take_all(bytes);
        if (!taken) return;
        const std::vector<std::byte> again = bytes_of(*taken);
        RC_ASSERT(std::memcmp(again.data(), bytes.data(), again.size()) == 0);
    }));
}

TEST_CASE("event: a recalled order is refused unless it is one whole order that has ended") {
    constexpr std::size_t head = sizeof(RecallHead);
    constexpr std::size_t move = head + 8 + 136 + 8;
    const WrongField rows[] = {
        {"version", 10, 1, 2, "version"},
        {"size not of the order", 10, 3, 0, "order"},
        {"size no multiple of 8", 10, 2, 9, "size"},
        {"reserved", 10, 4, 1, "reserved"},
        {"size of the opening", 10, head, 8, "order"},
        {"kind of purpose", 10, head + 8 + offsetof(OrderTerms, purpose), 0, "order"},
        {"order that still waits", 10, move + offsetof(OrderMoveHead, state), 1, "state"},
        {"move of another order", 10, move + offsetof(OrderMoveHead, order), 4, "order"},
    };
    check_refused(rows);
}
