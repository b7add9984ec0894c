// Money set aside: settled, released, or given back by itself when its time has come.
#include "tests/support/scenario.h"

#include <doctest/doctest.h>

using tuma::testing::run;

TEST_CASE("switch: a reservation that expires gives the money back") {
    run(R"(
        account  alice  wallet  KES  100.00
        account  shop   till    KES
        reserve  R1  alice  shop  40.00  30s
        balance  alice  100.00  reserved 40.00  available 60.00
        balance  shop   0.00
        pass     29s
        reservations  1
        pass     1s
        reservations  0
        balance  alice  100.00  reserved 0.00  available 100.00
        settle   S1  R1  all   -> refused reservation_not_open
        release  E1  R1        -> refused reservation_not_open
        reserve  R1  alice  shop  40.00  30s   -> again ok
        reservations  0
    )");
}

TEST_CASE("switch: reservations end each at its own time, whatever the order they began in") {
    run(R"(
        account  alice  wallet  KES  100.00
        account  shop   till    KES
        reserve  R1  alice  shop  1.00  30s
        reserve  R2  alice  shop  2.00  10s
        reserve  R3  alice  shop  4.00  20s
        reserve  R4  alice  shop  8.00  10s
        pass     10s
        balance  alice  100.00  reserved 5.00
        pass     9999ms
        balance  alice  100.00  reserved 5.00
        pass     1ms
        balance  alice  100.00  reserved 1.00
        pass     1h
        balance  alice  100.00  reserved 0.00
    )");
}

TEST_CASE("switch: what was settled or released does not expire") {
    run(R"(
        account  alice  wallet  KES  100.00
        account  shop   till    KES
        reserve  R1  alice  shop  40.00  30s
        reserve  R2  alice  shop  10.00  30s
        settle   S1  R1  25.00
        release  E1  R2
        events   8
        pass     60s
        events   8
        balance  alice  75.00  reserved 0.00
        balance  shop   25.00
        settle   S2  R1  1.00   -> refused reservation_not_open
    )");
}

TEST_CASE("switch: a reservation is settled up to the microsecond before its time") {
    run(R"(
        account  alice  wallet  KES  100.00
        account  shop   till    KES
        reserve  R1  alice  shop  40.00  10ms
        reserve  R2  alice  shop  50.00  10ms
        pass     9999us
        settle   S1  R1  all
        pass     1us
        settle   S2  R2  all   -> refused reservation_not_open
        balance  alice  60.00  reserved 0.00
    )");
}

TEST_CASE("switch: reservations outlive a restart, with their deadlines") {
    run(R"(
        account  alice  wallet  KES  100.00
        account  shop   till    KES
        reserve  R1  alice  shop  40.00  30s
        reserve  R2  alice  shop  10.00  60s
        restart
        balance  alice  100.00  reserved 50.00
        pass     30s
        balance  alice  100.00  reserved 10.00
        restart
        settle   S1  R2  all
        balance  alice  90.00  reserved 0.00
    )");
}

TEST_CASE("switch: a settlement of more than was reserved is refused, and remembered") {
    run(R"(
        account  alice  wallet  KES  100.00
        account  shop   till    KES
        reserve  R1  alice  shop  40.00  30s
        settle   S1  R1  40.01   -> refused exceeds_reservation
        settle   S1  R1  40.01   -> again refused exceeds_reservation
        settle   S2  R1  -1      -> refused amount_not_positive
        settle   S3  R1  40.00
        reserve  R2  alice  shop  60.01  30s    -> refused insufficient_funds
        reserve  R3  alice  shop  1.00   90d
        reserve  R4  alice  shop  1.00   91d    -> refused timeout_out_of_range
        reserve  R5  alice  shop  1.00   999us  -> refused timeout_out_of_range
    )");
}

TEST_CASE("switch: money is reserved between all kinds of account that trade") {
    run(R"(
        account  alice  wallet       KES  100.00
        account  bob    wallet       KES
        account  shop   till         KES
        account  duka   agent_float  KES  100.00
        account  due    settlement_payable  KES
        account  fees   fee_income   KES
        reserve  R1  alice  bob       1.00  30s
        reserve  R2  alice  shop      1.00  30s
        reserve  R3  alice  due       1.00  30s
        reserve  R4  alice  duka      1.00  30s
        reserve  R5  duka   alice     1.00  30s
        reserve  R6  alice  bank-KES  1.00  30s
        reserve  R7  duka   shop      1.00  30s   -> refused account_kind_not_allowed
        reserve  R8  alice  fees      1.00  30s   -> refused account_kind_not_allowed
        reserve  R9  alice  nobody    1.00  30s   -> refused credit_account_not_found
        settle   S1  R6  all
        balance  bank-KES  199.00
    )");
}
