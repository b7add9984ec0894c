// Event records: there and back, and everything that is refused.
#include "ledger/event.h"

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

const std::vector<Event> one_of_each{transfer(), opened(), changed(), refused()};

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
    CHECK(bytes.size() == 128 + 104 + 48 + 48);
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

TEST_CASE("event: each wrong field is refused by its name") {
    struct Row {
        const char* what;
        std::size_t event;
        std::size_t offset;
        int value;
        const char* field;
    };
    const Row rows[] = {
        {"kind zero", 0, 0, 0, "record_kind"},
        {"kind after the last", 0, 0, 5, "record_kind"},
        {"kind of another size", 2, 0, 1, "record"},
        {"transfer version", 0, 1, 2, "version"},
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
        {"purpose after the last", 0, 5, 8, "purpose"},
        {"unknown flag", 0, 6, 4, "flags"},
        {"unknown flag, high byte", 0, 7, 128, "flags"},
        {"transfer currency", 0, offsetof(TransferRecord, currency), 1, "currency"},
        {"transfer reserved", 0, offsetof(TransferRecord, reserved) + 1, 1, "reserved"},
        {"opened currency", 1, offsetof(AccountOpened, currency) + 1, 255, "currency"},
        {"account kind zero", 1, offsetof(AccountOpened, kind), 0, "kind"},
        {"account kind after the last", 1, offsetof(AccountOpened, kind), 10, "kind"},
        {"opened reserved", 1, offsetof(AccountOpened, reserved), 1, "reserved"},
        {"opened second reserved", 1, offsetof(AccountOpened, reserved_2) + 7, 1, "reserved"},
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
    for (const Row& row : rows) {
        CAPTURE(row.what);
        std::vector<std::byte> bytes = bytes_of(one_of_each.at(row.event));
        bytes.at(row.offset) = static_cast<std::byte>(row.value);
        const Result<Event> taken = take_all(bytes);
        REQUIRE_FALSE(taken.has_value());
        CHECK(taken.error().field == row.field);
    }
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
