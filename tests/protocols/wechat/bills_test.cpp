// Bills against the books: whatever happened on a day, the sums agree to the fen.
#include "protocols/crypto/digest.h"
#include "protocols/crypto/encoding.h"
#include "tests/protocols/wechat/shop.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>
#include <sstream>
#include <string>
#include <vector>

using namespace tuma;
using namespace tuma::testing;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

struct Bill {
    std::vector<std::map<std::string, std::string>> rows;
    std::map<std::string, std::string> summary;
};

std::vector<std::string> cells(const std::string& line) {
    std::vector<std::string> all;
    std::istringstream text(line);
    for (std::string cell; std::getline(text, cell, ',');) all.push_back(cell);
    if (line.ends_with(',')) all.emplace_back();
    return all;
}

std::map<std::string, std::string> row_of(const std::vector<std::string>& names,
                                          const std::string& line) {
    const std::vector<std::string> values = cells(line);
    RC_ASSERT(values.size() == names.size());
    std::map<std::string, std::string> row;
    for (std::size_t i = 0; i < names.size(); ++i) {
        RC_ASSERT(values[i].starts_with('`'));
        row[names[i]] = values[i].substr(1);
    }
    return row;
}

Bill parse(const std::string& file) {
    RC_ASSERT(file.starts_with(byte_order_mark));
    std::vector<std::string> lines;
    std::istringstream text(file.substr(byte_order_mark.size()));
    for (std::string line; std::getline(text, line);) {
        RC_ASSERT(line.ends_with('\r'));
        line.pop_back();
        lines.push_back(line);
    }
    Bill bill;
    const auto names = cells(lines.front());
    for (std::size_t i = 1; i + 2 < lines.size(); ++i) bill.rows.push_back(row_of(names, lines[i]));
    bill.summary = row_of(cells(lines[lines.size() - 2]), lines.back());
    return bill;
}

// "-1.23" or "0.60000" in fen.
std::int64_t fen(std::string text) {
    const bool is_negative = text.starts_with('-');
    if (is_negative) text.erase(0, 1);
    const std::size_t point = text.find('.');
    RC_ASSERT(point != std::string::npos);
    RC_ASSERT(text.substr(point + 3).find_first_not_of('0') == std::string::npos);
    const std::int64_t amount = std::stoll(text.substr(0, point) + text.substr(point + 1, 2));
    return is_negative ? -amount : amount;
}

// The file behind a bill's address, or its error code.
std::string download(Shop& shop, const std::string& target) {
    const http::HttpReply reply = shop.get(target);
    if (reply.status != 200) return code_of(reply);
    const auto told = boost::json::parse(reply.body);
    const std::string url = at(told, "download_url");
    const std::string base = "http://127.0.0.1:8080";
    REQUIRE(url.starts_with(base));
    const std::string file = shop.get(url.substr(base.size())).body;
    const crypto::Sha1 hash = crypto::sha1(file);
    CHECK(crypto::hex_lower(std::span{hash}) == at(told, "hash_value"));
    return file;
}

std::int64_t sum(const Bill& bill, const std::string& column) {
    std::int64_t total = 0;
    for (const auto& row : bill.rows) total += fen(row.at(column));
    return total;
}

struct Sale {
    std::string number;
    std::int64_t amount = 0;
    bool is_shared = false;
};

// A day of random sales and refunds; what was accepted.
struct Day {
    Shop& shop;
    std::vector<Sale> sales{};
    std::int64_t sold = 0;
    std::int64_t refunded = 0;
    std::size_t refunds = 0;

    void sell(std::int64_t amount, bool is_shared) {
        Sale sale{"SALE-" + std::to_string(1'000 + sales.size()), amount, is_shared};
        boost::json::object order = native_order(sale.number, amount);
        if (is_shared) order["settle_info"] = boost::json::object{{"profit_sharing", true}};
        RC_ASSERT(shop.post("/v3/pay/transactions/native", order).status == 200);
        sales.push_back(sale);
        sold += amount;
        shop.pass(seconds{3});
    }
    void give_back(std::size_t which, std::int64_t amount) {
        if (sales.empty()) return;
        const Sale& sale = sales[which % sales.size()];
        const std::int64_t part = amount % sale.amount + 1;
        const auto reply =
            shop.post("/v3/refund/domestic/refunds",
                      refund_of(sale.number, "R-" + std::to_string(refunds), part, sale.amount));
        if (reply.status != 200) return;
        ++refunds;
        refunded += part;
        shop.pass(seconds{3});
    }
};

// 0 where nobody has met the account.
std::int64_t balance_or_zero(Shop& shop, const std::string& identity) {
    core::QueryAccount query;
    query.identity = *ledger::make_identity(identity);
    const core::Outcome outcome = shop.ask(query);
    return outcome.account ? ledger::balance(outcome.account->account) : 0;
}

// Where a payment waits to be shared.
std::string sharing_account(const std::string& number) {
    const crypto::Sha256 hash = crypto::sha256("1900000109/" + number);
    return "ps" + crypto::hex_lower(std::span{hash}.first(13));
}

void check_day(const std::vector<std::pair<int, int>>& deeds) {
    Shop shop;
    Day day{shop};
    for (const auto& [what, amount] : deeds) {
        if (what % 3 == 0)
            day.give_back(static_cast<std::size_t>(what / 3), amount);
        else
            day.sell(amount, what % 7 == 1);
    }
    const std::int64_t fees = balance_or_zero(shop, "wechat-china.fees");
    const std::int64_t held = balance_or_zero(shop, "1900000109");
    std::int64_t shared = 0;
    for (const Sale& sale : day.sales)
        if (sale.is_shared) shared += balance_or_zero(shop, sharing_account(sale.number));
    shop.pass(hours{24});
    const std::string date = "bill_date=2026-10-02";
    const std::string file = download(shop, "/v3/bill/tradebill?" + date);
    if (day.sales.empty()) {
        RC_ASSERT(file == "400 NO_STATEMENT_EXIST");
        return;
    }
    const Bill bill = parse(file);
    RC_ASSERT(bill.rows.size() == day.sales.size() + day.refunds);
    RC_ASSERT(sum(bill, "订单金额") == day.sold);
    RC_ASSERT(sum(bill, "申请退款金额") == day.refunded);
    RC_ASSERT(sum(bill, "手续费") == fees);
    RC_ASSERT(day.sold - day.refunded - fees == held + shared);
    RC_ASSERT(fen(bill.summary.at("订单总金额")) == day.sold);
    RC_ASSERT(fen(bill.summary.at("退款总金额")) == day.refunded);
    RC_ASSERT(fen(bill.summary.at("手续费总金额")) == fees);
    RC_ASSERT(std::stoul(bill.summary.at("总交易单数")) == bill.rows.size());
    const Bill sales = parse(download(shop, "/v3/bill/tradebill?bill_type=SUCCESS&" + date));
    RC_ASSERT(sales.rows.size() == day.sales.size());
    RC_ASSERT(sum(sales, "订单金额") == day.sold);
    const Bill refunds = parse(download(shop, "/v3/bill/tradebill?bill_type=REFUND&" + date));
    RC_ASSERT(refunds.rows.size() == day.refunds);
    const std::string flow_file = download(shop, "/v3/bill/fundflowbill?" + date);
    if (flow_file.starts_with(byte_order_mark)) {
        const Bill flow = parse(flow_file);
        RC_ASSERT(fen(flow.rows.back().at("账户结余(元)")) == held);
        RC_ASSERT(fen(flow.summary.at("收入金额")) - fen(flow.summary.at("支出金额")) == held);
    } else {
        RC_ASSERT(held == 0);
    }
    shop.check_books();
}

}  // namespace

TEST_CASE("wechat bills: sums agree with the books to the fen, whatever was sold and given back") {
    const bool holds = rc::check("bills add up", [] {
        const auto deeds = *rc::gen::container<std::vector<std::pair<int, int>>>(
            rc::gen::pair(rc::gen::inRange(0, 300), rc::gen::inRange(1, 100'000)));
        check_day(deeds);
    });
    CHECK(holds);
}

TEST_CASE("wechat bills: are ready at nine the next morning, for three months") {
    Shop shop;
    shop.post("/v3/pay/transactions/native", native_order("ORDER-1", 100));
    shop.pass(seconds{3});
    const std::string target = "/v3/bill/tradebill?bill_date=2026-10-02";
    CHECK(code_of(shop.get(target)) == "400 NO_STATEMENT_EXIST");
    shop.pass(hours{22});
    CHECK(code_of(shop.get(target)) == "400 STATEMENT_CREATING");
    shop.pass(hours{1});
    CHECK(code_of(shop.get(target)) == "200");
    shop.pass(std::chrono::days{92});
    CHECK(code_of(shop.get(target)) == "400 NO_STATEMENT_EXIST");
}

TEST_CASE("wechat bills: an address is good for five minutes and for its merchant") {
    Shop shop;
    shop.post("/v3/pay/transactions/native", native_order("ORDER-1", 100));
    shop.pass(hours{24});
    const std::string url =
        at(shop.get_json("/v3/bill/tradebill?bill_date=2026-10-02&tar_type=GZIP"), "download_url");
    const std::string target = url.substr(std::string("http://127.0.0.1:8080").size());
    const http::HttpReply file = shop.get(target);
    CHECK(file.status == 200);
    CHECK(file.body.starts_with("\x1F\x8B"));
    CHECK(http::find(file.headers, "Wechatpay-Signature") == nullptr);
    wechat::Merchant other = shop.merchant;
    other.mchid = "1900000110";
    shop.store(other);
    std::swap(shop.merchant, other);
    CHECK(code_of(shop.get(target)) == "400 PARAM_ERROR");
    std::swap(shop.merchant, other);
    shop.pass(seconds{301});
    CHECK(code_of(shop.get(target)) == "400 PARAM_ERROR");
}

TEST_CASE("wechat bills: the fund-flow bill has the numbers of payments, refunds and transfers") {
    wechat::Options options;
    options.bills_of_today = true;
    Shop shop(options);
    shop.post("/v3/pay/transactions/native", native_order("ORDER-1", 1'000));
    shop.pass(seconds{3});
    const std::string paid = at(opened(shop.arrived.at(0)), "transaction_id");
    const auto refund =
        shop.post_json("/v3/refund/domestic/refunds", refund_of("ORDER-1", "R-1", 500, 1'000));
    const auto rows = [&](const std::string& more) {
        return parse(download(shop, "/v3/bill/fundflowbill?bill_date=2026-10-02" + more)).rows;
    };
    struct Row {
        std::string business;
        std::string direction;
        std::string platform;
        std::string merchant;

        bool operator==(const Row&) const = default;
    };
    const auto shown = [](const std::map<std::string, std::string>& row) {
        return Row{row.at("业务类型"), row.at("收支类型"), row.at("微信支付业务单号"),
                   row.at("业务凭证号")};
    };
    std::vector<Row> all;
    for (const auto& row : rows("")) all.push_back(shown(row));
    const std::string id = at(refund, "refund_id");
    const auto has = [&](const Row& row) {
        return std::find(all.begin(), all.end(), row) != all.end();
    };
    CHECK(all.size() == 4);
    CHECK(has({"交易", "收入", paid, "ORDER-1"}));
    CHECK(has({"扣除交易手续费", "支出", paid, "ORDER-1"}));
    CHECK(has({"退款", "支出", id, "R-1"}));
    CHECK(has({"退还交易手续费", "收入", id, "R-1"}));
    const auto transfer = shop.post_json(
        "/v3/fund-app/mch-transfer/transfer-bills",
        {{"appid", "wxd678efh567hg6787"},
         {"out_bill_no", "BILL1"},
         {"transfer_scene_id", "1000"},
         {"openid", "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
         {"transfer_amount", 100},
         {"transfer_remark", "x"},
         {"transfer_scene_report_infos", boost::json::array{boost::json::object{
                                             {"info_type", "活动名称"}, {"info_content", "x"}}}}});
    shop.pass(seconds{3});
    const auto paid_out = rows("&account_type=OPERATION");
    CHECK(shown(paid_out.back()) ==
          Row{"商家转账", "支出", at(transfer, "transfer_bill_no"), "BILL1"});
}

TEST_CASE("wechat bills: a refund is PROCESSING until it has arrived, with the time of that") {
    wechat::Options options;
    options.bills_of_today = true;
    Shop shop(options);
    shop.post("/v3/pay/transactions/native", native_order("ORDER-1", 1'000));
    shop.pass(seconds{3});
    shop.post("/v3/refund/domestic/refunds", refund_of("ORDER-1", "R-1", 500, 1'000));
    const std::string target = "/v3/bill/tradebill?bill_type=REFUND&bill_date=2026-10-02";
    const auto row = [&] { return parse(download(shop, target)).rows.at(0); };
    CHECK(row().at("退款状态") == "PROCESSING");
    CHECK(row().at("退款申请时间") == "2026-10-02 10:00:03");
    CHECK(row().at("退款成功时间").empty());
    shop.pass(seconds{3});
    CHECK(row().at("退款状态") == "SUCCESS");
    CHECK(row().at("退款申请时间") == "2026-10-02 10:00:03");
    CHECK(row().at("退款成功时间") == "2026-10-02 10:00:06");
}
