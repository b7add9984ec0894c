// Fuzzes M-Pesa's dialect as a whole: any path, query, Authorization, scenario and body, whatever
// the switch answers, and any answer of a merchant who was asked.
#include "ledger/words/ensure.h"
#include "ledger/words/utf8.h"
#include "protocols/crypto/encoding.h"
#include "protocols/mpesa/apis/c2b.h"
#include "protocols/mpesa/mpesa_adapter.h"
#include "protocols/mpesa/profiles/profiles.h"
#include "protocols/mpesa/profiles/sandbox.h"
#include "protocols/mpesa/routes.h"

#include <boost/json/parse.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace {

using namespace tuma;

// A prompt looks for a free id until there is one, so from here on everything succeeds.
constexpr int refused_steps_max = 20;
// More than an answer ever asks.
constexpr int steps_max = 50;

struct Bench {
    protocols::Directory directory;
    mpesa::MpesaAdapter adapter;

    explicit Bench(bool is_open) {
        for (const auto& [name, content] : mpesa::profiles_of(mpesa::default_sandbox()))
            directory.store(name, content);
        directory.store(std::string(mpesa::secret_profile), "a secret of tests");
        directory.store(
            std::string(mpesa::certificate_profile),
            mpesa::to_json(mpesa::CredentialKeys{crypto::PrivateKey::generate().pem(), {}}));
        mpesa::Options options;
        options.accept_any_token = is_open;
        options.accept_any_credential = is_open;
        options.bills_without_app_key = is_open;
        directory.store(mpesa::biller_profile("174379"),
                        mpesa::to_json(mpesa::Biller{.app_key = "key", .url = "http://a/b"}));
        directory.store(std::string(mpesa::options_profile), mpesa::to_json(options));
    }
    protocols::Answer ask(const http::HttpRequest& request) const {
        return adapter.handle(request, {Timestamp{std::chrono::hours{500'000}}, directory, {}, 1});
    }
};

std::string_view take_line(std::string_view& bytes) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    return line;
}

// The envelope of errors, the gateway's fault, or an answer of its own.
void check_reply(const http::HttpReply& reply) {
    ensure(reply.status >= 200 && reply.status <= 504, "a status that is none of Daraja's");
    if (reply.body.empty()) {
        ensure(reply.status >= 400, "a good answer without a body");
        return;
    }
    const boost::json::object body = boost::json::parse(reply.body).as_object();
    if (reply.status >= 400)
        ensure(body.contains("errorCode") != body.contains("fault"), "an error of no shape");
}

// Where neither token nor key is good, nothing is ever asked of the switch.
void ask_from_outside(std::string_view bytes) {
    static const Bench bench(false);
    http::HttpRequest request;
    request.target = take_line(bytes);
    request.headers.emplace_back("Authorization", take_line(bytes));
    request.headers.emplace_back("Tuma-Fault", take_line(bytes));
    request.body = bytes;
    for (const char* method : {"GET", "POST"}) {
        request.method = method;
        const protocols::Answer answer = bench.ask(request);
        ensure(std::holds_alternative<http::HttpReply>(answer), "a stranger reached the switch");
        check_reply(std::get<http::HttpReply>(answer));
    }
}

// One outcome for each request; `chance` decides which are refused.
std::vector<core::Outcome> outcomes_of(const std::vector<core::Request>& requests,
                                       std::uint64_t& chance) {
    std::vector<core::Outcome> outcomes(requests.size());
    for (core::Outcome& outcome : outcomes) {
        const auto draw = static_cast<unsigned>(chance & 7U);
        chance = (chance >> 3U) | (chance << 61U);
        if (draw == 0) outcome.code = Refusal::order_exists;
        if (draw == 1) outcome.code = Refusal::customer_busy;
        if (draw == 2) outcome.code = Refusal::account_not_found;
        if (outcome.code == Refusal::none) outcome.id = 7;
    }
    return outcomes;
}

// Every answer ends in a reply.
void follow(protocols::Answer answer, std::uint64_t chance) {
    for (int step = 0; step < steps_max; ++step) {
        if (const auto* reply = std::get_if<http::HttpReply>(&answer)) return check_reply(*reply);
        auto* asking = std::get_if<protocols::Asking>(&answer);
        ensure(asking != nullptr && !asking->requests.empty(), "an answer asks for nothing");
        check_reply(asking->overloaded);
        if (step == refused_steps_max) chance = ~std::uint64_t{0};
        protocols::Answer next = asking->then(outcomes_of(asking->requests, chance));
        answer = std::move(next);
    }
    unreachable("an answer without an end");
}

std::string command_for(std::string_view path) {
    if (path.find("/c2b/") != std::string_view::npos) return "CustomerPayBillOnline";
    if (path.find("/b2c/") != std::string_view::npos) return "BusinessPayment";
    if (path.find("/b2pochi/") != std::string_view::npos) return "BusinessPayToPochi";
    if (path.find("/remittax") != std::string_view::npos) return "PayTaxToKRA";
    if (path.find("/b2b/") != std::string_view::npos) return "BusinessPayBill";
    if (path.find("/accountbalance/") != std::string_view::npos) return "AccountBalance";
    if (path.find("/transactionstatus/") != std::string_view::npos) return "TransactionStatusQuery";
    return "TransactionReversal";
}

using Members = std::vector<std::pair<std::string, std::string>>;

// Those of standing orders and of Bill Manager.
Members newer_members() {
    return {{"StandingOrderName", "Phone"},
            {"StartDate", "20361101"},
            {"EndDate", "20371101"},
            {"ReceiverPartyIdentifierType", "4"},
            {"Frequency", "4"},
            {"shortcode", "600984"},
            {"email", "a@b.c"},
            {"officialContact", "0710123456"},
            {"sendReminders", "1"},
            {"callbackurl", "http://127.0.0.1:9/cb"},
            {"externalReference", "955"},
            {"billedFullName", "John Doe"},
            {"billedPhoneNumber", "0722000000"},
            {"billedPeriod", "August 2021"},
            {"invoiceName", "Jentrys"},
            {"dueDate", "2036-10-12"},
            {"accountReference", "INV"},
            {"amount", "800"},
            {"paymentDate", "2026-10-02"},
            {"paidAmount", "800"},
            {"transactionId", "UJ22T8IYOU"},
            {"phoneNumber", "0722000000"},
            {"fullName", "John Doe"}};
}

// Members of all APIs at once; those that one of them does not know it passes over.
Members good_members(std::string_view path) {
    const std::string msisdn = "254708374149";
    const bool is_prompt = path.find("stkpush") != std::string_view::npos;
    const bool is_to_person = path.find("/b2c/") != std::string_view::npos ||
                              path.find("/b2pochi/") != std::string_view::npos;
    const bool is_standing = path.find("standingorder") != std::string_view::npos;
    const bool is_tax = path.find("/remittax") != std::string_view::npos;
    const std::string time = "20261002181102";
    const std::string passkey = mpesa::default_sandbox().shortcodes.front().passkey;
    const std::string url = "http://127.0.0.1:9/cb";
    return {{"BusinessShortCode", "174379"},
            {"Password", crypto::base64_encode("174379" + passkey + time)},
            {"Timestamp", time},
            {"TransactionType",
             is_standing ? "Standing Order Customer Pay Bill" : "CustomerPayBillOnline"},
            {"Amount", "10"},
            {"PartyA", is_prompt || is_standing ? msisdn : "600000"},
            {"PartyB", is_tax         ? "572572"
                       : is_to_person ? msisdn
                                      : "174379"},
            {"PhoneNumber", msisdn},
            {"CallBackURL", url},
            {"AccountReference", "INV"},
            {"TransactionDesc", "good"},
            {"CheckoutRequestID", "ws_CO_02102026181102123708374149"},
            {"ShortCode", "600984"},
            {"ResponseType", "Completed"},
            {"ConfirmationURL", url},
            {"ValidationURL", url},
            {"CommandID", command_for(path)},
            {"Msisdn", msisdn},
            {"BillRefNumber", "INV"},
            {"Initiator", "testapi"},
            {"InitiatorName", "testapi"},
            {"SecurityCredential", "any"},
            {"Remarks", "good"},
            {"ResultURL", url},
            {"QueueTimeOutURL", url},
            {"Occasion", "none"},
            {"OriginatorConversationID", "mine"},
            {"SenderIdentifierType", "4"},
            {"RecieverIdentifierType", "4"},
            {"Requester", msisdn},
            {"IdentifierType", "4"},
            {"TransactionID", "UJ22T8IYOU"},
            {"ReceiverParty", "174379"},
            {"MerchantName", "SHOP"},
            {"RefNo", "INV"},
            {"TrxCode", "BG"},
            {"CPI", "373132"},
            {"Size", "60"}};
}

// One member says something else, as text or as it is.
std::string altered(Members members, std::uint64_t chance, std::string_view bytes) {
    for (auto& member : newer_members()) members.push_back(std::move(member));
    members[chance % members.size()].second = bytes;
    std::string body = "{";
    for (std::size_t i = 0; i < members.size(); ++i) {
        const bool is_bare = i == chance % members.size() && (chance & 0x8000U) != 0;
        const char* const quote = is_bare ? "" : "\"";
        body +=
            (i == 0 ? "\"" : ",\"") + members[i].first + "\":" + quote + members[i].second + quote;
    }
    return body + "}";
}

void ask_from_inside(std::uint64_t chance, std::string_view bytes) {
    static const Bench bench(true);
    const std::string_view path = mpesa::routes()[(chance >> 56U) % mpesa::routes().size()].path;
    http::HttpRequest request;
    request.method = "POST";
    request.target = path;
    request.headers.emplace_back("Authorization", "Bearer any");
    request.body = bytes;
    follow(bench.ask(request), chance);
    request.body = altered(good_members(path), chance >> 32U, bytes);
    follow(bench.ask(request), chance);
    request.headers.emplace_back("Tuma-Scenario", bytes);
    request.body = altered(good_members(path), 0, "174379");
    follow(bench.ask(request), chance);
}

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t size = utf8_size(text);
        if (size == 0) return false;
        text.remove_prefix(size);
    }
    return true;
}

void answer_validation(std::string_view bytes) {
    const auto act = mpesa::validation_act(ledger::Order{}, bytes);
    if (!act) return;
    ensure(is_utf8(act->answer) && act->answer.size() <= 100,
           "a merchant's number was not cut to whole characters");
    ensure((act->step == core::OrderStep::accept) == (act->code == 0),
           "a yes with the code of a no");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    ask_from_outside(bytes);
    answer_validation(bytes);
    if (size < 8) return 0;
    std::uint64_t chance = 0;
    for (std::size_t i = 0; i < 8; ++i) chance = chance << 8U | data[i];
    ask_from_inside(chance, bytes.substr(8));
    return 0;
}
