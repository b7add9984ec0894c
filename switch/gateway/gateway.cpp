#include "switch/net/gateway.h"

#include "switch/net/admin_json.h"
#include "switch/net/log.h"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace tuma::net {
namespace {

http::HttpReply not_found() {
    return {.status = 404,
            .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
            .body = "no dialect of this switch has such a path\n"};
}

http::HttpReply failed() {
    return {.status = 500,
            .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
            .body = "the switch could not make an answer; its log says why\n"};
}

// What a fault makes of the reply once everything is executed.
Respond spoiled(Fault fault, Respond respond) {
    return [fault = std::move(fault), respond = std::move(respond)](http::HttpReply reply) {
        if (fault.hides_reply)
            reply = {.status = 504,
                     .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
                     .body = "upstream request timeout\n"};
        reply.drop = reply.drop || fault.drops_after;
        reply.delay += fault.latency;
        respond(std::move(reply));
    };
}

bool is_empty(const Fault& fault) {
    return fault.latency == Duration{} && !fault.drops_after && !fault.hides_reply;
}

}  // namespace

void learn(protocols::Directory& directory, const core::Request& request,
           const core::Outcome& outcome) {
    if (const auto* query = std::get_if<core::QueryAccount>(&request.command)) {
        if (outcome.code == Refusal::none && !query->account)
            directory.remember(std::string(ledger::text(query->identity)),
                               AccountId{static_cast<std::uint32_t>(outcome.id)});
    } else if (const auto* open = std::get_if<core::OpenAccount>(&request.command)) {
        if (outcome.code == Refusal::none)
            directory.remember(std::string(ledger::text(open->identity)),
                               AccountId{static_cast<std::uint32_t>(outcome.id)});
    } else if (const auto* store = std::get_if<core::StoreProfile>(&request.command)) {
        if (outcome.code == Refusal::none)
            directory.store(store->profile->name, store->profile->content);
    }
}

// The commands of one answer on their way to the engine and back; by way of the history where a
// refund names what it is a part of.
class Gateway::Exchange final : public Submission, public HistoryJob {
public:
    Exchange(Gateway& gateway, protocols::Asking asking, Respond respond)
        : gateway_(gateway), asking_(std::move(asking)), respond_(std::move(respond)) {
        requests = std::move(asking_.requests);
        submitted = Steady::now();
    }

    void durable(std::unique_ptr<Submission> self, Steady::time_point) override {
        // In the order of the journal, so that the directory holds what is newest there.
        for (std::size_t i = 0; i < requests.size(); ++i)
            learn(gateway_.translation_.directory, requests[i], outcomes[i]);
        // A function that can be copied is wanted.
        std::shared_ptr<Submission> kept = std::move(self);
        boost::asio::post(*gateway_.threads_, [this, kept] { go_on(); });
    }

    bool needs_history() const {
        return std::any_of(requests.begin(), requests.end(), [](const core::Request& request) {
            const auto* const open = std::get_if<core::OpenOrder>(&request.command);
            return open != nullptr && open->wish->original;
        });
    }

    bool is_long() const override { return false; }

    void look_up(HistoryReader& reader) override {
        for (core::Request& request : requests)
            if (auto* const open = std::get_if<core::OpenOrder>(&request.command))
                if (open->wish->original) open->original = reader.set_from(open->wish->original);
    }

    void looked_up(std::unique_ptr<HistoryJob> self, bool is_read) override {
        if (!is_read) return refuse();
        // Ownership goes along two base classes; the object is always an Exchange.
        std::unique_ptr<Submission> same(static_cast<Exchange*>(self.release()));
        if (const auto refused = gateway_.engine_.submit(std::move(same)))
            static_cast<Exchange&>(*refused).refuse();
    }

    void refuse() { respond_(std::move(asking_.overloaded)); }

private:
    void go_on() {
        // What the disk could not tell is not taken for something that is not there.
        const auto is_busy = [](const core::Outcome& outcome) {
            return outcome.code == Refusal::overloaded;
        };
        if (std::any_of(outcomes.begin(), outcomes.end(), is_busy)) return refuse();
        try {
            gateway_.carry_on(asking_.then(outcomes), respond_);
        } catch (const std::exception& error) {
            log_event(LogLevel::error, "reply_failed", {{"why", std::string(error.what())}});
            respond_(failed());
        }
    }

    Gateway& gateway_;
    protocols::Asking asking_;
    Respond respond_;
};

// A page of a statement on its way: to the engine for the account's newest record, then to the
// history.
class Gateway::Lookup final : public Submission, public HistoryJob {
public:
    Lookup(Gateway& gateway, protocols::Reading reading, Respond respond)
        : gateway_(gateway), reading_(std::move(reading)), respond_(std::move(respond)) {
        requests.emplace_back().command = core::QueryAccount{reading_.query.account, {}};
        submitted = Steady::now();
    }

    void durable(std::unique_ptr<Submission> self, Steady::time_point) override {
        // Ownership goes along two base classes; the object is always a Lookup.
        std::unique_ptr<HistoryJob> job(static_cast<Lookup*>(self.release()));
        if (auto refused = gateway_.history_.submit(std::move(job)))
            static_cast<Lookup&>(*refused).refuse();
    }

    bool is_long() const override { return true; }

    void look_up(HistoryReader& reader) override {
        const core::Outcome& account = outcomes.front();
        std::size_t steps = statement_steps_max;
        if (account.account)
            page_ = reader.page(reading_.query, account.account->account.last_transfer, steps);
        else
            page_.code = account.code;
    }

    void looked_up(std::unique_ptr<HistoryJob> self, bool is_read) override {
        if (!is_read) return refuse();
        std::shared_ptr<HistoryJob> kept = std::move(self);
        boost::asio::post(*gateway_.threads_, [this, kept] { go_on(); });
    }

    void refuse() { respond_(std::move(reading_.overloaded)); }

private:
    void go_on() {
        try {
            gateway_.carry_on(reading_.then(page_), respond_);
        } catch (const std::exception& error) {
            log_event(LogLevel::error, "reply_failed", {{"why", std::string(error.what())}});
            respond_(failed());
        }
    }

    Gateway& gateway_;
    protocols::Reading reading_;
    Respond respond_;
    native::StatementPage page_;
};

Gateway::Gateway(Engine& engine, History& history, Translation& translation, FaultRules& faults,
                 std::size_t threads)
    : engine_(engine),
      history_(history),
      translation_(translation),
      faults_(faults),
      threads_(std::make_unique<boost::asio::thread_pool>(threads)) {}

Gateway::~Gateway() {
    stop();
}

void Gateway::stop() {
    threads_->join();
}

void Gateway::handle(http::HttpRequest request, Respond respond) {
    const auto adapter =
        std::find_if(translation_.adapters.begin(), translation_.adapters.end(),
                     [&](const protocols::Adapter* one) { return one->owns(request.path()); });
    const std::string words = faults_.words_for(request);
    if (!words.empty() && request.find("Tuma-Fault") == nullptr)
        request.headers.emplace_back("Tuma-Fault", words);
    if (adapter != translation_.adapters.end())
        if (const auto misspelt = (*adapter)->misspelt_word(request))
            return respond(json_error(400, misspelt->field, misspelt->reason));
    const Result<Fault> parsed = parse_fault(words);
    if (!parsed) return respond(json_error(400, "Tuma-Fault", parsed.error().text()));
    Fault fault = *parsed;
    if (fault.drops_before) return respond({.drop = true});
    if (fault.instead) {
        fault.instead->delay = fault.latency;
        return respond(std::move(*fault.instead));
    }
    if (!is_empty(fault)) respond = spoiled(std::move(fault), std::move(respond));
    if (adapter == translation_.adapters.end()) return respond(not_found());
    try {
        carry_on((*adapter)->handle(request, translation_.context()), respond);
    } catch (const std::exception& error) {
        log_event(LogLevel::error, "request_failed", {{"why", std::string(error.what())}});
        respond(failed());
    }
}

void Gateway::post(std::function<void()> work) {
    boost::asio::post(*threads_, std::move(work));
}

void Gateway::carry_on(protocols::Answer answer, Respond respond) {
    if (auto* reply = std::get_if<http::HttpReply>(&answer)) return respond(std::move(*reply));
    if (auto* reading = std::get_if<protocols::Reading>(&answer)) {
        auto lookup = std::make_unique<Lookup>(*this, std::move(*reading), std::move(respond));
        const std::unique_ptr<Submission> refused = engine_.submit(std::move(lookup));
        if (refused) static_cast<Lookup&>(*refused).refuse();
        return;
    }
    auto exchange = std::make_unique<Exchange>(
        *this, std::get<protocols::Asking>(std::move(answer)), std::move(respond));
    if (exchange->needs_history()) {
        if (const auto refused = history_.submit(std::move(exchange)))
            static_cast<Exchange&>(*refused).refuse();
        return;
    }
    const std::unique_ptr<Submission> refused = engine_.submit(std::move(exchange));
    if (refused) static_cast<Exchange&>(*refused).refuse();
}

}  // namespace tuma::net
