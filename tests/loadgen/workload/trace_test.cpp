// Traces: hourly totals from CSV, bad rows refused, exactly as many operations as are counted.
#include "loadgen/workload/trace.h"

#include "loadgen/workload/request_stream.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <filesystem>
#include <map>

using namespace tuma;
using namespace tuma::loadgen;

namespace {

const std::string heading = "action,month,day,hour,count,sum,avg,std,step\n";

Accounts small_accounts() {
    Accounts accounts;
    accounts.trust = AccountId{1};
    for (std::uint32_t i = 2; i < 12; ++i) accounts.wallets.push_back(AccountId{i});
    for (std::uint32_t i = 12; i < 15; ++i) accounts.tills.push_back(AccountId{i});
    for (std::uint32_t i = 15; i < 17; ++i) accounts.agents.push_back(AccountId{i});
    return accounts;
}

/// Takes all requests and counts operations by type; checks that times do not go back.
std::map<native::FrameType, std::uint64_t> drain(RequestStream& traffic, std::size_t batch) {
    std::map<native::FrameType, std::uint64_t> counts;
    RequestFrame frame;
    Offset last{0};
    while (const auto due = traffic.next_time()) {
        traffic.take(frame);
        CHECK(frame.intended == *due);
        CHECK(frame.intended >= last);
        CHECK(frame.count >= 1);
        CHECK(frame.count <= batch);
        last = frame.intended;
        counts[frame.type] += frame.count;
    }
    return counts;
}

}  // namespace

TEST_CASE("trace: rows become counts and means by hour and action") {
    const auto trace = parse_trace(heading +
                                       "CASH_IN,10,3,1,5,1,155041.5,1,73\r\n"
                                       "DEBIT,10,3,2,7,1,0.2,1,74\n"
                                       "PAYMENT,10,3,2,0,0,0,0,74\n",
                                   "t.csv");
    REQUIRE(trace.has_value());

    CHECK(trace->counts == std::array<std::uint64_t, action_count>{5, 0, 0, 0, 7, 0});
    CHECK(trace->total() == 12);
    REQUIRE(trace->means.size() == 2);
    CHECK(trace->means[0][static_cast<std::size_t>(Action::deposit)] == 155'042);
    CHECK(trace->means[1][static_cast<std::size_t>(Action::redeem)] == 1);
}

TEST_CASE("trace: bad rows are refused with line and reason") {
    const struct {
        std::string csv;
        std::string error;
    } rows[] = {
        {"", "t.csv: has no rows"},
        {heading, "t.csv: has no rows"},
        {"count\n", "t.csv:1: heading: must be \"action,month,day,hour,count,sum,avg,std,step\""},
        {heading + "CASH_IN,10,0,1\n", "t.csv:2: row: must have 9 columns"},
        {heading + "CASH_IN,10,0,1,5,1,2,1,1,9\n", "t.csv:2: row: must have 9 columns"},
        {heading + "GIFT,10,0,1,5,1,2,1,1\n",
         "t.csv:2: action: must be CASH_IN, CASH_OUT, PAYMENT, TRANSFER or DEBIT"},
        {heading + "CASH_IN,13,0,1,5,1,2,1,1\n",
         "t.csv:2: month: must be a whole number of 1 to 12"},
        {heading + "CASH_IN,10,0,24,5,1,2,1,1\n",
         "t.csv:2: hour: must be a whole number of 0 to 23"},
        {heading + "CASH_IN,10,0,1,-5,1,2,1,1\n",
         "t.csv:2: count: must be a whole number of 0 to 536870911"},
        {heading + "CASH_IN,10,0,1,5,1,2.x,1,1\n",
         "t.csv:2: avg: must be a number of 0 to 1000000000000"},
        {heading + "CASH_IN,10,0,1,5,1,2,1,1\nCASH_IN,11,0,1,5,1,2,1,1\n",
         "t.csv:3: month: must be 10 as in the first row"},
        {heading + "CASH_IN,10,0,1,5,1,2,1,1\nCASH_IN,10,0,1,5,1,2,1,1\n",
         "t.csv:3: row: this hour and action had a row before"},
        {heading + "CASH_IN,10,0,1,0,0,0,0,1\n", "t.csv: counts no operations"},
    };
    for (const auto& row : rows) {
        CAPTURE(row.csv);
        const auto trace = parse_trace(row.csv, "t.csv");
        REQUIRE(!trace.has_value());
        CHECK(trace.error().text() == row.error);
    }
}

TEST_CASE("trace: exactly the counted operations are sent, whatever batch and speed") {
    const auto trace = parse_trace(heading +
                                       "CASH_IN,10,0,1,50,1,20,1,1\n"
                                       "CASH_OUT,10,0,1,33,1,20,1,1\n"
                                       "PAYMENT,10,0,3,17,1,9,1,3\n"
                                       "TRANSFER,10,1,0,1,1,9,1,24\n"
                                       "DEBIT,10,1,0,2,1,9,1,24\n",
                                   "t.csv");
    REQUIRE(trace.has_value());
    const Accounts accounts = small_accounts();
    for (const std::size_t batch : {std::size_t{1}, std::size_t{7}, std::size_t{8190}}) {
        for (const std::uint64_t speed : {0U, 3600U}) {
            CAPTURE(batch);
            CAPTURE(speed);
            Workload workload(trace_scenario(*trace), accounts, 3);
            FramingSettings framing;
            framing.batch = batch;
            TraceStream traffic(workload, framing, *trace, speed, Arrival::constant, 3);
            CHECK(drain(traffic, batch) ==
                  std::map<native::FrameType, std::uint64_t>{{native::FrameType::deposit, 50},
                                                             {native::FrameType::withdraw, 33},
                                                             {native::FrameType::pay_merchant, 17},
                                                             {native::FrameType::transfer, 1},
                                                             {native::FrameType::redeem, 2}});
        }
    }
}

TEST_CASE("trace: a frame that stays partly filled leaves with the last operation of its hour") {
    const auto trace = parse_trace(heading +
                                       "CASH_IN,10,0,0,3,1,20,1,1\n"
                                       "PAYMENT,10,0,5,1,1,9,1,3\n",
                                   "t.csv");
    REQUIRE(trace.has_value());
    const Accounts accounts = small_accounts();
    Workload workload(trace_scenario(*trace), accounts, 3);
    FramingSettings framing;
    framing.batch = 100;
    TraceStream traffic(workload, framing, *trace, 3600, Arrival::constant, 3);

    REQUIRE(traffic.next_time().has_value());
    CHECK(*traffic.next_time() < std::chrono::seconds{1});
    RequestFrame frame;
    traffic.take(frame);
    CHECK(frame.count == 3);
    REQUIRE(traffic.next_time().has_value());
    CHECK(*traffic.next_time() >= std::chrono::seconds{5});
}

TEST_CASE("trace: a real month of a mobile-money service is read and sent whole") {
    const char* shared = std::getenv("TUMA_SHARED");
    const std::filesystem::path directory =
        shared != nullptr ? shared : std::filesystem::path(TUMA_SOURCE_DIR) / ".." / "shared";
    const auto file = directory / "data" / "c_paysim_hourly_d00_19.csv";
    if (!std::filesystem::exists(file)) {
        MESSAGE("skipped: " << file.string() << " is not there; set TUMA_SHARED");
        return;
    }
    const auto trace = load_trace(file.string());
    REQUIRE(trace.has_value());
    CHECK(trace->counts == std::array<std::uint64_t, action_count>{4'829'893, 8'800'314, 8'402'266,
                                                                   1'964'039, 105'007, 0});

    // The whole month takes a while unoptimised; two hours of it must come out to the last one.
    Trace part = *trace;
    std::erase_if(part.cells, [](const TraceCell& cell) { return cell.hour > 1; });
    std::uint64_t wanted = 0;
    for (const TraceCell& cell : part.cells) wanted += cell.count;
    const Accounts accounts = small_accounts();
    Workload workload(trace_scenario(*trace), accounts, 3);
    FramingSettings framing;
    framing.batch = 1000;
    TraceStream traffic(workload, framing, part, 36'000, Arrival::poisson, 3);
    std::uint64_t sent = 0;
    for (const auto& [type, count] : drain(traffic, 1000)) sent += count;
    CHECK(wanted > 1000);
    CHECK(sent == wanted);
}
