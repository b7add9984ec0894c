#include "protocols/mpesa/apis/pull.h"

#include "ledger/words/text.h"
#include "protocols/kit/json_text.h"
#include "protocols/kit/local_time.h"
#include "protocols/kit/parties.h"
#include "protocols/mpesa/orders/orders.h"
#include "protocols/mpesa/profiles/numbers.h"
#include "protocols/mpesa/wire/field_reader.h"
#include "protocols/mpesa/wire/ids.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace tuma::mpesa {
namespace {

using core::Outcome;
using ledger::Order;
using protocols::Answer;

constexpr std::size_t page_rows = 100;
constexpr std::chrono::hours window_max{48};

std::string reference_id(const Call& call) {
    return uuid(call.context.entropy);
}

constexpr protocols::TextRule moment_rule{.form = "a time like 2020-08-04 8:36:00"};

// A moment as people write it: "2020-08-04 8:36:00", the seconds may be left out.
std::optional<Timestamp> read_moment(std::string_view text) {
    const auto take = [&](char end, std::size_t digits_max) -> std::optional<unsigned> {
        const std::size_t size = std::min(text.find(end), text.size());
        const auto number = read_number<unsigned>(text.substr(0, size));
        if (!number || size > digits_max) return std::nullopt;
        text.remove_prefix(std::min(size + 1, text.size()));
        return number;
    };
    const auto year = take('-', 4);
    const auto month = take('-', 2);
    const auto day = take(' ', 2);
    const auto hour = take(':', 2);
    const auto minute = take(':', 2);
    // One sample of the documents has three zeros here.
    const auto second = text.empty() ? std::optional{0U} : take('.', 3);
    if (!year || !month || !day || !hour || !minute || !second || !text.empty())
        return std::nullopt;
    return protocols::read_compact_time(
        fmt::format("{:04}{:02}{:02}{:02}{:02}{:02}", *year, *month, *day, *hour, *minute, *second),
        protocols::east_africa);
}

// One question, and the rows that have been found so far.
struct Pull {
    CallPtr call;
    std::string shortcode;
    std::string organisation;
    Timestamp from{};
    Timestamp to{};
    std::size_t skip = 0;
    std::size_t seen = 0;
    std::vector<std::shared_ptr<const Order>> rows{};
};

void write_row(protocols::JsonText& json, const Order& order, const Pull& pull) {
    const Content content = read_content(order.content);
    const protocols::LocalTime t = protocols::local_time(order.moved_at, protocols::east_africa);
    json.begin_object()
        .text("transactionId", receipt_of(order, content))
        // The local time, though it ends in Z.
        .text("trxDate", fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", t.year, t.month, t.day,
                                     t.hour, t.minute, t.second))
        .digits("msisdn", content.msisdn)
        .text("sender", "MPESA")
        .text("transactiontype", content.is_till ? "c2b-buy-goods-debit" : "c2b-pay-bill-debit")
        .text("billreference", content.reference)
        .text("amount", decimal_text(content.amount))
        .text("organizationname", pull.organisation)
        .end_object();
}

Answer told(const Pull& pull) {
    const bool has_rows = !pull.rows.empty();
    protocols::JsonText json;
    json.begin_object()
        .text("ResponseRefID", reference_id(*pull.call))
        .text("ResponseCode", has_rows ? "1000" : "1001")
        .text("ResponseMessage", has_rows ? "Success" : "No transactions found")
        // A list in a list.
        .begin_array("Response")
        .begin_array();
    for (const auto& order : pull.rows) write_row(json, *order, pull);
    return json_reply(json.end_array().end_array().end_object().take());
}

void take(Pull& pull, const std::shared_ptr<const Order>& order) {
    const bool is_paid = is_customers(*order) && order->state == ledger::OrderState::succeeded &&
                         order->moved_at >= pull.from && order->moved_at <= pull.to;
    // The content is read of those alone whose time fits.
    if (!is_paid || read_content(order->content).party != pull.shortcode) return;
    if (pull.seen++ >= pull.skip && pull.rows.size() < page_rows) pull.rows.push_back(order);
}

Answer look_on(const std::shared_ptr<Pull>& pull, OrderId after) {
    protocols::Asking asking;
    asking.requests.emplace_back().command =
        core::ListOrders{after, number(Kind::stk_push), number(Kind::standing_payment)};
    asking.then = [pull](const std::vector<Outcome>& outcomes) -> Answer {
        const Outcome& page = outcomes.front();
        if (page.orders != nullptr)
            for (const auto& order : *page.orders) take(*pull, order);
        const bool is_done = page.id == 0 || pull->rows.size() == page_rows;
        return is_done ? told(*pull) : look_on(pull, OrderId{page.id});
    };
    asking.overloaded = error_reply(*pull->call, unreachable_service());
    return asking;
}

}  // namespace

Answer register_pull(const CallPtr& call) {
    FieldReader fields(*call);
    const std::string shortcode = fields.own_shortcode("ShortCode");
    fields.word("RequestType", {"Pull"});
    // Written with a zero in front in the documents' own sample.
    const std::string nominated = fields.text("NominatedNumber");
    if (nominated.starts_with('+') || !read_msisdn(nominated, true))
        fields.fail(
            invalid("NominatedNumber", "NominatedNumber is no number of the form 07XXXXXXXX"));
    const std::string url = fields.url("CallBackURL");
    if (fields.is_good() && !find_shortcode(call->context.directory, shortcode))
        fields.fail(invalid("ShortCode", no_business("ShortCode")));
    if (!fields.is_good()) return fields.refusal();
    const auto answer = [call, shortcode](bool is_new) -> Answer {
        return json_reply(
            protocols::JsonText()
                .begin_object()
                .text("ResponseRefID", reference_id(*call))
                .text("Response Status", is_new ? "1000" : "1001")
                .text("ShortCode", shortcode)
                .text("Response Description",
                      is_new ? "ShortCode Registered Successfully" : "ShortCode already Registered")
                .end_object()
                .take());
    };
    const std::string profile = pull_profile(shortcode);
    if (call->context.directory.find(profile) != nullptr) return answer(false);
    return protocols::ask(
        protocols::replace_profile(profile, {}, to_json(PullProfile{nominated, url})),
        error_reply(*call, unreachable_service()),
        [call, answer](const Outcome& outcome) -> Answer {
            if (outcome.code != Refusal::none && outcome.code != Refusal::profile_changed)
                return error_reply(*call, unreachable_service());
            return answer(outcome.code == Refusal::none);
        });
}

Answer query_pull(const CallPtr& call) {
    FieldReader fields(*call);
    auto pull = std::make_shared<Pull>();
    pull->call = call;
    pull->shortcode = fields.own_shortcode("ShortCode");
    pull->from = fields.read("StartDate", read_moment, moment_rule).value_or(Timestamp{});
    pull->to = fields.read("EndDate", read_moment, moment_rule).value_or(Timestamp{});
    pull->skip = fields
                     .read("OffSetValue",
                           [](std::string_view text) {
                               return read_number<std::size_t>(text, 0, 1'000'000'000);
                           },
                           {.form = "a whole number from 0 to 1,000,000,000"})
                     .value_or(0);
    if (fields.is_good() && (pull->to < pull->from || pull->to - pull->from > window_max))
        fields.fail(invalid("EndDate", "EndDate is not within 48 hours after StartDate"));
    if (!fields.is_good()) return fields.refusal();
    const auto business = find_shortcode(call->context.directory, pull->shortcode);
    if (!business || call->context.directory.find(pull_profile(pull->shortcode)) == nullptr)
        return error_reply(
            *call, {400, "400.001", "Invalid ShortCode",
                    business ? "ShortCode was not registered for Pull" : no_business("ShortCode")});
    pull->organisation = business->name;
    return look_on(pull, OrderId{});
}

}  // namespace tuma::mpesa
