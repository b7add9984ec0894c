#include "tests/support/dialect_bench.h"

#include "protocols/crypto/digest.h"
#include "protocols/kit/parties.h"
#include "switch/core/rules/scheme_bytes.h"
#include "switch/files/scheme_file.h"
#include "switch/files/scheme_profile.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <variant>

namespace tuma::testing {
namespace {

ledger::StateLimits limits(std::size_t orders_max) {
    ledger::StateLimits made{.accounts_max = 512,
                             .request_keys_max = 4'096,
                             .request_keys_retention = std::chrono::hours{24}};
    if (orders_max == 0) return made;
    made.orders_max = orders_max;
    made.orders_leaving_max = 16;
    return made;
}

// The log is for people who may not read the language of a dialect's own sentences.
bool has_chinese(const std::string& text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        // How U+4000 to U+9FFF begin in UTF-8.
        return byte >= 0xE4 && byte <= 0xE9;
    });
}

// Hides what it takes for somebody's number, also where it is a bound.
bool has_long_number(const std::string& text) {
    std::size_t digits = 0;
    for (const char c : text) {
        digits = c >= '0' && c <= '9' ? digits + 1 : 0;
        if (digits == 7) return true;
    }
    return false;
}

}  // namespace

DialectBench::DialectBench(const protocols::Adapter& adapter, Timestamp start,
                           std::size_t orders_max)
    : world(limits(orders_max)), adapter_(adapter) {
    if (orders_max > 0) world.keep_orders();
    world.now = start;
    receiver = [](const Arrived&) { return protocols::CallbackResult{200, {}, {}}; };
}

void DialectBench::load_scheme(const std::string& name) {
    const SchemeFile file = find_scheme(name, {}).value();
    core::LoadScheme load;
    load.name = *ledger::make_identity(file.scheme.name);
    load.scheme_version = *ledger::make_identity(file.scheme.version);
    load.source_hash = file.source_hash;
    load.content = std::make_shared<const std::vector<std::byte>>(core::scheme_bytes(file.scheme));
    core::Request request;
    request.key = {ParticipantId{1}, Reference{static_cast<std::byte>(++schemes_)}};
    request.command = std::move(load);
    const core::Outcome outcome = decide({request}).front();
    REQUIRE(outcome.code == Refusal::none);
    directory.store("scheme/" + name,
                    scheme_profile(file.scheme, SchemeId{static_cast<std::uint16_t>(outcome.id)}));
}

protocols::Context DialectBench::context() {
    ++counter_;
    // Every request has chance of its own, the same in every run.
    protocols::Entropy entropy{};
    for (std::size_t i = 0; i < 2; ++i) {
        const crypto::Sha256 bytes = crypto::sha256(std::to_string(counter_ * 2 + i));
        std::copy(bytes.begin(), bytes.end(),
                  entropy.begin() + static_cast<std::ptrdiff_t>(i * bytes.size()));
    }
    return {world.now, directory, entropy, counter_, wall, is_by_hand};
}

std::vector<core::Outcome> DialectBench::decide(const std::vector<core::Request>& requests) {
    std::vector<core::Outcome> outcomes = world.handle_together(requests);
    for (std::size_t i = 0; i < requests.size(); ++i)
        protocols::update_directory(directory, requests[i], outcomes[i]);
    return outcomes;
}

void DialectBench::deliver() {
    for (auto effects = world.core.take_effects(); !effects.empty();
         effects = world.core.take_effects()) {
        std::vector<core::Request> told;
        for (const core::Effect& effect : effects) {
            REQUIRE(adapter_.owns(effect.order->terms.kind));
            const protocols::Context seen = context();
            if (auto answer = adapter_.carry_out(effect, seen)) {
                carried_out(effect, *std::move(answer), told);
                continue;
            }
            const auto address = adapter_.address(effect, seen);
            const auto callback = adapter_.render(effect, seen);
            REQUIRE(address.has_value() == callback.has_value());
            protocols::CallbackResult result;
            if (callback) {
                CHECK(*address == callback->url);
                arrived.push_back({effect.order->terms.id, effect.channel, world.now, *callback});
                result = receiver(arrived.back());
            }
            end_attempt(effect, result, told);
        }
        decide(told);
    }
}

void DialectBench::end_attempt(const core::Effect& effect, const protocols::CallbackResult& result,
                               std::vector<core::Request>& told) {
    const protocols::Verdict verdict = adapter_.judge(effect, result);
    if (verdict.act)
        told.emplace_back().command =
            core::MoveOrder{std::make_shared<const core::OrderAction>(*verdict.act)};
    told.emplace_back().command =
        core::EndAttempt{effect.notice, effect.attempt, static_cast<std::uint16_t>(result.status),
                         verdict.is_delivered, verdict.again_after};
}

native::StatementPage DialectBench::read(const native::StatementQuery& query) const {
    native::StatementPage page;
    std::vector<ledger::Event> events = world.events();
    std::reverse(events.begin(), events.end());
    for (const ledger::Event& event : events) {
        const auto* const record = std::get_if<ledger::TransferRecord>(&event);
        const bool is_wanted = record != nullptr &&
                               (record->debit == query.account || record->credit == query.account);
        if (!is_wanted || (query.before && !(record->id < query.before))) continue;
        if (page.entries.size() == query.limit) {
            page.next = page.entries.back().record.id;
            break;
        }
        page.entries.push_back({*record, world.time_of(record->id)});
    }
    return page;
}

protocols::Answer DialectBench::step(protocols::Answer& answer) {
    if (auto* asking = std::get_if<protocols::Asking>(&answer)) {
        const auto outcomes = decide(asking->requests);
        // As the shell does: what could not be looked up is not taken for what is not there.
        if (std::any_of(outcomes.begin(), outcomes.end(), [](const core::Outcome& outcome) {
                return outcome.code == Refusal::overloaded;
            }))
            return asking->overloaded;
        return asking->then(outcomes);
    }
    auto& reading = std::get<protocols::Reading>(answer);
    return reading.then(read(reading.query));
}

http::HttpReply DialectBench::send(const http::HttpRequest& request) {
    return finish(adapter_.handle(request, context()));
}

std::vector<http::HttpReply> DialectBench::send_together(
    const std::vector<http::HttpRequest>& requests) {
    std::vector<protocols::Answer> answers;
    for (const http::HttpRequest& request : requests)
        answers.push_back(adapter_.handle(request, context()));
    std::vector<http::HttpReply> replies;
    for (protocols::Answer& answer : answers) replies.push_back(finish(std::move(answer)));
    return replies;
}

http::HttpReply DialectBench::finish(protocols::Answer answer) {
    while (!std::holds_alternative<http::HttpReply>(answer)) {
        if (const auto* asking = std::get_if<protocols::Asking>(&answer))
            CHECK(!asking->overloaded.body.empty());
        protocols::Answer next = step(answer);
        deliver();
        answer = std::move(next);
    }
    const auto& reply = std::get<http::HttpReply>(answer);
    CHECK_MESSAGE(!has_chinese(reply.note.why), reply.note.why);
    CHECK_MESSAGE(!has_long_number(reply.note.why), reply.note.why);
    return reply;
}

void DialectBench::carried_out(const core::Effect& effect, protocols::Answer answer,
                               std::vector<core::Request>& told) {
    while (!std::holds_alternative<http::HttpReply>(answer)) answer = step(answer);
    end_attempt(effect, {.status = std::get<http::HttpReply>(answer).status}, told);
}

core::Outcome DialectBench::ask(core::Command command) {
    core::Request request;
    request.command = std::move(command);
    const core::Outcome outcome = decide({request}).front();
    deliver();
    return outcome;
}

void DialectBench::pass(Duration duration) {
    const Timestamp end = world.now + duration;
    for (auto next = world.core.next_deadline(); next && *next <= end;
         next = world.core.next_deadline()) {
        world.now = std::max(world.now, *next);
        decide({});
        deliver();
    }
    world.now = end;
}

std::int64_t DialectBench::balance(const std::string& identity) {
    core::QueryAccount query;
    query.identity = *ledger::make_identity(identity);
    core::Request request;
    request.command = query;
    const core::Outcome outcome = decide({request}).front();
    REQUIRE_MESSAGE(outcome.code == Refusal::none, identity);
    return ledger::balance(outcome.account->account);
}

void DialectBench::restart() {
    world.restart();
    deliver();
}

void DialectBench::check_books() {
    CHECK(world.core.state().broken_invariants().empty());
    CHECK(world.replayed().hash() == world.core.state().hash());
}

std::string at(const boost::json::value& value, std::string_view path) {
    const boost::json::value* here = &value;
    while (!path.empty()) {
        const std::size_t slash = path.find('/');
        const std::string_view name = path.substr(0, slash);
        path = slash == std::string_view::npos ? std::string_view{} : path.substr(slash + 1);
        const boost::json::value* next = nullptr;
        if (here->is_object()) next = here->get_object().if_contains({name.data(), name.size()});
        if (here->is_array()) {
            const std::size_t index = std::stoul(std::string(name));
            if (index < here->get_array().size()) next = &here->get_array()[index];
        }
        if (next == nullptr) return "(nothing)";
        here = next;
    }
    if (here->is_string()) return std::string(here->get_string());
    return boost::json::serialize(*here);
}

}  // namespace tuma::testing
