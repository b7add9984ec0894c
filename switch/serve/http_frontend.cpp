#include "switch/serve/http_frontend.h"

#include "ledger/projection/projection.h"
#include "switch/gateway/admin_json.h"
#include "switch/gateway/line_budget.h"
#include "switch/ops/log.h"
#include "switch/serve/open_files.h"
#include "switch/setup/dialects.h"
#include "switch/setup/fault_tables.h"
#include "switch/setup/provision.h"
#include "switch/setup/tls_files.h"

#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace tuma {
namespace {

// Notices are rendered and signed beside the requests' own work.
constexpr std::size_t notice_threads = 1;
constexpr std::size_t reply_threads = 2;

net::HttpServerLimits http_limits(const net::Settings& settings) {
    net::HttpServerLimits limits;
    limits.io_threads = settings.io_threads;
    limits.connections_max = settings.connections;
    return limits;
}

net::Endpoint bound(net::HttpServer& server, const std::string& setting, const std::string& text,
                    bool is_tls) {
    const Result<net::Endpoint> endpoint = net::parse_endpoint(text);
    if (!endpoint)
        throw std::runtime_error(fmt::format("{}: {}", setting, endpoint.error().reason));
    try {
        return is_tls ? server.listen_tls(*endpoint) : server.listen(*endpoint);
    } catch (const boost::system::system_error& error) {
        throw std::runtime_error(
            fmt::format("{}: cannot listen on {}: {}", setting, text, error.code().message()));
    }
}

std::filesystem::path clients_folder(const std::string& data) {
    return std::filesystem::path(data) / "clients";
}

// Lists that cannot be read were refused with the other settings.
net::CallbackRules rules_of(const net::Settings& settings) {
    return net::CallbackRules::read(settings.callback_allow, settings.callback_deny).value();
}

// Without the path, which may hold somebody's number or secret.
std::string server_of(const std::string& url) {
    return url.substr(0, url.find('/', url.find("://") + 3));
}

using Told = std::function<void(net::Sent)>;

// Callbacks go to developers' own hosts, whose certificates are often their own too.
void send(net::HttpClient& client, net::Outgoing outgoing, Told told) {
    net::HttpCall call;
    call.url = std::move(outgoing.url);
    call.goes_first = outgoing.goes_first;
    call.useless_at = outgoing.useless_at;
    call.verify_tls = false;
    std::string server = server_of(call.url);
    call.at_turn = [make = std::move(outgoing.make)](net::HttpContentReady ready) {
        make([ready = std::move(ready)](std::optional<protocols::Callback> callback) {
            if (!callback) return ready(std::nullopt);
            ready(net::HttpContent{.method = std::move(callback->method),
                                   .headers = std::move(callback->headers),
                                   .body = std::move(callback->body),
                                   .timeout = callback->timeout});
        });
    };
    client.send(std::move(call), [told = std::move(told),
                                  server = std::move(server)](const net::HttpResult& result) {
        if (result) return told({.result = {.status = result->status, .body = result->body}});
        const net::HttpFailure& failure = result.error();
        // The receiver never hears of it, so the log has to say it.
        if (failure.kind == net::HttpFailureKind::forbidden)
            net::log_event(net::LogLevel::warn, "callback_refused",
                           {{"server", server}, {"why", failure.reason}});
        told({.result = {.failure = failure.reason},
              .was_begun = failure.kind != net::HttpFailureKind::not_begun});
    });
}

// What never became a whole request is in the log all the same.
http::HttpReply unread_reply(int status, std::string_view reason) {
    // One for the process: whoever sends rubbish must not fill the log.
    static net::LineBudget lines("request_unread");
    if (lines.admits(net::Steady::now()))
        net::log_event(net::LogLevel::info, "request_unread",
                       {{"status", std::int64_t{status}}, {"why", std::string(reason)}});
    return net::plain_error_reply(status, reason);
}

std::shared_ptr<const net::TlsContext> tls_context(const std::string& data, Timestamp wall) {
    const TlsFiles files = tls_files(data, wall);
    auto context = net::TlsContext::server(files.certificate_pem, files.key_pem);
    if (!context)
        throw std::runtime_error(
            fmt::format("{}: {}", files.authority.parent_path().string(), context.error().text()));
    return *context;
}

}  // namespace

// What needs the engine.
struct HttpFrontend::Running {
    Running(const net::Settings& settings, Timekeeper& keeper, net::Metrics& metrics,
            net::Translation& translation, net::FaultRules& faults, net::Engine& engine,
            net::History& history, std::shared_ptr<const net::TlsContext> tls,
            const net::Door& the_door)
        : door(the_door),
          is_admin_here(settings.admin_on_http == "yes"),
          client({.calls_max = callbacks_beside(settings.connections)}, nullptr,
                 rules_of(settings)),
          notifier(
              engine, translation, metrics,
              [this](net::Outgoing outgoing, Told told) {
                  send(client, std::move(outgoing), std::move(told));
              },
              [this](protocols::Answer answer, net::Respond respond) {
                  gateway.carry_on(std::move(answer), std::move(respond));
              },
              notice_threads),
          gateway(engine, history, translation, faults, metrics, reply_threads),
          time(make_time(keeper, engine, notifier)),
          admin({gateway, translation, notifier, faults, time ? &*time : nullptr,
                 ledger::projection_path(settings.data)}),
          server({.handler =
                      [this](http::HttpRequest request, net::HttpResponder responder) {
                          answer(std::move(request), std::move(responder));
                      },
                  .tls = std::move(tls),
                  .error_reply = unread_reply},
                 metrics, http_limits(settings)) {}

    void answer(http::HttpRequest request, net::HttpResponder responder) {
        // A function is kept by copies, a responder is one.
        auto shared = std::make_shared<net::HttpResponder>(std::move(responder));
        net::Respond respond = [shared](http::HttpReply reply) {
            shared->answer(std::move(reply));
        };
        if (net::AdminApi::owns(request.path()))
            administer(request, std::move(respond));
        else if (request.path() == "/" && (request.method == "GET" || request.method == "HEAD"))
            respond(
                {.headers = {{"Content-Type", "text/plain; charset=utf-8"}}, .body = front_page()});
        else
            gateway.handle(std::move(request), std::move(respond));
    }

    // A call that came by the merchants' listener.
    void administer(const http::HttpRequest& request, net::Respond respond) {
        if (!is_admin_here)
            return respond(net::json_error(
                404, {},
                "the administrator's API is served at --admin=HOST:PORT, and here only with "
                "--admin-on-http=yes"));
        if (auto refused = refused_at(door, request, net::AdminApi::behind(request)))
            return respond(*std::move(refused));
        admin.handle(request, std::move(respond));
    }

    // Only a clock of its own kind can be moved by hand.
    static std::unique_ptr<net::VirtualTime> make_time(Timekeeper& keeper, net::Engine& engine,
                                                       const net::Notifier& notifier) {
        if (keeper.by_hand() == nullptr) return nullptr;
        return std::make_unique<net::VirtualTime>(
            *keeper.by_hand(), engine, notifier,
            [&keeper](Timestamp reached) { keeper.keep(reached); });
    }

    const net::Door& door;
    const bool is_admin_here;
    net::HttpClient client;
    net::Notifier notifier;
    net::Gateway gateway;
    std::unique_ptr<net::VirtualTime> time;
    net::AdminApi admin;
    net::HttpServer server;
};

HttpFrontend::HttpFrontend(const net::Settings& settings, Timekeeper& keeper, net::Metrics& metrics,
                           net::Door door)
    : settings_(settings), keeper_(keeper), metrics_(metrics), door_(std::move(door)) {}

HttpFrontend::~HttpFrontend() = default;

void HttpFrontend::take(std::vector<core::Effect> effects) {
    if (running_) running_->notifier.take(std::move(effects));
}

void HttpFrontend::connect(net::Engine& engine, net::History& history, const core::Switch& core) {
    // What the books have comes first; the provisioning file is looked at beside it.
    fill_directory(directory_, core);
    const auto tables = provision_tables(settings_.provision, settings_.set);
    if (!settings_.provision.empty() || !tables.empty())
        provide(engine, core, directory_, provision_of(tables, directory_, keeper_.making()));
    // After the options, which decide how the merchants' accounts are opened.
    has_default_set_ = !names_merchants(tables);
    if (has_default_set_)
        provide(engine, core, directory_, provision_of(std::nullopt, directory_, keeper_.making()));
    for (const std::string_view dialect : options_for_nobody(tables, directory_))
        net::log_event(net::LogLevel::warn, "options_without_merchants",
                       {{"dialect", std::string(dialect)},
                        {"why", "the file has options of a dialect and no merchant of it"}});
    // After provisioning, which has stored the keys that client files show.
    write_client_files(clients_folder(settings_.data), directory_, keeper_.clock().now());
    // Later the core is the engine's alone.
    unfinished_ = core.unfinished();
    adapters_ = dialects();
    std::vector<const protocols::Adapter*> adapters;
    for (const auto& adapter : adapters_) adapters.push_back(adapter.get());
    add_fault_rules(settings_.provision, faults_, adapters);
    translation_.emplace(std::move(adapters), directory_, keeper_.clock(),
                         [this](std::string_view purpose, std::uint64_t number) {
                             return keeper_.entropy().bytes<sizeof(protocols::Entropy)>(purpose,
                                                                                        number);
                         });
    std::shared_ptr<const net::TlsContext> tls;
    if (!settings_.https.empty()) tls = tls_context(settings_.data, keeper_.wall());
    running_ = std::make_unique<Running>(settings_, keeper_, metrics_, *translation_, faults_,
                                         engine, history, std::move(tls), door_);
}

std::string HttpFrontend::add_door(const net::Endpoint& endpoint) {
    // Only here the port is known that was bound.
    door_.endpoints.push_back(endpoint);
    add_own(endpoint);
    return endpoint.text();
}

void HttpFrontend::add_own(const net::Endpoint& endpoint) {
    running_->client.add_own(endpoint);
}

void HttpFrontend::administer(const http::HttpRequest& request, net::Respond respond) {
    if (running_ == nullptr)
        return respond(net::json_error(
            404, {}, "the administrator's API is there with --http or --https only"));
    running_->admin.handle(request, std::move(respond));
}

void HttpFrontend::listen() {
    if (!settings_.http.empty())
        http_ = add_door(bound(running_->server, "--http", settings_.http, false));
    if (!settings_.https.empty())
        https_ = add_door(bound(running_->server, "--https", settings_.https, true));
}

void HttpFrontend::start() {
    // Attempts that the last process left open come before those that new requests cause.
    take(std::move(unfinished_));
    running_->server.start();
}

std::size_t HttpFrontend::memory_bytes() const {
    return running_ ? running_->server.memory_bytes() : 0;
}

bool HttpFrontend::finish(Duration timeout) {
    running_->server.stop_accepting();
    running_->server.stop_reading();
    return running_->server.finish(timeout);
}

void HttpFrontend::hold_notices() {
    // An advance of virtual time waits for notices, and no further ones are sent.
    if (running_->time) running_->time->end();
    running_->client.hold();
}

bool HttpFrontend::finish_notices(Duration timeout) {
    const bool all_ended = running_->client.finish(timeout);
    running_->client.stop();
    return all_ended;
}

void HttpFrontend::stop() {
    running_->notifier.stop();
    running_->gateway.stop();
    running_->server.stop();
}

std::string HttpFrontend::welcome() const {
    std::string text = dialects_welcome(directory_, http_, clients_folder(settings_.data));
    if (has_default_set_)
        text +=
            "These keys and passwords are published test values, the same for everybody: keep the "
            "listeners on loopback.\n";
    if (!settings_.admin.empty() || settings_.admin_on_http == "yes")
        text += fmt::format("The administrator's token is in {}.\n", door_.token_file);
    if (!https_.empty())
        text += "\nTo make a client trust this installation's certificates:\n" +
                trust_lines(std::filesystem::path(settings_.data) / "tls" / "ca.pem");
    return text;
}

}  // namespace tuma
