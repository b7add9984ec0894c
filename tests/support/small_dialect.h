// A dialect of a few lines, for tests of what all dialects go through.
#pragma once

#include "protocols/kit/adapter.h"
#include "protocols/kit/retry_schedule.h"
#include "protocols/kit/scenario_words.h"

#include <string>
#include <vector>

namespace tuma::testing {

/// Sells at "/shop/KEY": asks account "alice" for 40.00 and tells "http://shop/KEY" how it went.
/// An order whose key begins with "ask" asks "http://shop/KEY" first whether it takes the payment.
/// One whose key begins with "deal" tells nobody: it opens another order with that key and "-2"
/// itself, and does so again as long as that is refused.
/// Looks both accounts up where the directory does not know them, so that it asks twice.
class SmallDialect final : public protocols::Adapter {
public:
    static constexpr std::uint16_t order_kind = 9;

    std::string_view name() const override { return "small"; }
    std::span<const std::string_view> paths() const override {
        static constexpr std::string_view prefixes[] = {"/shop/"};
        return prefixes;
    }
    bool owns(std::string_view path) const override { return path.starts_with("/shop/"); }
    bool owns(std::uint16_t kind) const override { return kind == order_kind; }
    std::string_view kind_name(std::uint16_t kind) const override {
        return owns(kind) ? "sale" : "";
    }

    protocols::Answer handle(const http::HttpRequest& request,
                             const protocols::Context& context) const override {
        const std::string key(request.path().substr(6));
        if (key == "throw") throw std::runtime_error("on purpose");
        const auto alice = context.directory.account("alice");
        const auto shop = context.directory.account("shop");
        if (alice && shop) return open(key, *alice, *shop);
        protocols::Asking asking;
        for (const char* name : {"alice", "shop"}) {
            core::QueryAccount query;
            query.identity = *ledger::make_identity(name);
            asking.requests.emplace_back().command = query;
        }
        asking.then = [key](const std::vector<core::Outcome>& outcomes) {
            return open(key, account(outcomes[0]), account(outcomes[1]));
        };
        asking.overloaded = {.status = 503};
        return asking;
    }

    std::vector<protocols::OfferedCall> calls(const protocols::Directory&) const override {
        return {{"", "/shop/{}"}};
    }

    std::optional<protocols::Answer> carry_out(const core::Effect& effect,
                                               const protocols::Context&) const override {
        const std::string& key = effect.order->keys.front();
        if (!key.starts_with("deal") || key.ends_with("-2")) return std::nullopt;
        return open(key + "-2", effect.order->debit, effect.order->terms.credit);
    }

    std::optional<std::string> address(const core::Effect& effect,
                                       const protocols::Context&) const override {
        if (effect.order->keys.front() == "nowhere") return std::nullopt;
        return "http://shop/" + effect.order->keys.front();
    }

    std::optional<InputError> misspelt_word(const http::HttpRequest& request) const override {
        protocols::ScriptWords words{{"approve"}, {"wrong-signature"}, {}, {}};
        words.check_scenario = [](std::string_view word) {
            return protocols::WordCheck{.is_known = word == "approve"};
        };
        words.check_fault = [](std::string_view word) {
            return protocols::WordCheck{.is_known = word == "wrong-signature"};
        };
        return protocols::check_script_headers(request, words);
    }

    std::span<const protocols::ProfileKind> profile_kinds() const override {
        static constexpr protocols::ProfileKind kinds[] = {
            {"x/", [](std::string_view, std::string_view content) -> std::optional<InputError> {
                 if (content == "{}") return std::nullopt;
                 return InputError{"body", "is not {}"};
             }}};
        return kinds;
    }
    std::vector<std::uint16_t> decline_codes() const override { return {1, 1032}; }
    std::uint16_t usual_decline() const override { return 1033; }
    http::HttpReply too_many_requests(const http::HttpRequest&) const override {
        return {.status = 429, .body = "the shop is full"};
    }

    std::optional<protocols::Callback> render(const core::Effect& effect,
                                              const protocols::Context&) const override {
        return protocols::Callback{.url = "http://shop/" + effect.order->keys.front(),
                                   .body = std::string(ledger::name(effect.order->state))};
    }

    protocols::Verdict judge(const core::Effect& effect,
                             const protocols::CallbackResult& result) const override {
        protocols::Verdict verdict{.is_delivered = result.status == 200 || result.status == 201};
        if (effect.order->terms.channels.at(effect.channel).schedule == 2)
            verdict.again_after =
                protocols::wait_after(protocols::retries_of_a_day, effect.attempt);
        if (effect.channel == 1)
            verdict.act =
                core::OrderAction{.order = effect.order->terms.id, .step = core::OrderStep::accept};
        return verdict;
    }

private:
    static AccountId account(const core::Outcome& outcome) {
        return AccountId{static_cast<std::uint32_t>(outcome.id)};
    }

    static protocols::Answer open(const std::string& key, AccountId alice, AccountId shop) {
        auto wish = std::make_shared<core::OrderRequest>();
        wish->terms.kind = order_kind;
        wish->terms.debit = alice;
        wish->terms.credit = shop;
        wish->terms.amount = 4'000;
        wish->terms.action = ledger::CustomerAction::approve;
        wish->terms.channels[0].when = ledger::NoticeWhen::ended;
        wish->terms.channels[0].schedule = 2;
        if (key.starts_with("ask")) {
            wish->terms.flags = ledger::order_flag_ask_merchant;
            wish->terms.channels[1] = {.when = ledger::NoticeWhen::asked};
        }
        wish->acts_after = std::chrono::seconds{2};
        wish->keys = {key};
        protocols::Asking asking;
        asking.requests.emplace_back().command = core::OpenOrder{std::move(wish)};
        asking.then = [](const std::vector<core::Outcome>& outcomes) -> protocols::Answer {
            return http::HttpReply{.status = outcomes[0].code == Refusal::none ? 201 : 409,
                                   .body = std::string(tuma::name(outcomes[0].code))};
        };
        asking.overloaded = {.status = 503};
        return asking;
    }
};

}  // namespace tuma::testing
