#include "protocols/wechat/bills/bills.h"

#include "protocols/crypto/digest.h"
#include "protocols/crypto/encoding.h"
#include "protocols/kit/json_text.h"
#include "protocols/kit/scheme_numbers.h"
#include "protocols/wechat/bills/sharing_bill.h"
#include "protocols/wechat/wire/body_reader.h"
#include "protocols/wechat/wire/ids.h"
#include "protocols/wechat/wire/replies.h"

#include <fmt/format.h>
#include <libdeflate.h>

#include <algorithm>
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

// Of the values of BillFile, in their order.
constexpr std::string_view file_letters = "TFS";

// "TABZ.20363", "TABZ.20363.1900000110": what is asked for, without who asks.
std::string letters_of(const BillRef& ref) {
    const std::string_view type = ref.type == BillType::all       ? "A"
                                  : ref.type == BillType::success ? "S"
                                                                  : "R";
    // Four letters and the day, because the token is part of a URL.
    return fmt::format("{}{}{}{}.{}{}{}", file_letters[static_cast<std::size_t>(ref.file)], type,
                       ref.is_operating ? "O" : "B", ref.is_gzip ? "Z" : "P",
                       ref.day.time_since_epoch().count(), ref.sub_mchid.empty() ? "" : ".",
                       ref.sub_mchid);
}

std::optional<BillRef> read_letters(std::string_view text) {
    // Only texts with a good mark come here, so that the letters need no closer look.
    if (text.size() < 6 || text[4] != '.') return std::nullopt;
    BillRef ref;
    ref.file = static_cast<BillFile>(file_letters.find(text[0]));
    ref.type = text[1] == 'A'   ? BillType::all
               : text[1] == 'S' ? BillType::success
                                : BillType::refund;
    ref.is_operating = text[2] == 'O';
    ref.is_gzip = text[3] == 'Z';
    const std::string_view place = text.substr(5);
    const std::size_t dot = std::min(place.find('.'), place.size());
    if (dot < place.size()) ref.sub_mchid = place.substr(dot + 1);
    int days = 0;
    const auto [end, error] = std::from_chars(place.data(), place.data() + dot, days);
    if (error != std::errc{} || end != place.data() + dot) return std::nullopt;
    ref.day = std::chrono::sys_days{std::chrono::days{days}};
    return ref;
}

std::string token_mark(const Call& call, std::string_view letters, std::string_view expires) {
    // The merchant is in the proof and not in the token: another merchant's token does not fit who
    // asks.
    const crypto::Sha256 mark =
        crypto::hmac_sha256(call.platform->profile.secret,
                            fmt::format("bill/{}/{}/{}", call.signer().mchid, letters, expires));
    // Half of it is more than anybody can guess, and keeps the URL short.
    return crypto::hex_lower(std::span{mark}.first(16));
}

std::int64_t unix_seconds(Timestamp time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

std::string token(const Call& call, const BillRef& ref) {
    const std::string letters = letters_of(ref);
    // Nothing is stored: the token says itself which bill it is for and until when.
    const std::string expires =
        std::to_string(unix_seconds(call.context.now) + call.options->bill_url_s);
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
    // First the proof: neither the time nor the letters mean anything without it.
    if (!crypto::constant_time_equal(mark, text.substr(second + 1))) return std::nullopt;
    std::int64_t until = 0;
    std::from_chars(expires.data(), expires.data() + expires.size(), until);
    if (until < unix_seconds(call.context.now)) return std::nullopt;
    return read_letters(letters);
}

http::HttpReply bill_reply(const Call& call, const BillRef& ref, const std::string& text) {
    // A day without movements has no bill, as at the service.
    if (text.empty()) return error_reply(call, {.code = "NO_STATEMENT_EXIST"});
    // Of the file before it is compressed: WeChat Pay API v3, trade bill.
    const crypto::Sha1 hash = crypto::sha1(text);
    // The file is fetched by the same way that the merchant came, because only that is sure to
    // work.
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
    if (call->partner != nullptr) ref.sub_mchid = call->profile().mchid;
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
    // The rate of the day on which it was paid: tariffs change, bills do not.
    return {call->profile().mchid, [scheme, name = std::string(account_class)](Timestamp time) {
                if (!scheme) return std::int64_t{-1};
                return scheme->find_rate(name, beijing_day(time)).value_or(-1);
            }};
}

Answer rows_to_text(const CallPtr& call, const BillRef& ref, const std::string& account_class,
                    const std::vector<BillRow>& rows,
                    const std::function<Answer(std::string)>& then) {
    // Empty rather than a header with sums of 0; see bill_reply().
    if (rows.empty()) return then({});
    return then(trade_bill_text(ref.type, terms_of(call, account_class), rows));
}

protocols::AccountSpec bill_account(const Call& call, const BillRef& ref) {
    protocols::AccountSpec party = ref.is_operating
                                       ? operating_account(*call.options, call.profile())
                                       : merchant_account(*call.options, call.profile());
    // A question must not open an account.
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
        // An account that is not there has no records.
        while (place < accounts.size() && !accounts[place]) ++place;
        if (place >= accounts.size()) return finish();
        const auto self = shared_from_this();
        return read_day(accounts[place], ref.day, busy,
                        [self, place](std::optional<std::vector<StatementEntry>> entries) {
                            return self->take(place, std::move(entries));
                        });
    }

    Answer take(std::size_t place, std::optional<std::vector<StatementEntry>> entries) {
        // Refused rather than cut: sums over some of the rows would be wrong.
        if (!entries)
            return error_reply(*call, {.code = "RULE_LIMIT", .message = "账单行数超过上限"});
        if (ref.file == BillFile::fund_flow) {
            if (entries->empty()) return then({});
            // A fund-flow bill is of one account, with its balance in every row.
            return find_orders(*entries, busy,
                               [self = shared_from_this(), place](const std::vector<BillRow>& all) {
                                   return self->then(fund_flow_text(self->accounts[place], all,
                                                                    self->call->profile().mchid));
                               });
        }
        return find_rows(call, accounts[place], *entries, busy,
                         [self = shared_from_this(), place](std::vector<BillRow> more) {
                             for (BillRow& row : more) self->rows.push_back(std::move(row));
                             return self->next(place + 1);
                         });
    }

    Answer finish() {
        // Records are numbered in the order in which they were made, whatever account they are on.
        std::stable_sort(rows.begin(), rows.end(), [](const BillRow& a, const BillRow& b) {
            return a.record.id < b.record.id;
        });
        return rows_to_text(call, ref, call->profile().account_class, rows, then);
    }
};

// The same call about the merchant that its token names; null if that is gone.
CallPtr call_for(const CallPtr& call, const std::string& sub_mchid) {
    if (sub_mchid.empty()) return call;
    auto about = std::make_shared<Call>(*call);
    return act_for(*about, sub_mchid) ? about : nullptr;
}

}  // namespace

std::optional<std::string_view> bill_refusal(const Call& call, std::chrono::sys_days day) {
    const std::chrono::sys_days today = beijing_day(call.context.now);
    const auto oldest = std::chrono::year_month_day{today} - kept;
    if (day > today || day < std::chrono::sys_days{oldest}) return "NO_STATEMENT_EXIST";
    // For tests that cannot wait for a day to end.
    if (call.options->bills_of_today) return std::nullopt;
    // Days end at midnight in Beijing. The day that is running has no bill yet.
    if (day == today) return "NO_STATEMENT_EXIST";
    // The books are ready at once. The real service takes until the morning, and clients have to
    // cope with that.
    const bool is_yesterday = day + std::chrono::days{1} == today;
    const Timestamp ready = beijing_midnight(today) + std::chrono::hours{call.options->bill_hour};
    if (is_yesterday && call.context.now < ready) return "STATEMENT_CREATING";
    return std::nullopt;
}

Answer make_bill(const CallPtr& call, const BillRef& ref, http::HttpReply busy,
                 std::function<Answer(std::string)> then) {
    if (ref.file == BillFile::sharing)
        return make_sharing_bill(call, ref.day, busy, std::move(then));
    auto walk = std::make_shared<BillWalk>();
    walk->call = call;
    walk->ref = ref;
    walk->busy = busy;
    walk->then = std::move(then);
    const auto begin = [walk](const protocols::Accounts& accounts) -> Answer {
        walk->accounts = accounts;
        const std::string mark = std::string(sharing_profile_prefix) + walk->call->profile().mchid;
        // Looking for such accounts means looking through all orders, so that only merchants with
        // the mark pay for it.
        const bool shares = walk->call->context.directory.find(mark) != nullptr;
        if (walk->ref.file == BillFile::fund_flow || !shares) return walk->next(0);
        return find_sharing_accounts(
            walk->call, walk->ref.day, walk->busy, [walk](const std::vector<AccountId>& more) {
                walk->accounts.insert(walk->accounts.end(), more.begin(), more.end());
                return walk->next(0);
            });
    };
    return protocols::with_accounts(call->context.directory, std::move(busy),
                                    {bill_account(*call, ref)}, begin);
}

std::string gzip(std::string_view text) {
    const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(
        libdeflate_alloc_compressor(gzip_level), &libdeflate_free_compressor);
    std::string packed(libdeflate_gzip_compress_bound(compressor.get(), text.size()), '\0');
    // The bound is libdeflate's own, so that it always fits.
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
    ref.file = BillFile::fund_flow;
    ref.is_operating = type == "OPERATION";
    if (type == "FEES") return error_reply(*call, {.code = "NO_STATEMENT_EXIST"});
    if (!type.empty() && type != "BASIC" && type != "OPERATION")
        return error_reply(*call,
                           parameter_error("account_type", type, "枚举值不在范围内", "query"));
    return ask_bill(call, ref);
}

Answer ask_sharing_bill(const CallPtr& call) {
    BillRef ref;
    ref.file = BillFile::sharing;
    return ask_bill(call, ref);
}

Answer download_bill(const CallPtr& call) {
    const std::string_view text = call->parameter("token");
    const auto ref = read_token(*call, text);
    if (!ref) return error_reply(*call, parameter_error("token", text, "无效或已过期", "query"));
    // Made anew rather than kept. The books do not change any more for that day, and so the hash
    // that was told still fits.
    const CallPtr seller = call_for(call, ref->sub_mchid);
    if (seller == nullptr) return error_reply(*call, {.code = "NO_STATEMENT_EXIST"});
    return make_bill(seller, *ref, busy_reply(*call), [ref = *ref](std::string file) -> Answer {
        // Never signed: the merchant checks the hash instead.
        http::HttpReply reply;
        reply.headers.emplace_back("Content-Type",
                                   ref.is_gzip ? "application/x-gzip" : "text/plain");
        reply.body = ref.is_gzip ? gzip(file) : std::move(file);
        return reply;
    });
}

}  // namespace tuma::wechat
