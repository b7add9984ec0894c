#include "protocols/wechat/bills.h"

#include "protocols/crypto/digest.h"
#include "protocols/crypto/encoding.h"
#include "protocols/json_text.h"
#include "protocols/scheme_numbers.h"
#include "protocols/wechat/body_reader.h"
#include "protocols/wechat/ids.h"
#include "protocols/wechat/replies.h"

#include <fmt/format.h>
#include <libdeflate.h>

#include <charconv>
#include <memory>
#include <utility>

namespace tuma::wechat {
namespace {

using protocols::Answer;

constexpr std::chrono::months kept{3};
constexpr int gzip_level = 6;

std::chrono::sys_days beijing_day(Timestamp time) {
    return std::chrono::floor<std::chrono::days>(time + std::chrono::hours{8});
}

// "1.T.A.G.20250101": what is asked for, without who asks.
std::string letters_of(const BillRef& ref) {
    const std::string_view type = ref.type == BillType::all       ? "A"
                                  : ref.type == BillType::success ? "S"
                                                                  : "R";
    return fmt::format("{}{}{}{}.{}", ref.is_fund_flow ? "F" : "T", type,
                       ref.is_operating ? "O" : "B", ref.is_gzip ? "Z" : "P",
                       ref.day.time_since_epoch().count());
}

std::optional<BillRef> read_letters(std::string_view text) {
    if (text.size() < 6 || text[4] != '.') return std::nullopt;
    BillRef ref;
    ref.is_fund_flow = text[0] == 'F';
    ref.type = text[1] == 'A'   ? BillType::all
               : text[1] == 'S' ? BillType::success
                                : BillType::refund;
    ref.is_operating = text[2] == 'O';
    ref.is_gzip = text[3] == 'Z';
    int days = 0;
    const auto [end, error] = std::from_chars(text.data() + 5, text.data() + text.size(), days);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    ref.day = std::chrono::sys_days{std::chrono::days{days}};
    return ref;
}

std::string token_mark(const Call& call, std::string_view letters, std::string_view expires) {
    const crypto::Sha256 mark =
        crypto::hmac_sha256(call.platform->profile.secret,
                            fmt::format("bill/{}/{}/{}", call.profile().mchid, letters, expires));
    return crypto::hex_lower(std::span{mark}.first(16));
}

std::int64_t seconds(Timestamp time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

std::string token(const Call& call, const BillRef& ref) {
    const std::string letters = letters_of(ref);
    const std::string expires =
        std::to_string(seconds(call.context.now) + call.options->bill_url_s);
    return letters + "-" + expires + "-" + token_mark(call, letters, expires);
}

// Nothing for tokens that this merchant was not given, or that are too old.
std::optional<BillRef> read_token(const Call& call, std::string_view text) {
    const std::size_t first = text.find('-');
    const std::size_t second = text.rfind('-');
    if (first == std::string_view::npos || second == first) return std::nullopt;
    const std::string_view letters = text.substr(0, first);
    const std::string_view expires = text.substr(first + 1, second - first - 1);
    const std::string mark = token_mark(call, letters, expires);
    if (!crypto::constant_time_equal(mark, text.substr(second + 1))) return std::nullopt;
    std::int64_t until = 0;
    std::from_chars(expires.data(), expires.data() + expires.size(), until);
    if (until < seconds(call.context.now)) return std::nullopt;
    return read_letters(letters);
}

http::HttpReply bill_reply(const Call& call, const BillRef& ref, const std::string& text) {
    if (text.empty()) return error_reply(call, {.code = "NO_STATEMENT_EXIST"});
    const crypto::Sha1 hash = crypto::sha1(text);
    protocols::JsonText json;
    json.begin_object()
        .text("hash_type", "SHA1")
        .text("hash_value", crypto::hex_lower(std::span{hash}))
        .text("download_url", fmt::format("{}://{}/v3/billdownload/file?token={}",
                                          call.request.is_tls ? "https" : "http", call.request.host,
                                          token(call, ref)));
    return reply(call, json.end_object().take());
}

Answer ask_bill(const CallPtr& call, BillRef ref) {
    const std::string_view tar = call->parameter("tar_type");
    if (!tar.empty() && tar != "GZIP")
        return error_reply(*call, parameter_error("tar_type", tar, "应为 GZIP", "query"));
    ref.is_gzip = tar == "GZIP";
    const std::string_view date = call->parameter("bill_date");
    const Result<std::chrono::sys_days> day = parse_day(date);
    if (!day)
        return error_reply(*call,
                           parameter_error("bill_date", date, "格式应为 yyyy-MM-dd", "query"));
    ref.day = *day;
    if (const auto refusal = bill_refusal(*call, ref.day))
        return error_reply(*call, {.code = *refusal});
    return make_bill(call, ref, busy_reply(*call), [call, ref](const std::string& text) -> Answer {
        return bill_reply(*call, ref, text);
    });
}

BillTerms terms_of(const CallPtr& call, std::string_view account_class) {
    const auto scheme = protocols::find_scheme(call->context.directory, call->options->scheme);
    return {call->profile().mchid, [scheme, name = std::string(account_class)](Timestamp time) {
                if (!scheme) return std::int64_t{-1};
                return scheme->find_rate(name, beijing_day(time)).value_or(-1);
            }};
}

Answer rows_to_text(const CallPtr& call, const BillRef& ref, const std::string& account_class,
                    const std::vector<BillRow>& rows,
                    const std::function<Answer(std::string)>& then) {
    if (rows.empty()) return then({});
    return then(trade_bill_text(ref.type, terms_of(call, account_class), rows));
}

protocols::Party bill_party(const Call& call, const BillRef& ref) {
    protocols::Party party =
        ref.is_operating ? operating_party(call.profile()) : merchant_party(call, call.profile());
    party.may_be_opened = false;
    return party;
}

// Rows of the accounts one after the other; in the end all in the order of time.
struct BillWalk : std::enable_shared_from_this<BillWalk> {
    CallPtr call;
    BillRef ref;
    http::HttpReply busy;
    std::function<Answer(std::string)> then;
    protocols::Accounts accounts{};
    std::vector<BillRow> rows{};

    Answer next(std::size_t place) {
        while (place < accounts.size() && !accounts[place]) ++place;
        if (place >= accounts.size()) return finish();
        const auto self = shared_from_this();
        return read_day(call, accounts[place], ref.day, busy,
                        [self, place](std::optional<std::vector<StatementEntry>> entries) {
                            return self->take(place, std::move(entries));
                        });
    }

    Answer take(std::size_t place, std::optional<std::vector<StatementEntry>> entries) {
        if (!entries)
            return error_reply(*call, {.code = "RULE_LIMIT", .message = "账单行数超过上限"});
        if (ref.is_fund_flow) {
            if (entries->empty()) return then({});
            return then(fund_flow_text(accounts[place], *entries, call->profile().mchid));
        }
        return find_rows(call, accounts[place], *entries, busy,
                         [self = shared_from_this(), place](std::vector<BillRow> more) {
                             for (BillRow& row : more) self->rows.push_back(std::move(row));
                             return self->next(place + 1);
                         });
    }

    Answer finish() {
        std::stable_sort(rows.begin(), rows.end(), [](const BillRow& a, const BillRow& b) {
            return a.record.id < b.record.id;
        });
        return rows_to_text(call, ref, call->profile().account_class, rows, then);
    }
};

}  // namespace

std::optional<std::string_view> bill_refusal(const Call& call, std::chrono::sys_days day) {
    const std::chrono::sys_days today = beijing_day(call.context.now);
    const auto oldest = std::chrono::year_month_day{today} - kept;
    if (day >= today || day < std::chrono::sys_days{oldest}) return "NO_STATEMENT_EXIST";
    const bool is_yesterday = day + std::chrono::days{1} == today;
    const Timestamp ready = beijing_midnight(today) + std::chrono::hours{call.options->bill_hour};
    if (is_yesterday && call.context.now < ready) return "STATEMENT_CREATING";
    return std::nullopt;
}

Answer make_bill(const CallPtr& call, const BillRef& ref, http::HttpReply busy,
                 std::function<Answer(std::string)> then) {
    auto walk = std::make_shared<BillWalk>();
    walk->call = call;
    walk->ref = ref;
    walk->busy = busy;
    walk->then = std::move(then);
    const auto begin = [walk](const protocols::Accounts& accounts) -> Answer {
        walk->accounts = accounts;
        const std::string mark = std::string(sharing_profile_prefix) + walk->call->profile().mchid;
        const bool shares = walk->call->context.directory.find(mark) != nullptr;
        if (walk->ref.is_fund_flow || !shares) return walk->next(0);
        return find_sharing_accounts(
            walk->call, walk->ref.day, walk->busy, [walk](const std::vector<AccountId>& more) {
                walk->accounts.insert(walk->accounts.end(), more.begin(), more.end());
                return walk->next(0);
            });
    };
    return protocols::with_accounts(party_terms(*call, std::move(busy)), {bill_party(*call, ref)},
                                    begin);
}

std::string gzip(std::string_view text) {
    const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
        libdeflate_alloc_compressor(gzip_level), &libdeflate_free_compressor);
    std::string packed(libdeflate_gzip_compress_bound(compressor.get(), text.size()), '\0');
    packed.resize(libdeflate_gzip_compress(compressor.get(), text.data(), text.size(),
                                           packed.data(), packed.size()));
    return packed;
}

Answer ask_trade_bill(const CallPtr& call) {
    const std::string_view type = call->parameter("bill_type");
    BillRef ref;
    if (type.empty() || type == "ALL" || type == "ALL_SPECIAL")
        ref.type = BillType::all;
    else if (type == "SUCCESS" || type == "SUC_SPECIAL")
        ref.type = BillType::success;
    else if (type == "REFUND" || type == "REF_SPECIAL")
        ref.type = BillType::refund;
    else if (type == "RECHARGE_REFUND")
        return error_reply(*call, {.code = "NO_STATEMENT_EXIST"});
    else
        return error_reply(*call, parameter_error("bill_type", type, "枚举值不在范围内", "query"));
    return ask_bill(call, ref);
}

Answer ask_fund_flow_bill(const CallPtr& call) {
    const std::string_view type = call->parameter("account_type");
    BillRef ref;
    ref.is_fund_flow = true;
    ref.is_operating = type == "OPERATION";
    if (type == "FEES") return error_reply(*call, {.code = "NO_STATEMENT_EXIST"});
    if (!type.empty() && type != "BASIC" && type != "OPERATION")
        return error_reply(*call,
                           parameter_error("account_type", type, "枚举值不在范围内", "query"));
    return ask_bill(call, ref);
}

Answer download_bill(const CallPtr& call) {
    const std::string_view text = call->parameter("token");
    const auto ref = read_token(*call, text);
    if (!ref) return error_reply(*call, parameter_error("token", text, "无效或已过期", "query"));
    return make_bill(call, *ref, busy_reply(*call), [ref = *ref](std::string file) -> Answer {
        http::HttpReply reply;
        reply.headers.emplace_back("Content-Type",
                                   ref.is_gzip ? "application/x-gzip" : "text/plain");
        reply.body = ref.is_gzip ? gzip(file) : std::move(file);
        return reply;
    });
}

}  // namespace tuma::wechat
