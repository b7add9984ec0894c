#include "switch/http_side.h"

#include "switch/dialects.h"
#include "switch/fault_tables.h"
#include "switch/net/admin_json.h"
#include "switch/net/log.h"
#include "switch/open_files.h"
#include "switch/provision.h"
#include "switch/tls_files.h"

#include <fmt/format.h>

#include <stdexcept>
#include <system_error>
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
    } catch (const std::system_error& error) {
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
        if (failure.kind == net::HttpFailureKind::forbidden)
            net::log_event(net::LogLevel::warn, "callback_refused",
                           {{"server", server}, {"why", failure.reason}});
        told({.result = {.failure = failure.reason},
              .was_begun = failure.kind != net::HttpFailureKind::not_begun});
    });
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
struct HttpSide::Running {
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
              notice_threads),
          gateway(engine, history, translation, faults, reply_threads),
          time(make_time(keeper, engine, notifier)),
          admin({gateway, translation, notifier, faults, time ? &*time : nullptr}),
          server({.handler =
                      [this](http::HttpRequest request, net::HttpResponder responder) {
                          answer(std::move(request), std::move(responder));
                      },
                  .tls = std::move(tls)},
                 metrics, http_limits(settings)) {}

    void answer(http::HttpRequest request, net::HttpResponder responder) {
        // A function is kept by copies, a responder is one.
        auto shared = std::make_shared<net::HttpResponder>(std::move(responder));
        net::Respond respond = [shared](http::HttpReply reply) {
            shared->answer(std::move(reply));
        };
        if (net::AdminApi::owns(request.path()))
            administer(request, std::move(respond));
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

HttpSide::HttpSide(const net::Settings& settings, Timekeeper& keeper, net::Metrics& metrics,
                   net::Door door)
    : settings_(settings), keeper_(keeper), metrics_(metrics), door_(std::move(door)) {}

HttpSide::~HttpSide() = default;

void HttpSide::take(std::vector<core::Effect> effects) {
    if (running_) running_->notifier.take(std::move(effects));
}

void HttpSide::connect(net::Engine& engine, net::History& history, const core::Switch& core) {
    fill_directory(directory_, core);
    provide(engine, core, directory_,
            provision_of(settings_.provision, directory_, keeper_.making()));
    write_client_files(clients_folder(settings_.data), directory_, keeper_.clock().now());
    // Later the core is the engine's alone.
    unfinished_ = core.unfinished();
    adapters_ = dialects();
    std::vector<const protocols::Adapter*> adapters;
    for (const auto& adapter : adapters_) adapters.push_back(adapter.get());
    for (net::FaultRule& rule : fault_rules_of(settings_.provision))
        if (const auto added = faults_.add(std::move(rule), adapters); !added)
            throw std::runtime_error(
                fmt::format("{}: {}: {}", settings_.provision, fault_table, added.error().text()));
    translation_.emplace(std::move(adapters), directory_, keeper_.clock(),
                         [this](std::string_view purpose, std::uint64_t number) {
                             return keeper_.entropy().bytes<sizeof(protocols::Chance)>(purpose,
                                                                                       number);
                         });
    std::shared_ptr<const net::TlsContext> tls;
    if (!settings_.https.empty()) tls = tls_context(settings_.data, keeper_.wall());
    running_ = std::make_unique<Running>(settings_, keeper_, metrics_, *translation_, faults_,
                                         engine, history, std::move(tls), door_);
}

std::string HttpSide::add_door(const net::Endpoint& endpoint) {
    door_.endpoints.push_back(endpoint);
    add_own(endpoint);
    return endpoint.text();
}

void HttpSide::add_own(const net::Endpoint& endpoint) {
    running_->client.add_own(endpoint);
}

void HttpSide::administer(const http::HttpRequest& request, net::Respond respond) {
    if (running_ == nullptr)
        return respond(net::json_error(
            404, {}, "the administrator's API is there with --http or --https only"));
    running_->admin.handle(request, std::move(respond));
}

std::string HttpSide::listen() {
    std::string shown;
    if (!settings_.http.empty()) {
        http_ = add_door(bound(running_->server, "--http", settings_.http, false));
        shown += " http=" + http_;
    }
    if (!settings_.https.empty()) {
        https_ = add_door(bound(running_->server, "--https", settings_.https, true));
        shown += " https=" + https_;
    }
    return shown;
}

void HttpSide::start() {
    take(std::move(unfinished_));
    running_->server.start();
}

std::size_t HttpSide::memory_bytes() const {
    return running_ ? running_->server.memory_bytes() : 0;
}

bool HttpSide::finish(Duration timeout) {
    running_->server.stop_accepting();
    running_->server.stop_reading();
    return running_->server.finish(timeout);
}

void HttpSide::hold_notices() {
    if (running_->time) running_->time->end();
    running_->client.hold();
}

bool HttpSide::finish_notices(Duration timeout) {
    const bool all_ended = running_->client.finish(timeout);
    running_->client.stop();
    return all_ended;
}

void HttpSide::stop() {
    running_->notifier.stop();
    running_->gateway.stop();
    running_->server.stop();
}

std::string HttpSide::welcome() const {
    std::string text = dialects_welcome(directory_, http_, clients_folder(settings_.data));
    if (settings_.provision.empty())
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
