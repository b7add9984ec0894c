// Money that moves at once: transfers, sets of transfers, reversals, frozen and closed accounts.
#include "tests/support/scenario.h"

#include <doctest/doctest.h>

using tuma::testing::run;

TEST_CASE("switch: e-money is issued, moved, paid, cashed in and out, and redeemed") {
    run(R"(
        account  alice  wallet       KES  100.00
        account  bob    wallet       KES
        account  shop   till         KES
        account  duka   agent_float  KES  500.00
        transfer      T1  alice  bob       10.00
        pay_merchant  P1  bob    shop      4.00
        deposit       D1  duka   bob       50.00
        withdraw      W1  bob    duka      20.00
        redeem        X1  shop   bank-KES  4.00
        balance  alice  90.00
        balance  bob    36.00
        balance  shop   0.00
        balance  duka   470.00
        balance  bank-KES  596.00
        transfer      T2  alice  shop      1.00   -> refused account_kind_not_allowed
        transfer      T3  alice  alice     1.00   -> refused accounts_not_different
        transfer      T4  alice  bob       90.01  -> refused insufficient_funds
        transfer      T5  nobody bob       1.00   -> refused debit_account_not_found
        transfer      T6  alice  nobody    1.00   -> refused credit_account_not_found
        transfer      T7  alice  bob       0      -> refused amount_not_positive
        transfer      T8  alice  bob       10000000000000.01  -> refused amount_too_large
    )");
}

TEST_CASE("switch: currencies do not mix") {
    run(R"(
        account  alice  wallet  KES  100.00
        account  ming   wallet  CNY  100.00
        account  jiwoo  wallet  KRW  5000
        transfer  T1  alice  ming  1.00   -> refused currency_mismatch
        linked    L1  CNY  alice ming 1.00   -> refused currency_mismatch
        transfer  T2  jiwoo  alice  1     -> refused currency_mismatch
        balance   jiwoo  5000
        balance   bank-CNY  100.00
        balance   bank-KRW  5000
    )");
}

TEST_CASE("switch: accounts open with the limits they are given, and only once") {
    run(R"(
        account  alice  wallet  KES  floor -20.00  ceiling 50.00
        account  bob    wallet  KES  10.00
        restart
        transfer  T1  alice  bob  20.00
        transfer  T2  alice  bob  0.01    -> refused insufficient_funds
        issue     I1  bank-KES  alice  70.00
        issue     I2  bank-KES  alice  0.01   -> refused ceiling_exceeded
        balance   alice  50.00  available 70.00
        account   alice  till  KES         -> refused modified_request
    )");
}

TEST_CASE("switch: a linked set moves all or nothing") {
    run(R"(
        account  alice  wallet      KES  100.00
        account  shop   till        KES
        account  fees   fee_income  KES
        account  tax    tax_payable KES
        linked   L1  KES  alice shop 40 , shop fees 2.00 , fees tax 0.30
        balance  alice  60.00
        balance  shop   38.00
        balance  fees   1.70
        balance  tax    0.30
        events   9
        linked   L2  KES  alice shop 40 , shop fees 90 , fees tax 0.30   
                          -> refused insufficient_funds
        linked   L3  KES  alice shop 40 , shop fees 1 , fees nobody 1
                          -> refused credit_account_not_found
        balance  alice  60.00
        balance  shop   38.00
        balance  fees   1.70
        events   11
        linked   L2  KES  alice shop 40 , shop fees 90 , fees tax 0.30
                          -> again refused insufficient_funds
        restart
        balance  tax    0.30
    )");
}

TEST_CASE("switch: a linked set has one to six legs") {
    run(R"(
        account  a  wallet  KES  100.00
        account  b  wallet  KES
        linked   L1  KES          -> refused leg_count_invalid
        linked   L2  KES  a b 1
        linked   L3  KES  a b 1 , a b 1 , a b 1 , a b 1 , a b 1 , a b 1
        linked   L4  KES  a b 1 , a b 1 , a b 1 , a b 1 , a b 1 , a b 1 , a b 1
                          -> refused leg_count_invalid
        balance  a  93.00
    )");
}

TEST_CASE("switch: each leg sees what the legs before it have done") {
    run(R"(
        account  alice  wallet  KES  10.00
        account  bob    wallet  KES
        account  carol  wallet  KES
        linked   L1  KES  alice bob 10.00 , bob carol 10.00 , carol alice 10.00 , alice bob 10.00
        balance  bob  10.00
        linked   L2  KES  carol alice 1.00 , bob carol 1.00   -> refused insufficient_funds
    )");
}

TEST_CASE("switch: a payment is reversed in parts, never beyond its amount") {
    run(R"(
        account  alice  wallet  KES  100.00
        account  shop   till    KES  500.00
        pay_merchant  P1  alice  shop  40.00
        reverse  V1  P1  15.00
        balance  alice  75.00
        reverse  V2  P1  25.01   -> refused exceeds_original
        restart
        reverse  V3  P1  25.01   -> refused exceeds_original
        reverse  V4  P1  all
        balance  alice  100.00
        reverse  V5  P1  all     -> refused exceeds_original
        reverse  V6  V1  all     -> refused original_not_reversible
        reverse  V7  none  all   -> refused original_not_found
        reverse  V8  P1  -1      -> refused amount_not_positive
        balance  shop   500.00
    )");
}

TEST_CASE("switch: a reservation is not reversed, what it settled is") {
    run(R"(
        account  alice  wallet  KES  100.00
        account  shop   till    KES
        reserve  R1  alice  shop  40.00  30s
        reverse  V1  R1  all     -> refused original_not_reversible
        settle   S1  R1  30.00
        reverse  V2  R1  all     -> refused original_not_reversible
        reverse  V3  S1  30.01   -> refused exceeds_original
        reverse  V4  S1  all
        balance  alice  100.00
    )");
}

TEST_CASE("switch: a linked set is reversed whole, even where the money only passed through") {
    run(R"(
        account  alice  wallet      KES  100.00
        account  shop   till        KES
        account  fees   fee_income  KES
        linked   L1  KES  alice shop 40.00 , shop fees 40.00
        reverse  V1  L1  all
        balance  alice  100.00
        balance  shop   0.00
        balance  fees   0.00
        reverse  V2  L1  all   -> refused exceeds_original
    )");
}

TEST_CASE("switch: the part of a set that was reversed before is left out of reversing the rest") {
    run(R"(
        account  alice  wallet      KES  100.00
        account  shop   till        KES
        account  fees   fee_income  KES
        linked   L1  KES  alice shop 40.00 , alice fees 1.00
        reverse  V1  L1  40.00
        balance  alice  99.00
        reverse  V2  L1  all
        balance  alice  100.00
        reverse  V3  L1  all    -> refused exceeds_original
        reverse  V4  L1  1.00   -> refused exceeds_original
    )");
}

TEST_CASE("switch: a reversal of a set that cannot be whole changes nothing") {
    run(R"(
        account  alice  wallet      KES  100.00
        account  shop   till        KES
        account  fees   fee_income  KES
        linked   L1  KES  alice shop 40.00 , alice fees 1.00
        redeem   X1  fees  bank-KES  1.00
        reverse  V1  L1  all    -> refused insufficient_funds
        balance  alice  59.00
        balance  shop   40.00
        reverse  V2  L1  39.00
        reverse  V3  L1  1.01   -> refused exceeds_original
        balance  shop   1.00
    )");
}

TEST_CASE("switch: frozen accounts keep their money, closed ones have none") {
    run(R"(
        account  alice  wallet  KES  100.00
        account  bob    wallet  KES
        reserve  R1  alice  bob  10.00  30s
        freeze   F1  alice
        transfer T1  alice  bob  1.00   -> refused debit_account_frozen
        issue    I1  bank-KES  alice  1.00   -> refused credit_account_frozen
        close    C1  alice              -> refused account_not_empty
        settle   S1  R1  all
        restart
        state    alice  frozen
        unfreeze F2  alice
        transfer T2  alice  bob  90.00
        close    C2  alice
        state    alice  closed
        close    C3  alice              -> refused account_already_closed
        unfreeze F3  alice              -> refused account_already_closed
        transfer T3  bob  alice  1.00   -> refused credit_account_closed
        reverse  V1  T2  all            -> refused credit_account_closed
        close    C4  nobody             -> refused account_not_found
        restart
        state    alice  closed
    )");
}
