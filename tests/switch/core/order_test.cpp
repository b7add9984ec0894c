// Orders in the core: who is asked, what the books do, who is told, and that replay agrees.
#include "ledger/records/state_bytes.h"
#include "tests/support/scenario.h"
#include "tests/switch/core/order_town.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

using namespace tuma;
using namespace tuma::core;
using namespace tuma::testing;
using ledger::CustomerAction;
using std::chrono::seconds;

TEST_CASE(
    "order: the customer approves after a while, then the money moves and the merchant hears") {
    run(R"(
        account   alice  wallet  KES  1000.00
        account   shop   till    KES
        prompt    a  alice  shop  40.00
        order     a  awaiting_customer
        pass      1s
        order     a  awaiting_customer
        balance   shop   0.00
        pass      1s
        order     a  succeeded  moved  watched 40.00
        balance   alice  960.00
        balance   shop   40.00
        attempts  0
        pass      1s
        attempts  1
        attempt   1  number 1  order succeeded
        callback  1  delivered   -> delivered
        notices   0
    )");
}

TEST_CASE("order: what the customer declines, ignores or cannot pay ends without money moving") {
    run(R"(
        account   alice  wallet  KES  1000.00
        account   shop   till    KES
        prompt    declined  alice  shop  40.00  declines
        pass      3s
        order     declined  failed  code 1032
        prompt    ignored   alice  shop  40.00  waits
        pass      59s
        order     ignored   awaiting_customer
        pass      1s
        order     ignored   expired
        prompt    dear      alice  shop  1000.01
        pass      2s
        order     dear      failed  refusal insufficient_funds
        balance   alice     1000.00
        pass      1s
        attempts  3
    )");
}

TEST_CASE("order: one customer is asked about one exclusive order at a time") {
    run(R"(
        account  alice  wallet  KES  1000.00
        account  shop   till    KES
        prompt   first   alice  shop  40.00
        prompt   second  alice  shop  40.00   -> refused customer_busy
        pass     2s
        prompt   second  alice  shop  40.00
    )");
}

TEST_CASE("order: a key finds the order that has it, and is not given twice") {
    run(R"(
        account  alice  wallet  KES  1000.00
        account  shop   till    KES
        prompt   a  alice  shop  40.00
        prompt   a  alice  shop  40.00   -> refused order_exists
        order    a  awaiting_customer  number 1
        order    b  unknown
    )");
}

TEST_CASE("order: by hand a customer approves, declines or is told to ignore what it would do") {
    run(R"(
        account  alice  wallet  KES  1000.00
        account  shop   till    KES
        prompt   a  alice  shop  40.00  waits
        approve  customer  alice
        order    a  succeeded
        prompt   b  alice  shop  40.00
        ignore   b
        pass     30s
        order    b  awaiting_customer
        decline  b  code 2001
        order    b  failed  code 2001
        approve  b   -> refused order_has_ended
        approve  c   -> refused order_not_found
        balance  shop  40.00
    )");
}

TEST_CASE("order: an order without a payer waits for one, and stays open when the payer is short") {
    run(R"(
        account  alice  wallet  KES  1000.00
        account  shop   till    KES
        prompt   scan  -  shop  1000.01  waits  keeps_open
        approve  scan             -> refused payer_unknown
        approve  scan  by alice   -> refused insufficient_funds
        order    scan  awaiting_customer
        issue    I1  bank-KES  alice  0.01
        approve  scan  by alice  answer openid
        order    scan  succeeded  payer alice  answer openid
    )");
}

TEST_CASE("order: the merchant is asked first; its yes pays, its no and its silence do as agreed") {
    run(R"(
        account   alice  wallet  KES  1000.00
        account   shop   till    KES
        prompt    asked  alice  shop  40.00  asks_merchant  code 7  after 8s
        attempts  1
        attempt   1  channel 1  order awaiting_merchant
        accept    asked  answer ref
        order     asked  succeeded
        prompt    refused  alice  shop  40.00  asks_merchant  code 7  after 8s
        decline   refused  code 11
        order     refused  failed
        prompt    silent_no   alice  shop  40.00  asks_merchant  code 7  after 8s
        prompt    silent_yes  alice  shop  40.00  asks_merchant  silence_accepts  code 7  after 8s
        pass      8s
        order     silent_no   failed  code 7
        order     silent_yes  succeeded
        balance   shop  80.00
    )");
}

TEST_CASE("order: refunds move at once, are told later, and never pass what was paid") {
    run(R"(
        account    alice  wallet  KES  1000.00
        account    shop   till    KES
        prompt     sale  alice  shop  40.00
        pass       3s
        give_back  r1  sale  shop  alice  15.00
        order      r1  processing
        balance    shop  25.00
        give_back  r2  sale  shop  alice  25.01   -> refused exceeds_original
        pass       5s
        order      r1  succeeded
        give_back  r3  sale  shop  alice  25.00
        order      sale  succeeded  returned 40.00  children 2
        balance    alice  1000.00
        give_back  r4  none  shop  alice  0.01    -> refused original_not_found
        give_back  r5  r1    shop  alice  0.01    -> refused original_not_reversible
    )");
}

TEST_CASE("order: a refusal that is to be told later becomes a failed order") {
    run(R"(
        account    alice  wallet  KES  1000.00
        account    shop   till    KES
        prompt     sale  alice  shop  40.00
        pass       3s
        linked     L1  KES  shop  alice  40.00
        give_back  late  sale  shop  alice  40.00   -> refused insufficient_funds
        give_back  late  sale  shop  alice  40.00  quietly
        order      late  processing
        order      sale  succeeded  returned 40.00
        pass       5s
        order      late  failed  refusal insufficient_funds
        order      sale  succeeded  returned 0.00
    )");
}

TEST_CASE("order: an attempt that was begun before a restart is found again") {
    run(R"(
        account     alice  wallet  KES  1000.00
        account     shop   till    KES
        prompt      a  alice  shop  40.00
        pass        3s
        attempts    1
        attempt     1  order succeeded
        restart
        unfinished  1
        callback    1  delivered   -> delivered
        unfinished  0
    )");
}

TEST_CASE("order: notices can be lost or doubled on purpose, and sent again by hand") {
    run(R"(
        account   alice  wallet  KES  1000.00
        account   shop   till    KES
        prompt    lost   alice  shop  40.00  told ended after 500ms lost
        pass      3s
        attempts  0
        prompt    twice  alice  shop  40.00  told ended after 500ms twice
        pass      3s
        attempts  2
        notice    twice  0
        attempts  3
        notice    twice  1   -> refused order_invalid
        notice    none   0   -> refused order_not_found
    )");
}

TEST_CASE("order: what is due at one moment is done in the order of the state's parts") {
    // 06:00 of the next day in the scheme's zone is 27 hours after the story's beginning.
    run(R"(
        account  alice  wallet  KES  1000.00
        account  shop   till    KES
        scheme   S1  town
        account  mart   settlement_payable  KES  under town shop
        account  bob    wallet  KES  500.00  under town wallet
        prompt   told   alice  shop  40.00  declines  after 0s  told ended after 27h
        pass     0s
        prompt   acts   alice  shop  40.00  after 27h  within 28h  told ended after 1h
        pay_merchant  P1  bob  mart  10.00
        reserve  R1  alice  shop  5.00  27h
        sleep    27h
        pass     0s
        batch  expired payout payout settlement posted order_succeeded notice_waiting notice_sending
    )");
}

TEST_CASE(
    "order: a notice that nobody takes is tried again as often as the answers say, then given up") {
    std::string story = R"(
        account   alice  wallet  KES  1000.00
        account   shop   till    KES
        prompt    a  alice  shop  40.00  told ended after 1s repeatedly
        pass      3s
    )";
    for (int i = 1; i <= 16; ++i) {
        story += fmt::format("attempts {}\n attempt newest number {} same_as 1\n", i, i);
        story += fmt::format("callback newest failed 500 -> {}\n", i < 16 ? "waiting" : "given_up");
        // A late word on an attempt that is over changes nothing.
        story += "callback newest delivered -> nothing\n pass next\n";
    }
    run(story + R"(
        attempts  16
        attempt   16  later 86640s
        notices   0
    )");
}

TEST_CASE("order: the end of an attempt says what becomes of the notice") {
    std::string story = R"(
        account   alice  wallet  KES  1000.00
        account   shop   till    KES
        prompt    a  alice  shop  40.00  told ended repeatedly
        pass      3s
        callback  newest  failed   -> waiting
        callback  newest  failed   -> nothing
    )";
    for (int i = 0; i < 14; ++i) story += "pass 6h\n callback newest failed -> waiting\n";
    run(story + R"(
        pass      6h
        callback  newest  failed      -> given_up
        prompt    b  alice  shop  40.00  told ended repeatedly
        pass      3s
        callback  newest  delivered   -> delivered
        callback  newest  delivered   -> nothing
    )");
}

TEST_CASE("order: open notices are listed, the newest first, and leave no trace") {
    run(R"(
        account       alice  wallet  KES  1000.00
        account       shop   till    KES
        prompt        a  alice  shop  40.00
        pass          3s
        prompt        b  alice  shop  40.00
        pass          3s
        prompt        c  alice  shop  40.00
        pass          3s
        callback      2  delivered   -> delivered
        events        20
        list_notices  -  10  c  a
        list_notices  -  1   c
        list_notices  a  10  a
        list_notices  b  10
        events        20
    )");
}

TEST_CASE("order: wishes that make no sense are refused in order and leave nothing behind") {
    Town town;
    const auto before = town.world.core.state().hash();
    struct Row {
        const char* what;
        std::function<void(OrderRequest&)> spoil;
        Refusal refusal;
    };
    const Row rows[] = {
        {"content too long", [](OrderRequest& w) { w.content.assign(16'001, 'x'); },
         Refusal::order_invalid},
        {"empty key", [](OrderRequest& w) { w.keys = {""}; }, Refusal::order_invalid},
        {"long key", [](OrderRequest& w) { w.keys = {std::string(161, 'k')}; },
         Refusal::order_invalid},
        {"five keys",
         [](OrderRequest& w) {
             w.keys = {"a", "b", "c", "d", "e"};
         },
         Refusal::order_invalid},
        {"amount but no payee", [](OrderRequest& w) { w.terms.credit = {}; },
         Refusal::order_invalid},
        {"approved by nobody", [](OrderRequest& w) { w.terms.debit = {}; }, Refusal::order_invalid},
        {"zero", [](OrderRequest& w) { w.terms.amount = 0; }, Refusal::amount_not_positive},
        {"negative", [](OrderRequest& w) { w.terms.amount = -1; }, Refusal::amount_not_positive},
        {"no payer", [](OrderRequest& w) { w.terms.debit = AccountId{9}; },
         Refusal::debit_account_not_found},
        {"no payee", [](OrderRequest& w) { w.terms.credit = AccountId{9}; },
         Refusal::credit_account_not_found},
        {"watched", [](OrderRequest& w) { w.terms.watched[0] = AccountId{9}; },
         Refusal::account_not_found},
    };
    for (const Row& row : rows) {
        CAPTURE(row.what);
        OrderRequest wish = prompt("a");
        row.spoil(wish);
        CHECK(town.open(wish).code == row.refusal);
    }
    CHECK(town.world.core.state().hash() == before);
}

TEST_CASE("profile: the newest content is kept, empty content removes it, the same is no event") {
    Town town;
    const auto store = [&](const char* name, const char* content) {
        return town.ask(StoreProfile{std::make_shared<const ledger::ProfileStored>(
            ledger::ProfileStored{{}, name, content})});
    };
    store("mpesa/app/x", "1");
    store("mpesa/app/x", "2");
    const std::size_t batches = town.world.journal.size();
    store("mpesa/app/x", "2");
    CHECK(town.world.journal.size() == batches);
    CHECK(*town.world.core.state().profiles.find("mpesa/app/x") == "2");
    town.check_replay();
    store("mpesa/app/x", "");
    CHECK(town.world.core.state().profiles.empty());
    CHECK(store("", "x").code == Refusal::order_invalid);
    town.check_replay();
}

TEST_CASE("profile: what is to replace something else than what is stored is refused") {
    Town town;
    const auto store = [&](const char* content, const char* before) {
        const auto profile = std::make_shared<const ledger::ProfileStored>(
            ledger::ProfileStored{{}, "mtn/user/x", content});
        return town.ask(StoreProfile{profile, before}).code;
    };
    CHECK(store("1", "0") == Refusal::profile_changed);
    CHECK(store("1", "") == Refusal::none);
    const std::size_t batches = town.world.journal.size();
    CHECK(store("1", "") == Refusal::profile_changed);
    CHECK(store("2", "") == Refusal::profile_changed);
    CHECK(store("2", "0") == Refusal::profile_changed);
    CHECK(store("", "2") == Refusal::profile_changed);
    CHECK(town.world.journal.size() == batches);
    CHECK(store("2", "1") == Refusal::none);
    CHECK(*town.world.core.state().profiles.find("mtn/user/x") == "2");
    CHECK(store("", "2") == Refusal::none);
    CHECK(store("3", "") == Refusal::none);
    town.check_replay();
}

TEST_CASE("order: orders are listed by kind, a page after the other") {
    Town town;
    for (int i = 0; i < 2'500; ++i) {
        OrderRequest wish = prompt(("k" + std::to_string(i)).c_str(), CustomerAction::decline);
        wish.terms.kind = i % 2 == 0 ? 100 : 101;
        wish.acts_after = {};
        town.open(std::move(wish));
        town.world.pass(seconds{1});
    }
    std::vector<std::uint64_t> listed;
    std::uint64_t after = 0;
    int pages = 0;
    do {
        const Outcome page =
            town.ask(ListOrders{.after = OrderId{after}, .kind_first = 101, .kind_last = 101});
        for (const auto& order : *page.orders) listed.push_back(order->terms.id.value);
        after = page.id;
        ++pages;
    } while (after != 0);
    CHECK(pages == 3);
    CHECK(listed.size() == 1'250);
    CHECK(listed.front() == 2);
    CHECK(listed.back() == 2'500);
    CHECK(town.ask(ListOrders{.after = OrderId{~std::uint64_t{0}}}).orders->empty());
    CHECK(Town{}.ask(ListOrders{}).orders->empty());
    const Outcome newest = town.ask(ListOrders{.newest = 3});
    CHECK(newest.id == 2'500);
    REQUIRE(newest.orders->size() == 3);
    CHECK(newest.orders->front()->terms.id == OrderId{2'498});
    CHECK(town.ask(ListOrders{.newest = 4'000'000}).orders->size() == 1'000);
    const Outcome none = Town{}.ask(ListOrders{.newest = 3});
    CHECK(none.orders->empty());
    CHECK(none.id == 0);
}

TEST_CASE("order: what moves no money is approved all the same, by somebody") {
    run(R"(
        account  alice  wallet  KES  1000.00
        prompt   bill   -       -    0.00  waits  within 30d
        pass     29d
        approve  bill               -> refused payer_unknown
        approve  bill   by alice   answer receipt
        order    bill   succeeded  payer alice  answer receipt
        approve  bill   by alice   -> refused order_has_ended
        prompt   bound  -       -    0.00  declines  after 30s
        approve  bound  by alice
        order    bound  failed
        balance  alice  1000.00
    )");
}

TEST_CASE("order: one that repeats comes once at each of its moments until its end") {
    run(R"(
        account   alice  wallet  KES  100.00
        account   shop   till    KES
        prompt    rent   alice  shop  40.00  repeats daily 0  after 1d  within 5d
        pass      12h
        order     rent   awaiting_customer
        balance   shop   0.00
        pass      12h
        order     rent   succeeded  number 1  moved
        order     #2     awaiting_customer
        restart
        pass      1d
        order     #2     succeeded  moved
        balance   shop   80.00
        pass      1d
        order     #3     failed  refusal insufficient_funds
        issue     I1     bank-KES  alice  20.00
        sleep     3d
        order     #4     succeeded  moved
        order     #5     failed  refusal insufficient_funds
        order     #6     unknown
        balance   shop   120.00
        pass      30d
        order     #6     unknown
        attempts  5
    )");
}

TEST_CASE("order: one that repeats goes on when it is paid before or declined, not when closed") {
    run(R"(
        account   alice  wallet  KES  1000.00
        account   shop   till    KES
        prompt    rent   alice  shop  40.00  repeats weekly 0  after 1d  within 40d
        ignore    rent   -> refused order_invalid
        approve   rent
        order     rent   succeeded  moved
        pass      6d
        balance   shop   40.00
        decline   #2     code 1032
        order     #2     failed  code 1032
        order     #3     awaiting_customer
        pass      9d
        order     #3     succeeded
        balance   shop   80.00
        cancel    #4
        pass      40d
        order     #4     closed
        order     #5     unknown
        balance   shop   80.00
    )");
}

TEST_CASE("order: what cannot go on by itself does not repeat") {
    run(R"(
        account   alice  wallet  KES  1000.00
        account   shop   till    KES
        prompt    a  alice  shop  40.00  repeats daily 0    after 61s   -> refused order_invalid
        prompt    b  -      shop  40.00  repeats daily 0                -> refused order_invalid
        prompt    c  alice  shop  40.00  repeats daily 1                -> refused order_invalid
        prompt    d  alice  shop  40.00  repeats monthly 0              -> refused order_invalid
        prompt    e  alice  shop  40.00  repeats daily 0    keeps_open  -> refused order_invalid
        prompt    f  alice  shop  40.00  repeats daily 0    declines    -> refused order_invalid
        prompt    g  alice  -     0.00   repeats daily 0                -> refused order_invalid
    )");
}
