#include "switch/gateway/gateway.h"

#include "protocols/kit/parties.h"
#include "switch/gateway/admin_json.h"
#include "switch/ops/log.h"

#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <exception>
#include <optional>
#include <utility>

namespace tuma::net {
namespace {

constexpr const char* asked_for = "it was asked for with Tuma-Fault";

http::HttpReply because(http::HttpReply reply, std::string why) {
    reply.note.why = std::move(why);
    return reply;
}

http::HttpReply not_found() {
    return because({.status = 404,
                    .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
                    .body = "no dialect of this switch has such a path; GET / says which there "
                            "are\n"},
                   "no dialect has this path");
}

http::HttpReply failed() {
    return because({.status = 500,
                    .headers = {{"Content-Type", "text/plain; charset=utf-8"}},
                    .body = "the switch could not make an answer; its log says why\n"},
                   "the dialect threw an exception; the line before says which");
}

// What a fault makes of the reply once everything is executed.
Respond spoiled(Fault fault, Respond respond) {
    return [fault = std::move(fault), respond = std::move(respond)](http::HttpReply reply) {
        // The words of a gateway that lost patience and not the dialect's: the client cannot tell
        // whether anything was executed.
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

// The commands of one answer on their way to the engine and back; by way of the history where a
// refund names what it is a part of.
class Gateway::Exchange final : public Submission, public HistoryJob {
public:
    Exchange(Gateway& gateway, protocols::Asking asking, Respond respond, const Spent& so_far)
        : gateway_(gateway),
          asking_(std::move(asking)),
          respond_(std::move(respond)),
          spent_(so_far) {
        // The engine decides what the Submission holds; the rest of the asking waits here for the
        // outcomes.
        requests = std::move(asking_.requests);
        submitted = Steady::now();
    }

    void durable(std::unique_ptr<Submission> self, Steady::time_point) override {
        // In the order of the journal, so that the directory holds what is newest there.
        for (std::size_t i = 0; i < requests.size(); ++i)
            protocols::update_directory(gateway_.translation_.directory, requests[i], outcomes[i]);
        // A function that can be copied is wanted.
        std::shared_ptr<Submission> kept = std::move(self);
        // This is the journal's thread, which makes no replies.
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
        // The original's records never change, so they may be read before the engine decides.
        for (core::Request& request : requests)
            if (auto* const open = std::get_if<core::OpenOrder>(&request.command))
                if (open->wish->original) open->original = reader.set_from(open->wish->original);
    }

    void looked_up(std::unique_ptr<HistoryJob> self, bool is_read) override {
        // Nothing was submitted, so nothing was executed.
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
        spent_.add(times);
        // The commands are executed and durable. A dialect that throws may cost the reply and no
        // more.
        try {
            gateway_.carry_on(asking_.then(outcomes), respond_, spent_);
        } catch (const std::exception& error) {
            log_event(LogLevel::error, "reply_failed", {{"why", std::string(error.what())}});
            respond_(failed());
        }
    }

    Gateway& gateway_;
    protocols::Asking asking_;
    Respond respond_;
    Spent spent_;
};

// A page of a statement on its way: to the engine for the account's newest record, then to the
// history.
class Gateway::Lookup final : public Submission, public HistoryJob {
public:
    Lookup(Gateway& gateway, protocols::Reading reading, Respond respond, const Spent& so_far)
        : gateway_(gateway),
          reading_(std::move(reading)),
          respond_(std::move(respond)),
          spent_(so_far) {
        // A statement is read backwards from the account's newest record, which the books know.
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
        // Bounds the way back through the journal, whatever the client asks for.
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
        spent_.add(times);
        try {
            gateway_.carry_on(reading_.then(page_), respond_, spent_);
        } catch (const std::exception& error) {
            log_event(LogLevel::error, "reply_failed", {{"why", std::string(error.what())}});
            respond_(failed());
        }
    }

    Gateway& gateway_;
    protocols::Reading reading_;
    Respond respond_;
    Spent spent_;
    native::StatementPage page_;
};

Gateway::Gateway(Engine& engine, History& history, Translation& translation, FaultRules& faults,
                 Metrics& metrics, std::size_t threads)
    : engine_(engine),
      history_(history),
      translation_(translation),
      faults_(faults),
      metrics_(metrics),
      threads_(std::make_unique<boost::asio::thread_pool>(threads)) {}

Gateway::~Gateway() {
    stop();
}

void Gateway::stop() {
    threads_->join();
}

void Gateway::handle(http::HttpRequest request, Respond respond) {
    const Steady::time_point begun = Steady::now();
    const auto found =
        std::find_if(translation_.adapters.begin(), translation_.adapters.end(),
                     [&](const protocols::Adapter* one) { return one->owns(request.path()); });
    const protocols::Adapter* const adapter =
        found == translation_.adapters.end() ? nullptr : *found;
    // Also for paths that no dialect owns: a rule is used up by whatever it fits.
    const std::string words = faults_.words_for(request);
    // The dialect reads the same words, since some of them mean something to it alone.
    if (!words.empty() && request.find("Tuma-Fault") == nullptr)
        request.headers.emplace_back("Tuma-Fault", words);
    // Before everything that may answer: what is logged is what leaves, spoiled or not.
    respond = logged(request, adapter == nullptr ? "" : adapter->name(), words, std::move(respond));
    serve(adapter, request, std::move(respond), words, begun);
}

Respond Gateway::logged(const http::HttpRequest& request, std::string_view dialect,
                        std::string_view fault, Respond respond) {
    const auto handled = std::make_shared<Handled>();
    handled->time = translation_.clock.now();
    handled->method = request.method;
    handled->target = request.target;
    handled->peer = request.peer;
    handled->dialect = dialect;
    handled->fault = fault;
    handled->body = request.body.substr(0, RequestLog::body_max);
    return [this, handled, begun = Steady::now(),
            respond = std::move(respond)](http::HttpReply reply) {
        handled->took = std::chrono::floor<Duration>(Steady::now() - begun);
        handled->status = reply.drop ? 0 : reply.status;
        // Nobody behind this reads it: it does not go on the wire.
        handled->note = std::move(reply.note);
        if (handled->note.why.empty() && !handled->fault.empty() && handled->is_refused())
            handled->note.why = asked_for;
        handled->answer = reply.body.substr(0, RequestLog::body_max);
        requests_.keep(std::move(*handled));
        respond(std::move(reply));
    };
}

void Gateway::serve(const protocols::Adapter* adapter, const http::HttpRequest& request,
                    Respond respond, std::string_view words, Steady::time_point begun) {
    // A misspelt word is said at once. Left out silently it would look like a fault without effect.
    if (adapter != nullptr)
        if (const auto misspelt = adapter->misspelt_word(request))
            return respond(
                because(json_error(400, misspelt->field, misspelt->reason), misspelt->text()));
    const Result<Fault> parsed = parse_fault(words);
    if (!parsed)
        return respond(
            because(json_error(400, "Tuma-Fault", parsed.error().text()), parsed.error().text()));
    Fault fault = *parsed;
    if (fault.drops_before) return respond({.drop = true});
    if (fault.is_too_many && adapter != nullptr)
        fault.instead = adapter->too_many_requests(request);
    if (fault.instead) {
        fault.instead->delay = fault.latency;
        // Also of one that the service answers with 200.
        if (fault.instead->note.why.empty()) fault.instead->note.why = asked_for;
        return respond(std::move(*fault.instead));
    }
    // Around `respond`, so that the fault meets the reply that comes in the end, after however many
    // questions to the engine.
    if (!is_empty(fault)) respond = spoiled(std::move(fault), std::move(respond));
    if (adapter == nullptr) return respond(not_found());
    try {
        carry_on(adapter->handle(request, translation_.context()), respond, {.begun = begun});
    } catch (const std::exception& error) {
        log_event(LogLevel::error, "request_failed", {{"why", std::string(error.what())}});
        respond(failed());
    }
}

void Gateway::post(std::function<void()> work) {
    boost::asio::post(*threads_, std::move(work));
}

void Gateway::carry_on(protocols::Answer answer, Respond respond) {
    carry_on(std::move(answer), std::move(respond), {});
}

void Gateway::carry_on(protocols::Answer answer, Respond respond, const Spent& spent) {
    // A dialect may ask several times. Each of its answers comes back here until one is a reply.
    if (auto* reply = std::get_if<http::HttpReply>(&answer)) {
        // A refusal is no executed operation, and mostly quicker.
        if (spent.begun && spent.asked && reply->status / 100 == 2)
            metrics_.http_operations.add_request(spent.engine, Steady::now() - *spent.begun);
        return respond(std::move(*reply));
    }
    if (auto* reading = std::get_if<protocols::Reading>(&answer)) {
        auto lookup =
            std::make_unique<Lookup>(*this, std::move(*reading), std::move(respond), spent);
        const std::unique_ptr<Submission> refused = engine_.submit(std::move(lookup));
        if (refused) static_cast<Lookup&>(*refused).refuse();
        return;
    }
    auto exchange = std::make_unique<Exchange>(
        *this, std::get<protocols::Asking>(std::move(answer)), std::move(respond), spent);
    // The core reads no journal, so a refund's original is read before the refund is decided.
    if (exchange->needs_history()) {
        if (const auto refused = history_.submit(std::move(exchange)))
            static_cast<Exchange&>(*refused).refuse();
        return;
    }
    const std::unique_ptr<Submission> refused = engine_.submit(std::move(exchange));
    if (refused) static_cast<Exchange&>(*refused).refuse();
}

}  // namespace tuma::net
