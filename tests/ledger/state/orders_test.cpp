// The fold of orders and notices: what is kept, found, saved, and what does not fit.
#include "ledger/state/orders.h"

#include "ledger/records/order_bytes.h"
#include "ledger/records/order_records.h"
#include "tests/support/words.h"

#include <doctest/doctest.h>

#include <string>

using namespace tuma;
using namespace tuma::ledger;

namespace {

Timestamp at(int seconds) {
    return Timestamp{std::chrono::seconds{seconds}};
}

OrderOpened opened(std::uint64_t id, std::string key, std::uint64_t parent = 0) {
    OrderOpened record;
    record.terms.id = OrderId{id};
    record.terms.debit = AccountId{2};
    record.terms.credit = AccountId{3};
    record.terms.amount = 100;
    record.terms.parent = OrderId{parent};
    record.terms.acts_at = at(10).time_since_epoch().count();
    record.terms.expires_at = at(20).time_since_epoch().count();
    record.terms.flags = order_flag_exclusive;
    record.keys = {std::move(key)};
    record.content = "content";
    return sized(record);
}

OrderMoved moved(std::uint64_t id, OrderState state) {
    OrderMoved record;
    record.head.order = OrderId{id};
    record.head.state = state;
    record.head.debit = AccountId{2};
    record.answer = "answer";
    return sized(record);
}

NoticeMoved notice(std::uint64_t id, std::uint64_t order, NoticeState state, int next = 0) {
    NoticeMoved record;
    record.id = NoticeId{id};
    record.order = OrderId{order};
    record.state = state;
    record.next_at = at(next).time_since_epoch().count();
    return record;
}

}  // namespace

TEST_CASE("orders: an order is found by number and key, is due when it acts or expires") {
    Orders orders;
    orders.apply(opened(1, "a"), at(1));
    CHECK(orders.find(OrderId{1})->content == "content");
    CHECK(orders.find("a")->terms.id == OrderId{1});
    CHECK(orders.find("b") == nullptr);
    CHECK(orders.find_exclusive(AccountId{2})->terms.id == OrderId{1});
    CHECK(orders.next_order_due() == std::pair{at(10), OrderId{1}});
    OrderMoved waits = moved(1, OrderState::awaiting_customer);
    orders.apply(waits, at(2));
    CHECK(orders.next_order_due() == std::pair{at(20), OrderId{1}});
    orders.apply(moved(1, OrderState::succeeded), at(3));
    CHECK_FALSE(orders.next_order_due());
    CHECK(orders.find_exclusive(AccountId{2}) == nullptr);
    CHECK(orders.find("a")->moved_at == at(3));
}

TEST_CASE("orders: what was given away does not change") {
    Orders orders;
    orders.apply(opened(1, "a"), at(1));
    const auto before = orders.find("a");
    orders.apply(moved(1, OrderState::succeeded), at(3));
    CHECK(before->state == OrderState::awaiting_customer);
}

TEST_CASE("orders: beyond the bound those that ended first leave, not those with open notices") {
    Orders orders(3);
    for (std::uint64_t id = 1; id <= 3; ++id) {
        orders.apply(opened(id, std::to_string(id)), at(1));
        orders.apply(moved(id, OrderState::succeeded), at(1));
    }
    orders.apply(notice(1, 1, NoticeState::waiting, 5));
    orders.apply(opened(4, "4"), at(2));
    CHECK(orders.size() == 3);
    CHECK(orders.find("1") != nullptr);
    CHECK(orders.find("2") == nullptr);
    CHECK(orders.find(OrderId{2}) == nullptr);
    // Open orders never leave.
    orders.apply(opened(5, "5"), at(2));
    orders.apply(opened(6, "6"), at(2));
    orders.apply(opened(7, "7"), at(2));
    CHECK(orders.find("4") != nullptr);
    CHECK(orders.find("1") != nullptr);
}

TEST_CASE("orders: what a failed child took is to be had again") {
    Orders orders;
    orders.apply(opened(1, "sale"), at(1));
    orders.apply(moved(1, OrderState::succeeded), at(1));
    orders.apply(opened(2, "r1", 1), at(2));
    orders.apply(opened(3, "r2", 1), at(2));
    CHECK(orders.find("sale")->returned == 200);
    orders.apply(moved(2, OrderState::failed), at(3));
    orders.apply(moved(3, OrderState::succeeded), at(3));
    CHECK(orders.find("sale")->returned == 100);
    CHECK(orders.find("sale")->children == 1);
}

TEST_CASE("orders: records that do not fit are told apart") {
    Orders orders;
    orders.apply(opened(1, "a"), at(1));
    CHECK(orders.violation(opened(3, "b")).value() == "order 3 where 2 is next");
    CHECK(orders.violation(opened(2, "a")).value() == "order 2: its key 'a' is taken");
    OrderOpened twice = opened(2, "b");
    twice.keys = {"b", "b"};
    CHECK(orders.violation(twice).has_value());
    CHECK_FALSE(orders.violation(opened(2, "b")));
    CHECK(orders.violation(moved(2, OrderState::failed)).value() ==
          "order 2 moves and does not exist");
    orders.apply(moved(1, OrderState::failed), at(1));
    CHECK(orders.violation(moved(1, OrderState::failed)).value() ==
          "order 1 moves and is failed already");
    CHECK(orders.violation(notice(1, 9, NoticeState::waiting)).value() ==
          "notice 1: order 9 does not exist");
    CHECK(orders.violation(notice(2, 1, NoticeState::waiting)).value() ==
          "notice 2 goes on and is not open");
    CHECK_FALSE(orders.violation(notice(1, 1, NoticeState::waiting)));
}

TEST_CASE("orders: what is saved is loaded, and every altered byte loads or is an error") {
    Orders orders;
    orders.apply(opened(1, "a"), at(1));
    orders.apply(moved(1, OrderState::succeeded), at(2));
    orders.apply(opened(2, "b", 1), at(3));
    orders.apply(notice(1, 1, NoticeState::waiting, 9));
    orders.apply(notice(2, 1, NoticeState::sending));
    const std::vector<std::byte> saved = testing::bytes_of(orders);
    const auto load = [](const std::vector<std::byte>& content) {
        testing::Bytes bytes;
        bytes.content = content;
        Orders again;
        again.load(bytes);
        return again;
    };
    const Orders again = load(saved);
    CHECK(testing::bytes_of(again) == saved);
    CHECK(*again.find("a") == *orders.find("a"));
    CHECK(again.next_notice_due() == std::pair{at(9), NoticeId{1}});
    CHECK(again.sending().size() == 1);
    CHECK(again.find_exclusive(AccountId{2})->terms.id == OrderId{2});
    std::size_t errors = 0;
    for (std::size_t i = 0; i < saved.size(); ++i) {
        std::vector<std::byte> altered = saved;
        altered[i] ^= std::byte{0xFF};
        try {
            static_cast<void>(load(altered));
        } catch (const StateError&) {
            ++errors;
        }
    }
    CHECK(errors > saved.size() / 4);
    CHECK_THROWS_AS(load({saved.begin(), saved.end() - 1}), StateError);
}

TEST_CASE("orders: one on its way out is there until enough are behind it, and comes back whole") {
    Orders orders(1, 3);
    const auto end_one = [&](std::uint64_t id) {
        orders.apply(opened(id, std::to_string(id)), at(1));
        orders.apply(moved(id, OrderState::succeeded), at(1));
    };
    for (std::uint64_t id = 1; id <= 4; ++id) end_one(id);
    CHECK(orders.leaving() == 3);
    CHECK(orders.left_before() == 0);
    const Order first = *orders.find("1");
    end_one(5);
    CHECK(orders.leaving() == 4);
    CHECK(orders.left_before() == 1);
    CHECK(orders.find("1") == nullptr);
    CHECK(orders.find(OrderId{2}) != nullptr);
    CHECK(orders.leaving_from(1).size() == 3);
    CHECK(orders.leaving_from(1).front()->terms.id == OrderId{2});

    // Something happens to one on its way out, and to one that has left.
    orders.apply(opened(6, "6", 2), at(2));
    orders.apply(sized(OrderRecalled{{}, first}));
    CHECK(*orders.find("1") == first);
    for (std::uint64_t id = 7; id <= 9; ++id) end_one(id);
    CHECK(orders.find("2") != nullptr);
    CHECK(orders.find("2")->returned == 100);
    CHECK(orders.find("3") == nullptr);
    orders.apply(moved(6, OrderState::failed), at(3));
    CHECK(orders.find("2")->returned == 0);
    for (std::uint64_t id = 10; id <= 20; ++id) end_one(id);
    CHECK(orders.find("2") == nullptr);
    CHECK(orders.find("1") == nullptr);

    testing::Bytes bytes;
    bytes.content = testing::bytes_of(orders);
    Orders again(1, 3);
    again.load(bytes);
    CHECK(testing::bytes_of(again) == testing::bytes_of(orders));
    orders.apply(opened(21, "21"), at(4));
    again.apply(opened(21, "21"), at(4));
    CHECK(testing::bytes_of(again) == testing::bytes_of(orders));
}

// Earlier programs forgot ended orders and gave their keys again; their books are read.
TEST_CASE("orders: a key that was given again belongs to the newest order that has it") {
    Orders orders(10, 10);
    orders.apply(opened(1, "a"), at(1));
    orders.apply(moved(1, OrderState::succeeded), at(1));
    const Order first = *orders.find("a");
    REQUIRE_FALSE(orders.violation(opened(2, "a")));
    orders.apply(opened(2, "a"), at(2));
    CHECK(orders.find("a")->terms.id == OrderId{2});
    orders.apply(sized(OrderRecalled{{}, first}));
    CHECK(orders.find("a")->terms.id == OrderId{2});
    testing::Bytes bytes;
    bytes.content = testing::bytes_of(orders);
    Orders again(10, 10);
    again.load(bytes);
    CHECK(again.find("a")->terms.id == OrderId{2});
    CHECK(orders.violation(sized(OrderRecalled{{}, *orders.find("a")})) == std::nullopt);
    OrderRecalled never = sized(OrderRecalled{{}, first});
    never.order.terms.id = OrderId{9};
    CHECK(orders.violation(never).value() == "order 9 is recalled and never was");
}
