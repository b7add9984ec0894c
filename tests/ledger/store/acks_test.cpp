// The file of acknowledgements: written, appended to, torn, and damaged.
#include "ledger/store/acks.h"

#include "tests/support/temporary_directory.h"

#include <doctest/doctest.h>

#include <fstream>

using namespace tuma;
using namespace tuma::ledger;

namespace {

RememberedRequest request(std::uint64_t number) {
    RememberedRequest made;
    made.reference[0] = std::byte{static_cast<unsigned char>(number)};
    made.participant = ParticipantId{3};
    made.code = number % 2 == 0 ? Refusal::insufficient_funds : Refusal::none;
    made.id = number;
    made.time_us = 1000;
    made.balance = -5;
    return made;
}

void overwrite(const std::filesystem::path& path, std::streamoff position, std::string bytes) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(position);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

TEST_CASE("acks: what several writers append is read back in order") {
    const TemporaryDirectory directory;
    const auto path = directory.path() / "acks";
    std::vector<RememberedRequest> expected;
    for (int writer = 0; writer < 3; ++writer) {
        AcksWriter acks(path);
        for (std::uint64_t i = 0; i < 5000; ++i) {
            acks.append(request(i));
            expected.push_back(request(i));
        }
    }
    const auto read = read_acks(path);
    REQUIRE(read.has_value());
    CHECK(*read == expected);
    CHECK(std::filesystem::file_size(path) == 16 + 64 * expected.size());
}

TEST_CASE("acks: a torn last record is ignored by readers and cut off by the next writer") {
    const TemporaryDirectory directory;
    const auto path = directory.path() / "acks";
    for (const std::uintmax_t torn : {1U, 63U}) {
        CAPTURE(torn);
        std::filesystem::remove(path);
        {
            AcksWriter acks(path);
            acks.append(request(1));
            acks.append(request(2));
        }
        std::filesystem::resize_file(path, 16 + 64 + torn);
        const auto read = read_acks(path);
        REQUIRE(read.has_value());
        CHECK(*read == std::vector{request(1)});
        {
            AcksWriter acks(path);
            acks.append(request(3));
        }
        const auto again = read_acks(path);
        REQUIRE(again.has_value());
        CHECK(*again == std::vector{request(1), request(3)});
    }
}

TEST_CASE("acks: flush is what makes records visible to others") {
    const TemporaryDirectory directory;
    const auto path = directory.path() / "acks";
    AcksWriter acks(path);
    acks.append(request(1));
    CHECK(read_acks(path).value().empty());
    acks.flush();
    CHECK(read_acks(path).value().size() == 1);
}

TEST_CASE("acks: a file that is something else is refused, by readers and writers") {
    const TemporaryDirectory directory;
    const auto path = directory.path() / "acks";
    const struct {
        std::streamoff position;
        std::string bytes;
        bool stops_writers;
    } rows[] = {
        {0, "X", true},
        {8, "\x02", true},
        {12, "\x41", true},
        {16 + 36, std::string("\xFF\x00", 2), false},
        {16 + 36, std::string("\x01\x00", 2), false},
        {16 + 38, "\x01", false},
    };
    for (const auto& row : rows) {
        CAPTURE(row.position);
        std::filesystem::remove(path);
        {
            AcksWriter acks(path);
            acks.append(request(1));
        }
        overwrite(path, row.position, row.bytes);
        CHECK(!read_acks(path).has_value());
        if (row.stops_writers) CHECK_THROWS_AS(AcksWriter{path}, StoreError);
    }
    CHECK(!read_acks(directory.path() / "nothing").has_value());
    CHECK_THROWS_AS(AcksWriter{directory.path() / "no" / "acks"}, StoreError);
    std::ofstream(path, std::ios::trunc) << "short";
    CHECK(!read_acks(path).has_value());
}
