#include "protocols/crypto/digest.h"
#include "protocols/crypto/encoding.h"
#include "protocols/kit/access.h"
#include "protocols/kit/cached.h"
#include "protocols/kit/field_table.h"
#include "protocols/kit/ids.h"
#include "protocols/kit/payment.h"
#include "protocols/mtn/apis.h"
#include "protocols/mtn/errors.h"
#include "protocols/mtn/operations.h"

#include <algorithm>
#include <array>
#include <utility>

namespace tuma::mtn {
namespace {

using core::Outcome;
using protocols::Answer;

// Of the request's random bytes.
constexpr protocols::EntropyPart api_key_part{0, 16};

std::optional<ApiUser> find_user(const Call& call, const std::string& id) {
    return protocols::find_profile(call.context.directory, user_profile(id), read_user);
}

http::HttpReply is_there_already() {
    return error_reply("RESOURCE_ALREADY_EXIST");
}

Answer store(core::Command command, const http::HttpReply& reply) {
    // Answered once the profile is durable, so that a client may use the user or key in its next
    // request.
    return protocols::ask(std::move(command), busy(), [reply](const Outcome& outcome) -> Answer {
        return outcome.code == Refusal::profile_changed ? is_there_already() : reply;
    });
}

// What an access token says; it need not be stored.
struct Token {
    std::string user{};
    std::string product{};
    std::int64_t expires_s = 0;
};
using TR = protocols::Rows<Token>;
const std::array token_rows{TR::text("clientId", &Token::user),
                            TR::text("product", &Token::product),
                            TR::number("expires", &Token::expires_s)};

std::string secret_of(const Call& call) {
    const auto secret = call.context.directory.find(secret_profile);
    return secret == nullptr ? std::string{} : *secret;
}

Result<Token> read_token(const Call& call) {
    const auto json =
        protocols::read_claims(secret_of(call), protocols::authorization(call.request, "Bearer"));
    return protocols::read_record<Token>(token_rows, json.value_or(""), "token");
}

bool has_expired(const Token& token, const Call& call) {
    return call.context.now >= Timestamp{std::chrono::seconds{token.expires_s}};
}

// The sandbox's account holders who are not there, not active, or must not be asked about.
// Source: mtn reference, test numbers.
constexpr std::string_view inactive = "INACTIVE";
constexpr TestNumbers holders{test_msisdn, 450,
                              "RESOURCE_NOT_FOUND|INACTIVE|NOT_ALLOWED|"
                              "NOT_ALLOWED_TARGET_ENVIRONMENT|INTERNAL_PROCESSING_ERROR|"
                              "SERVICE_UNAVAILABLE"};

// What `tell` says of an account holder who is there, active or not.
Answer about_holder(const CallPtr& call,
                    const std::function<http::HttpReply(bool is_active)>& tell) {
    const auto identity = holder_identity(*call->options, call->arguments[0], call->arguments[1]);
    if (!identity) return bad_request(no_holder);
    const std::string_view fate = holders.word_of(call->arguments[1]).value_or("");
    if (!fate.empty() && fate != inactive) return error_reply(fate);
    // Anybody may be asked or paid then, and gets an account at the first payment. So nothing has
    // to be looked up.
    if (call->options->opens_customers) return tell(fate != inactive);
    core::QueryAccount query;
    query.identity = *ledger::make_identity(*identity);
    return protocols::ask(query, busy(), [tell](const Outcome& outcome) -> Answer {
        if (!outcome.account) return error_reply("RESOURCE_NOT_FOUND");
        return tell(outcome.account->account.state == ledger::AccountState::open);
    });
}

}  // namespace

Answer create_user(const CallPtr& call) {
    const std::string* const id = call->request.find("X-Reference-Id");
    if (id == nullptr || !is_reference(*id)) return bad_request(no_reference);
    const auto body = protocols::parse_object(call->request.body);
    const auto* const host =
        body ? body->get_object().if_contains("providerCallbackHost") : nullptr;
    const bool is_text = host != nullptr && host->is_string();
    const ApiUser user{*id, is_text ? std::string(host->get_string()) : std::string{}, {}};
    // A host and no URL: the host of callbacks is compared with it.
    if (user.callback_host.empty() || user.callback_host.size() > 253 ||
        user.callback_host.find('/') != std::string::npos)
        return bad_request("providerCallbackHost has to be the name of a host, like clinic.com");
    const std::string profile = user_profile(*id);
    const std::string before = call->context.directory.content(profile);
    if (read_user(before)) return is_there_already();
    return store(protocols::replace_profile(profile, before, to_json(user)), {.status = 201});
}

Answer tell_user(const CallPtr& call) {
    const auto user = find_user(*call, call->arguments.front());
    if (!user) return error_reply("RESOURCE_NOT_FOUND");
    return json_reply({{"providerCallbackHost", user->callback_host},
                       {"targetEnvironment", call->options->target_environment}});
}

Answer create_key(const CallPtr& call) {
    auto user = find_user(*call, call->arguments.front());
    if (!user) return error_reply("RESOURCE_NOT_FOUND");
    // It replaces the one before and cannot be asked for again.
    user->api_key = protocols::hex_of(call->context.entropy, api_key_part);
    return store(protocols::store_profile(user_profile(user->id), to_json(*user)),
                 json_reply({{"apiKey", user->api_key}}, 201));
}

Answer create_token(const CallPtr& call) {
    const auto given = protocols::basic_credentials(call->request);
    const auto user = given ? find_user(*call, given->first) : std::nullopt;
    // A user without a key gets no token; an empty password would otherwise be its key.
    if (!user || user->api_key.empty() ||
        !crypto::constant_time_equal(user->api_key, given->second))
        return token_error("login_failed", !given  ? "Authorization is not Basic with base64 of "
                                                     "USER:KEY"
                                           : !user ? "there is no API user with this id"
                                           : user->api_key.empty()
                                               ? "no API key was made for this API user"
                                               : "the API key differs from that of the API user");
    if (!call->request.body.empty()) return bad_request("a token is asked for without a body");
    const std::int64_t lifetime = call->options->token_lifetime_s;
    const Token token{user->id, call->product,
                      microseconds(call->context.now) / 1'000'000 + lifetime};
    // The token says for itself whose it is and until when, so that none has to be stored.
    const std::string json = protocols::record_json<Token>(token_rows, token);
    return json_reply({{"access_token", protocols::signed_claims(secret_of(*call), json)},
                       {"token_type", "access_token"},
                       {"expires_in", lifetime}});
}

std::optional<ApiUser> user_of_token(const Call& call) {
    const auto token = read_token(call);
    // A token of another product's is no good here, though the user is the same.
    if (!token || token->product != call.product || has_expired(*token, call)) return std::nullopt;
    // A user that was removed takes its tokens with it.
    return find_user(call, token->user);
}

std::string_view token_words(const Call& call) {
    if (protocols::authorization(call.request, "Bearer").empty())
        return "there is no Authorization: Bearer TOKEN";
    const auto token = read_token(call);
    if (!token) return "the access token was not made by this switch";
    if (token->product != call.product)
        return "the access token is another product's than the path's";
    if (has_expired(*token, call)) return "the access token has expired";
    return "the API user of the access token is not there any more";
}

Answer tell_balance(const CallPtr& call) {
    // An environment has one currency.
    if (!call->arguments.empty() && call->arguments.front() != call->options->currency)
        return error_reply("INVALID_CURRENCY");
    core::QueryAccount query;
    query.identity = *ledger::make_identity(call->subscription.account);
    return protocols::ask(query, busy(), [](const Outcome& outcome) -> Answer {
        if (!outcome.account) return error_reply("RESOURCE_NOT_FOUND");
        const ledger::Account& account = outcome.account->account;
        // What is set aside is not available.
        std::string text =
            Money{ledger::balance(account) - ledger::reserved(account), account.currency}.text();
        // "1000" for 1000.00.
        if (text.ends_with(".00")) text.resize(text.size() - 3);
        return json_reply(
            {{"availableBalance", text}, {"currency", alphabetic_code(account.currency)}});
    });
}

Answer tell_active(const CallPtr& call) {
    return about_holder(call, [](bool is_active) { return json_reply({{"result", is_active}}); });
}

Answer tell_holder(const CallPtr& call) {
    return about_holder(call, [](bool is_active) {
        return json_reply({{"given_name", "Sand"},
                           {"family_name", "Box"},
                           {"birthdate", "1976-08-13"},
                           {"locale", "sv_SE"},
                           {"gender", "MALE"},
                           {"status", is_active ? "ACTIVE" : "INACTIVE"}});
    });
}

std::optional<std::string> holder_identity(const Options& options, std::string_view type,
                                           std::string_view id) {
    std::string upper(type);
    for (char& c : upper)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (!is_party(upper, id)) return std::nullopt;
    // Other ids may be too long for an account's name.
    if (upper != "MSISDN")
        return "mtn." + crypto::hex_lower(crypto::sha256(upper + std::string(id))).substr(0, 24);
    // Under a scheme the number is the wallet's name; the sandbox's customers are nobody else's.
    return (options.scheme.empty() ? "mtn." : "") + std::string(id);
}

}  // namespace tuma::mtn
