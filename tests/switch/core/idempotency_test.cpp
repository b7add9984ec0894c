// The same request again: answered from what is stored, executed never.
#include "tests/support/scenario.h"

#include <doctest/doctest.h>

using tuma::testing::run;

TEST_CASE("switch: a retry gets the first answer and moves nothing") {
    run(R"(
        account  alice  wallet  KES  100.00
        account  shop   till    KES
        events   4
        pay_merchant  P1  alice  shop  40.00
        pass     10s
        pay_merchant  P1  alice  shop  40.00   -> again ok
        pay_merchant  P1  alice  shop  40.00   -> again ok
        balance  alice  60.00
        balance  shop   40.00
        events   5
        ask      P1
    )");
}

TEST_CASE("switch: a used key with other content is refused and the first answer stays") {
    run(R"(
        account  alice  wallet  KES  100.00
        account  shop   till    KES
        pay_merchant  P1  alice  shop  40.00
        pay_merchant  P1  alice  shop  41.00   -> refused modified_request
        reserve       P1  alice  shop  40.00  30s   -> refused modified_request
        freeze        P1  alice                -> refused modified_request
        pay_merchant  P1  alice  shop  40.00   -> again ok
        balance  alice  60.00
        state    alice  open
        events   5
    )");
}

TEST_CASE("switch: a refusal is remembered, so that a retry cannot succeed behind one's back") {
    run(R"(
        account  alice  wallet  KES
        account  bob    wallet  KES  50.00
        transfer  T1  alice  bob  10.00   -> refused insufficient_funds
        transfer  T2  bob  alice  20.00
        transfer  T1  alice  bob  10.00   -> again refused insufficient_funds
        ask       T1                      -> refused insufficient_funds
        transfer  T3  alice  bob  10.00
        balance   alice  10.00
    )");
}

TEST_CASE("switch: every kind of command is executed once") {
    run(R"(
        account  alice  wallet  KES  100.00
        account  shop   till    KES
        account  alice  wallet  KES  100.00     -> again ok
        linked   L1  KES  alice shop 5.00 , shop alice 1.00
        linked   L1  KES  alice shop 5.00 , shop alice 1.00   -> again ok
        reserve  R1  alice  shop  10.00  30s
        reserve  R1  alice  shop  10.00  30s    -> again ok
        reservations  1
        settle   S1  R1  4.00
        settle   S1  R1  4.00                   -> again ok
        reserve  R2  alice  shop  10.00  30s
        release  E1  R2
        release  E1  R2                         -> again ok
        reverse  V1  S1  1.50
        reverse  V1  S1  1.50                   -> again ok
        balance  alice  93.50  reserved 0.00
        balance  shop    6.50
        freeze   F1  shop
        freeze   F1  shop                       -> again ok
        unfreeze F2  shop
        freeze   F1  shop                       -> again ok
        state    shop  open
    )");
}

TEST_CASE("switch: a request after its deadline is refused, and stays refused") {
    run(R"(
        account  alice  wallet  KES  100.00
        account  bob    wallet  KES
        pass     10s
        by 10s     transfer  T1  alice  bob  1.00
        by 9999ms  transfer  T2  alice  bob  1.00   -> refused deadline_passed
        by 9999ms  transfer  T2  alice  bob  1.00   -> again refused deadline_passed
        by 11s     transfer  T3  alice  bob  1.00
        pass     10s
        by 10s     transfer  T1  alice  bob  1.00   -> again ok
        ask      T2                                 -> refused deadline_passed
        balance  alice  98.00
    )");
}

TEST_CASE("switch: requests without a key are refused and leave no trace") {
    run(R"(
        account  alice  wallet  KES  100.00
        account  bob    wallet  KES
        events   4
        transfer  none  alice  bob  1.00   -> refused request_key_missing
        ask       none                     -> refused request_not_found
        ask       never-sent               -> refused request_not_found
        events   4
    )");
}

TEST_CASE("switch: a stored answer is found after a restart, refusals included") {
    run(R"(
        account  alice  wallet  KES  100.00
        account  shop   till    KES
        pay_merchant  P1  alice  shop  40.00
        pay_merchant  P2  alice  shop  80.00   -> refused insufficient_funds
        linked   L1  KES  alice shop 5.00 , shop alice 1.00
        restart
        pay_merchant  P1  alice  shop  40.00   -> again ok
        pay_merchant  P2  alice  shop  80.00   -> again refused insufficient_funds
        pay_merchant  P2  alice  shop  81.00   -> refused modified_request
        linked   L1  KES  alice shop 5.00 , shop alice 1.00   -> again ok
        ask      P1
        ask      P2                            -> refused insufficient_funds
        balance  alice  56.00
    )");
}

TEST_CASE("switch: keys are forgotten when the retention window has passed") {
    run(R"(
        account  alice  wallet  KES  100.00
        account  bob    wallet  KES
        transfer  T1  alice  bob  1.00
        pass      1h
        transfer  T1  alice  bob  1.00   -> again ok
        pass      1us
        ask       T1                     -> refused request_not_found
        transfer  T1  alice  bob  1.00   -> ok
        balance   alice  98.00
        transfer  T1  alice  bob  1.00   -> again ok
        restart
        transfer  T1  alice  bob  1.00   -> again ok
        balance   alice  98.00
    )");
}

TEST_CASE("switch: keys beyond the capacity push out the oldest") {
    auto limits = tuma::testing::small_limits();
    limits.request_keys_max = 3;
    run(R"(
        account  alice  wallet  KES  100.00
        account  bob    wallet  KES
        transfer  T1  alice  bob  1.00
        transfer  T2  alice  bob  1.00
        transfer  T3  alice  bob  1.00
        transfer  T1  alice  bob  1.00   -> again ok
        transfer  T4  alice  bob  1.00
        ask       T1                     -> refused request_not_found
        transfer  T2  alice  bob  1.00   -> again ok
        transfer  T3  alice  bob  1.00   -> again ok
        transfer  T4  alice  bob  1.00   -> again ok
        balance   bob  4.00
    )",
        limits);
}
