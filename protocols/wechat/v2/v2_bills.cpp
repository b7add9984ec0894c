#include "protocols/wechat/v2/v2_bills.h"

#include "protocols/wechat/bills/bills.h"
#include "protocols/wechat/v2/v2_reader.h"

#include <utility>

namespace tuma::wechat {
namespace {

using protocols::Answer;

http::HttpReply failure(std::string_view code, std::string_view message, std::string why) {
    http::HttpReply reply{.headers = {{"Content-Type", "text/plain"}},
                          .body = write_v2_xml({{"return_code", "FAIL"},
                                                {"return_msg", std::string(message)},
                                                {"error_code", std::string(code)}})};
    reply.note.code = code;
    reply.note.why = std::move(why);
    return reply;
}

http::HttpReply no_bill() {
    return failure("20002", "No Bill Exist",
                   "nothing of this sort happened on bill_date, or it has not ended");
}

// "20251002"
Result<std::chrono::sys_days> read_date(const std::string& text) {
    if (text.size() != 8) return InputError{"bill_date", "must be yyyyMMdd"};
    // v3 writes the same day with dashes, and one reader knows which days there are.
    return parse_day(text.substr(0, 4) + "-" + text.substr(4, 2) + "-" + text.substr(6));
}

http::HttpReply file(const BillRef& ref, std::string text) {
    // As in v3: a day without movements has no bill.
    if (text.empty()) return no_bill();
    http::HttpReply reply;
    reply.headers.emplace_back("Content-Type", ref.is_gzip ? "application/x-gzip" : "text/plain");
    reply.body = ref.is_gzip ? gzip(text) : std::move(text);
    return reply;
}

}  // namespace

Answer v2_download_fund_flow(const V2CallPtr& v2) {
    V2Reader reader(*v2);
    const std::string date = reader.text("bill_date", {8, 8}, Need::required);
    const std::string type =
        reader.word("account_type", {"Basic", "Operation", "Fees"}, Need::required);
    const std::string tar = reader.word("tar_type", {"GZIP"}, Need::optional);
    reader.finish();
    if (!reader.is_good()) return reader.refusal();
    // Source: WeChat Pay API v2, downloadfundflow: the one API that takes no other sign.
    if (v2->sign_type != V2SignType::hmac_sha256)
        return v2_error_reply(*v2, v2_unreadable("sign_type仅支持HMAC-SHA256"));
    const Result<std::chrono::sys_days> day = read_date(date);
    if (!day) return v2_error_reply(*v2, {"PARAM_ERROR", "账单日期格式错误"});
    BillRef ref;
    ref.file = BillFile::fund_flow;
    ref.is_operating = type == "Operation";
    ref.day = *day;
    ref.is_gzip = tar == "GZIP";
    const auto none = [v2] { return v2_error_reply(*v2, {"NO_BILL_EXIST"}); };
    // Fees are taken from the basic account: the third one never holds anything.
    if (type == "Fees") return none();
    if (const auto refusal = bill_refusal(*v2->call, ref.day)) {
        if (*refusal == "STATEMENT_CREATING") return v2_error_reply(*v2, {"BILL_CREATING"});
        return none();
    }
    return make_bill(v2->call, ref, v2_busy_reply(*v2), [ref, none](std::string text) -> Answer {
        return text.empty() ? none() : file(ref, std::move(text));
    });
}

Answer v2_download_bill(const V2CallPtr& v2) {
    V2Reader reader(*v2);
    const std::string date = reader.text("bill_date", {8, 8}, Need::required);
    const std::string type =
        reader.word("bill_type", {"ALL", "SUCCESS", "REFUND", "RECHARGE_REFUND"}, Need::optional);
    const std::string tar = reader.word("tar_type", {"GZIP"}, Need::optional);
    reader.ignore({"device_info"});
    reader.finish();
    const Result<std::chrono::sys_days> day = read_date(date);
    // The failures of this API have codes of their own in place of err_code, and one of them for
    // whatever is wrong with a field.
    if (!reader.is_good() || !day)
        return failure("20001", "invalid bill_date or bill_type",
                       reader.is_good() ? "bill_date is no day of the form yyyyMMdd"
                                        : words_of(reader.error()));
    BillRef ref;
    ref.day = *day;
    ref.is_gzip = tar == "GZIP";
    if (type == "SUCCESS") ref.type = BillType::success;
    if (type == "REFUND") ref.type = BillType::refund;
    // There are no top-ups here that could be refunded.
    if (type == "RECHARGE_REFUND") return no_bill();
    // Only one of v3's reasons has a code of its own in v2: that the bill is still being made.
    if (const auto refusal = bill_refusal(*v2->call, ref.day)) {
        if (*refusal == "STATEMENT_CREATING")
            return failure("20003", "Bill Creating", "the bill is being made");
        return no_bill();
    }
    return make_bill(v2->call, ref, v2_busy_reply(*v2),
                     [ref](std::string text) -> Answer { return file(ref, std::move(text)); });
}

}  // namespace tuma::wechat
