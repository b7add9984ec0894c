#include "switch/http_side.h"

#include "switch/chance.h"
#include "switch/dialects.h"
#include "switch/provision.h"
#include "switch/tls_files.h"

#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <stdexcept>
#include <utility>

namespace tuma {
namespace {

// Notices are rendered and signed beside the requests' own work.
constexpr std::size_t notice_threads = 1;
constexpr std::size_t reply_threads = 2;

net::HttpLimits limits_of(const net::Settings& settings) {
    net::HttpLimits limits;
    limits.threads = settings.io_threads;
    limits.connections_max = settings.connections;
    return limits;
}

net::Endpoint bound(net::HttpServer& server, const std::string& setting, const std::string& text,
                    bool is_tls) {
    const Result<net::Endpoint> endpoint = net::parse_endpoint(text);
    if (!endpoint)
        throw std::runtime_error(fmt::format("{}: {}", setting, endpoint.error().reason));
    try {
        return server.listen(*endpoint, is_tls);
    } catch (const boost::system::system_error& error) {
        throw std::runtime_error(
            fmt::format("{}: cannot listen on {}: {}", setting, text, error.code().message()));
    }
}

}  // namespace

// What needs the engine.
struct HttpSide::Running {
    Running(const net::Settings& settings, net::Clock& clock, net::Metrics& metrics,
            net::Translation& translation, net::FaultRules& faults, net::Engine& engine,
            net::TlsIdentity tls)
        : client({}),
          notifier(
              engine, translation,
              [this](protocols::Callback callback, net::HttpClient::Done done) {
                  client.send(std::move(callback), std::move(done));
              },
              notice_threads),
          gateway(engine, translation, faults, reply_threads),
          time(make_time(clock, engine, notifier)),
          admin({gateway, translation, notifier, faults, time ? &*time : nullptr}),
          server(metrics, limits_of(settings), tls,
                 [this](http::HttpRequest request, net::HttpRespond respond) {
                     if (net::AdminApi::owns(request.path()))
                         admin.handle(request, std::move(respond));
                     else
                         gateway.handle(std::move(request), std::move(respond));
                 }) {}

    // Only a clock of its own kind can be moved by hand.
    static std::unique_ptr<net::VirtualTime> make_time(net::Clock& clock, net::Engine& engine,
                                                       const net::Notifier& notifier) {
        auto* const by_hand = dynamic_cast<net::VirtualClock*>(&clock);
        if (by_hand == nullptr) return nullptr;
        return std::make_unique<net::VirtualTime>(*by_hand, engine, notifier);
    }

    net::HttpClient client;
    net::Notifier notifier;
    net::Gateway gateway;
    std::unique_ptr<net::VirtualTime> time;
    net::AdminApi admin;
    net::HttpServer server;
};

HttpSide::HttpSide(const net::Settings& settings, net::Clock& clock, net::Metrics& metrics)
    : settings_(settings), clock_(clock), metrics_(metrics) {}

HttpSide::~HttpSide() = default;

void HttpSide::take(std::vector<core::Effect> effects) {
    if (running_) running_->notifier.take(std::move(effects));
}

void HttpSide::connect(net::Engine& engine, const core::Switch& core) {
    fill_directory(directory_, core);
    provide(engine, core, directory_, provision_of(settings_.provision, directory_, clock_.now()));
    adapters_ = dialects();
    std::vector<const protocols::Adapter*> adapters;
    for (const auto& adapter : adapters_) adapters.push_back(adapter.get());
    translation_.emplace(std::move(adapters), directory_, clock_,
                         [] { return draw_bytes<sizeof(protocols::Chance)>(); });
    net::TlsIdentity tls;
    if (!settings_.https.empty()) tls = tls_files(settings_.data, clock_.now()).identity;
    running_ = std::make_unique<Running>(settings_, clock_, metrics_, *translation_, faults_,
                                         engine, std::move(tls));
}

std::string HttpSide::listen() {
    std::string shown;
    if (!settings_.http.empty()) {
        http_ = bound(running_->server, "--http", settings_.http, false).text();
        shown += " http=" + http_;
    }
    if (!settings_.https.empty()) {
        https_ = bound(running_->server, "--https", settings_.https, true).text();
        shown += " https=" + https_;
    }
    return shown;
}

void HttpSide::start(const core::Switch& core) {
    take(core.unfinished());
    running_->server.start();
}

bool HttpSide::finish(Duration timeout) {
    running_->server.stop_accepting();
    running_->server.stop_reading();
    return running_->server.finish(std::chrono::duration_cast<std::chrono::milliseconds>(timeout));
}

void HttpSide::stop() {
    running_->client.stop();
    running_->notifier.stop();
    running_->gateway.stop();
    running_->server.stop();
}

std::string HttpSide::welcome() const {
    std::string text = dialects_welcome(directory_, http_.empty() ? https_ : http_, https_);
    if (!https_.empty())
        text += "\nTo make a client trust this installation's certificates:\n" +
                trust_lines(std::filesystem::path(settings_.data) / "tls" / "ca.pem");
    return text;
}

}  // namespace tuma
