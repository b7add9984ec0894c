#include "protocols/wechat/v2/v2_combined.h"

#include "protocols/kit/json_text.h"
#include "protocols/kit/strict_json.h"
#include "protocols/wechat/orders/combined.h"
#include "protocols/wechat/v2/v2_orders.h"
#include "protocols/wechat/v2/v2_reader.h"
#include "protocols/wechat/v3/partners.h"
#include "protocols/wechat/wire/ids.h"
#include "protocols/wechat/wire/kinds.h"

#include <fmt/format.h>

#include <set>
#include <utility>

namespace tuma::wechat {
namespace {

using ledger::OrderState;
using protocols::Answer;

constexpr std::size_t sub_list_bytes_max = 10'240;
constexpr std::size_t sub_list_depth_max = 8;

// One order of sub_order_list, which is JSON in a field of the XML.
struct ListedFields {
    using Error = V2Error;
    static constexpr bool texts_are_numbers = false;
    static constexpr bool numbers_are_texts = false;
    static constexpr bool counts_characters = false;
    static constexpr bool takes_control = true;

    protocols::FieldValue find(std::string_view key) {
        taken.emplace(key);
        return protocols::find_member(object, key);
    }
    V2Error complaint(const protocols::Complaint& said) const {
        if (said.issue == protocols::Issue::missing) return v2_missing(said.key);
        const auto* const value = object.if_contains({said.key.data(), said.key.size()});
        const std::size_t length =
            value != nullptr && value->is_string() ? value->get_string().size() : 0;
        V2Error error = v2_unreadable(complaint_sentence(
            {fmt::format("/body/xml/sub_order_list/{}", said.key), said.key}, said, length));
        error.why = "sub_order_list: " + protocols::complaint_words(said);
        return error;
    }

    boost::json::object object;
    std::set<std::string, std::less<>> taken{};
};

class ListedReader : public protocols::RequestFields<ListedFields> {
public:
    explicit ListedReader(boost::json::object object) : RequestFields({std::move(object)}) {}

    void finish(const Options& options) {
        if (!options.refuses_unknown_members) return;
        for (const auto& member : policy().object) {
            const std::string name(member.key());
            if (!policy().taken.contains(name)) fail(v2_undefined(name));
        }
    }
};

V2Error misread_list() {
    return v2_invalid("sub_order_list", "不是合法的JSON");
}

// The objects of the array that the field has, or has below `below`.
std::vector<ListedReader> read_list(V2Reader& reader, std::string_view below) {
    const std::string text = reader.text("sub_order_list", {1, sub_list_bytes_max}, Need::required);
    std::vector<ListedReader> list;
    if (!reader.is_good()) return list;
    boost::json::parse_options options;
    options.max_depth = sub_list_depth_max;
    const auto parsed = protocols::parse_strictly(text, options);
    const boost::json::value* found = parsed ? &*parsed : nullptr;
    if (found != nullptr && !below.empty())
        found = found->is_object() ? found->get_object().if_contains({below.data(), below.size()})
                                   : nullptr;
    if (found == nullptr || !found->is_array()) {
        reader.fail(misread_list());
        return list;
    }
    for (const boost::json::value& one : found->get_array()) {
        if (!one.is_object()) reader.fail(misread_list());
        list.emplace_back(one.is_object() ? one.get_object() : boost::json::object{});
    }
    return list;
}

// Every combined API has this number and this sign.
std::string read_combine_number(V2Reader& reader, const V2Call& v2) {
    const auto least = static_cast<std::size_t>(v2.call->options->order_number_least);
    std::string number =
        reader.name("combine_out_trade_no", {least, 32}, order_number_marks, Need::required);
    if (v2.sign_type != V2SignType::hmac_sha256)
        reader.fail(v2_unreadable("sign_type仅支持HMAC-SHA256"));
    reader.ignore({"combine_appid", "combine_mch_id"});
    return number;
}

Member read_listed(ListedReader& one, const V2Call& v2, const Content& whole) {
    Member member;
    Content& content = member.content;
    content.appid = one.text("appid", {1, 32}, Need::required);
    content.mchid = one.text("mch_id", {1, 32}, Need::required);
    if (v2.call->profile().is_service_provider()) {
        content.sp_mchid = content.mchid;
        content.mchid = one.text("sub_mch_id", {1, 32}, Need::required);
        content.sub_appid = one.text("sub_appid", {1, 32}, Need::optional);
    }
    content.trade_type = whole.trade_type;
    content.openid = whole.openid;
    content.description = one.text("body", {1, 128}, Need::required);
    content.detail = one.text("detail", {1, detail_bytes_max}, Need::optional);
    content.attach = one.text("attach", {1, 127}, Need::required);
    const auto least = static_cast<std::size_t>(v2.call->options->order_number_least);
    content.number = one.name("out_trade_no", {least, 32}, order_number_marks, Need::required);
    one.word("fee_type", {"CNY"}, Need::required, "CNY", {1, 8});
    content.total = one.number("total_fee", {1, fen_max}, Need::required);
    one.finish(*v2.call->options);
    // The whole is found from each of its payments.
    content.out_trade_no = whole.number;
    content.scene = whole.mchid;
    return member;
}

void read_members(V2Reader& reader, const V2Call& v2, CombinedWish& wish) {
    const MemberBounds bounds = member_bounds(*v2.call);
    auto list = read_list(reader, "order_list");
    if (!reader.is_good()) return;
    if (list.size() < bounds.least || list.size() > bounds.most)
        return reader.fail(v2_invalid(
            "sub_order_list", fmt::format("子单数应为 {} 到 {}", bounds.least, bounds.most)));
    for (ListedReader& one : list) {
        Member member = read_listed(one, v2, wish.content);
        if (!one.is_good()) return reader.fail(one.error());
        const SellerFate fate = find_seller(*v2.call, member);
        if (fate == SellerFate::not_ours)
            return reader.fail({"NOAUTH", std::string(unknown_sub_merchant)});
        if (fate == SellerFate::nobody) return reader.fail({"MCHID_NOT_EXIST"});
        wish.members.push_back(std::move(member));
    }
}

CombinedWish read_whole(V2Reader& reader, const V2Call& v2) {
    CombinedWish wish;
    Content& content = wish.content;
    content.appid = v2.field("combine_appid");
    content.mchid = v2.call->profile().mchid;
    content.v2_sign = name(v2.sign_type);
    content.number = read_combine_number(reader, v2);
    content.trade_type =
        reader.word("trade_type", {"JSAPI", "NATIVE", "APP", "MWEB"}, Need::required);
    content.notify_url = reader.url("notify_url", Need::required);
    reader.ip("spbill_create_ip");
    content.device_id = reader.text("device_info", {1, 32}, Need::optional);
    // Nothing follows from where it is paid.
    reader.text("scene_info", {1, 256}, Need::required);
    reader.instant("time_start");
    wish.expires = read_v2_expiry(reader, v2, content);
    const bool is_jsapi = content.trade_type == "JSAPI";
    content.openid =
        reader.name("combine_openid", {1, 31}, "_-", is_jsapi ? Need::required : Need::optional);
    if (content.openid.empty()) content.openid = v2.call->options->payer;
    reader.ignore({"product_id"});
    if (reader.is_good()) read_members(reader, v2, wish);
    reader.finish();
    wish.script = script_of(v2.call->request, content.openid);
    for (Member& member : wish.members) member.content.refund_code = wish.script.refund_code;
    return wish;
}

V2Error v2_combining_error(const CombinedOutcome& outcome) {
    switch (outcome.fate) {
        case CombinedFate::differs:
        case CombinedFate::number_used:
            return {"INVALID_REQUEST", "201 商户订单号重复"};
        case CombinedFate::paid:
            return {"ORDERPAID"};
        case CombinedFate::closed:
            return {"ORDERCLOSED"};
        case CombinedFate::no_customer:
            return v2_invalid("combine_openid", "不存在");
        case CombinedFate::open:
        case CombinedFate::refused:
            break;
    }
    return {"TRADE_ERROR", std::string(sentence(outcome.refusal))};
}

void write_listed(protocols::JsonText& json, const Content& whole, const MemberContent& member,
                  const ledger::Order* order) {
    json.begin_object().text("mchid", member.mchid);
    if (!member.sub_mchid.empty()) json.text("sub_mchid", member.sub_mchid);
    json.text("trade_type", whole.trade_type).text("attach", member.attach);
    json.begin_object("amount")
        .number("total_amount", member.total)
        .text("currency", "CNY")
        .end_object();
    if (order != nullptr && order->state == OrderState::succeeded)
        json.text("transaction_id", transaction_id(*order));
    json.text("out_trade_no", member.out_trade_no);
    if (order != nullptr) json.text("description", read_content(order->content).description);
    json.end_object();
}

// sub_order_list of a reply, with what became of the orders.
std::string told_list(const Content& whole, const std::vector<OrderPtr>& members) {
    protocols::JsonText json;
    json.begin_object().number("order_num", static_cast<std::int64_t>(members.size()));
    json.begin_array("order_list");
    for (std::size_t i = 0; i < members.size(); ++i)
        write_listed(json, whole, whole.members[i], members[i].get());
    return json.end_array().end_object().take();
}

http::HttpReply whole_reply(const V2Call& v2, const OrderPtr& whole,
                            const std::vector<OrderPtr>& members, bool is_ended) {
    const Content content = read_content(whole->content);
    const std::string_view state =
        trade_state(*members.front(), read_content(members.front()->content), is_ended);
    V2List results{{"combine_out_trade_no", content.number}, {"result_msg", "OK"}};
    if (whole->state == OrderState::succeeded)
        results.emplace_back("combine_openid", payer_of(*whole, content));
    results.emplace_back("trade_state", state);
    results.emplace_back("trade_state_desc", trade_state_text(state));
    results.emplace_back("sub_order_list", told_list(content, members));
    return v2_reply(v2, results);
}

}  // namespace

V2List v2_combined_fields(const ledger::Order& order, const Content& content) {
    protocols::JsonText json;
    json.begin_object().number("order_num", static_cast<std::int64_t>(content.members.size()));
    json.begin_array("order_list");
    for (std::size_t i = 0; i < content.members.size(); ++i) {
        const MemberContent& member = content.members[i];
        // Members have the numbers behind the whole's; a notice is made from the whole alone.
        const OrderId id{order.terms.id.value + 1 + i};
        json.begin_object()
            .text("mchid", member.mchid)
            .text("out_trade_no", member.out_trade_no)
            .text("transaction_id", transaction_id(id, order.moved_at))
            .text("attach", member.attach)
            .number("total_fee", member.total)
            .end_object();
    }
    return {{"combine_out_trade_no", content.number},
            {"combine_openid", payer_of(order, content)},
            {"trade_type", content.trade_type},
            {"sub_order_list", json.end_array().end_object().take()},
            {"time_end", compact_beijing_time(order.moved_at)}};
}

Answer v2_combine(const V2CallPtr& v2) {
    V2Reader reader(*v2);
    CombinedWish wish = read_whole(reader, *v2);
    if (!reader.is_good()) return reader.refusal();
    return open_combined(v2->call, std::move(wish), v2_busy_reply(*v2),
                         [v2](const CombinedOutcome& outcome) -> Answer {
                             if (outcome.fate != CombinedFate::open)
                                 return v2_error_reply(*v2, v2_combining_error(outcome));
                             return v2_prepay_reply(*v2, *outcome.order);
                         });
}

Answer v2_query_combined(const V2CallPtr& v2) {
    V2Reader reader(*v2);
    const std::string number = read_combine_number(reader, *v2);
    reader.finish();
    if (!reader.is_good()) return reader.refusal();
    return find_combined(
        v2->call->profile().mchid, number, v2_busy_reply(*v2),
        [v2](const OrderPtr& whole, const std::vector<OrderPtr>& members, bool is_ended) -> Answer {
            if (whole == nullptr) return v2_error_reply(*v2, {"ORDERNOTEXIST"});
            return whole_reply(*v2, whole, members, is_ended);
        });
}

Answer v2_close_combined(const V2CallPtr& v2) {
    V2Reader reader(*v2);
    const std::string number = read_combine_number(reader, *v2);
    std::vector<MemberContent> listed;
    for (ListedReader& one : read_list(reader, {})) {
        MemberContent member;
        member.mchid = one.text("mchid", {1, 32}, Need::required);
        if (v2->call->profile().is_service_provider())
            member.sub_mchid = one.text("sub_mchid", {1, 32}, Need::required);
        member.out_trade_no = one.text("out_trade_no", {1, 32}, Need::required);
        one.finish(*v2->call->options);
        if (!one.is_good()) reader.fail(one.error());
        listed.push_back(std::move(member));
    }
    reader.finish();
    if (!reader.is_good()) return reader.refusal();
    return close_whole(
        v2->call->profile().mchid, number, listed, v2_busy_reply(*v2),
        [v2](CombinedClosing fate) -> Answer {
            switch (fate) {
                case CombinedClosing::closed:
                    return v2_reply(*v2, {});
                case CombinedClosing::unknown:
                    return v2_error_reply(*v2, {"ORDERNOTEXIST"});
                case CombinedClosing::differs:
                    return v2_error_reply(*v2, {"INVALID_REQUEST", "子单列表须与下单时一致"});
                case CombinedClosing::paid:
                    return v2_error_reply(*v2, {"ORDERPAID"});
            }
            unreachable("an end of a whole outside its enumeration");
        });
}

}  // namespace tuma::wechat
