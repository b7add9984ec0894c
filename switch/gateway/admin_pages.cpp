#include "switch/gateway/admin_pages.h"

#include "ledger/words/time.h"
#include "switch/gateway/admin_api.h"
#include "switch/ops/version.h"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>

namespace tuma::net {
namespace {

constexpr std::chrono::seconds step_timeout{5};
// Longer than the administrator's slowest call takes.
constexpr std::chrono::seconds api_timeout{130};

constexpr std::string_view plain_text = "text/plain; charset=utf-8";
constexpr std::string_view json_text = "application/json";
constexpr std::string_view prometheus_text = "text/plain; version=0.0.4; charset=utf-8";

http::HttpReply reply_of(int status, std::string_view content_type, std::string body) {
    return {.status = status,
            .headers = {{"Content-Type", std::string(content_type)}},
            .body = std::move(body)};
}

// A switch whose clock is apart from the machine's answers as well as any: it is ready.
std::string clock_words(const Metrics& metrics) {
    if (metrics.clock_is_apart.value() == 0) return "";
    const Duration offset{metrics.clock_offset_us.value()};
    return fmt::format(
        "clock: the machine's clock is {} {} switch time and not followed; the log "
        "says what to do\n",
        text(std::chrono::floor<std::chrono::seconds>(std::chrono::abs(offset))),
        offset < Duration{} ? "behind" : "ahead of");
}

http::HttpReply ready_page(bool is_ready, const Metrics& metrics, bool is_verbose) {
    const int status = is_ready ? 200 : 503;
    if (!is_verbose)
        return reply_of(status, plain_text,
                        (is_ready ? "ok\n" : "not ready\n") + clock_words(metrics));
    // Each figure is read by itself: together they are not one moment.
    const boost::json::object facts{
        {"ready", is_ready},
        {"accounts", metrics.accounts.value()},
        {"connections", metrics.connections.value()},
        {"queue_commands", metrics.queue_commands.value()},
        {"journal_sequence", metrics.journal_sequence.value()},
        {"snapshot_sequence", metrics.snapshot_sequence.value()},
        {"projection_sequence", metrics.projection_sequence.value()},
        {"clock_offset_ms", metrics.clock_offset_us.value() / 1'000},
        {"clock_is_followed", metrics.clock_is_apart.value() == 0},
    };
    return reply_of(status, json_text, boost::json::serialize(facts) + "\n");
}

http::HttpReply version_page() {
    const BuildVersion build = build_version();
    const boost::json::object facts{
        {"version", build.version}, {"compiler", build.compiler}, {"build_type", build.build_type}};
    return reply_of(200, json_text, boost::json::serialize(facts) + "\n");
}

http::HttpReply page_of(const AdminPages& pages, const http::HttpRequest& request) {
    const std::string_view path = request.path();
    const bool is_known = path == "/metrics" || path == "/healthz" || path == "/livez" ||
                          path == "/readyz" || path == "/version";
    if (!is_known) return reply_of(404, plain_text, "no such page\n");
    if (request.method != "GET" && request.method != "HEAD") {
        http::HttpReply refused = reply_of(405, plain_text, "only GET and HEAD\n");
        // A 405 has to name what is allowed (RFC 9110, section 15.5.6).
        refused.headers.emplace_back("Allow", "GET, HEAD");
        return refused;
    }
    http::HttpReply reply;
    if (path == "/metrics")
        reply = reply_of(200, prometheus_text, render(pages.metrics));
    else if (path == "/readyz")
        reply = ready_page(pages.is_ready(), pages.metrics,
                           request.query() == "verbose" || request.query() == "verbose=1");
    else if (path == "/version")
        reply = version_page();
    else
        // Whoever gets as far as this is alive. The engine is not asked, since a busy one is no
        // dead one.
        reply = reply_of(200, plain_text, "ok\n");
    // An old copy would hide that the switch is not ready any more.
    reply.headers.emplace_back("Cache-Control", "no-store");
    return reply;
}

void answer(const AdminPages& pages, const http::HttpRequest& request, HttpResponder responder) {
    // Before everything else: who may not come in does not learn which paths there are.
    if (auto refused = refused_at(pages.door, request, AdminApi::behind(request)))
        return responder.answer(*std::move(refused));
    if (!pages.api || !AdminApi::owns(request.path()))
        return responder.answer(page_of(pages, request));
    // A function is kept by copies, a responder is one.
    const auto shared = std::make_shared<HttpResponder>(std::move(responder));
    pages.api(request, [shared](http::HttpReply reply) { shared->answer(std::move(reply)); });
}

}  // namespace

HttpHandler admin_handler(AdminPages pages) {
    return [pages = std::move(pages)](const http::HttpRequest& request, HttpResponder responder) {
        answer(pages, request, std::move(responder));
    };
}

HttpServerLimits admin_limits(std::size_t connections_max) {
    HttpServerLimits limits;
    limits.connections_max = connections_max;
    limits.message.header_bytes_max = 8 * 1024;
    // Room for the largest profile (`ledger::profile_content_max`).
    limits.message.body_bytes_max = 64 * 1024;
    limits.header_timeout = step_timeout;
    limits.body_timeout = step_timeout;
    limits.idle_timeout = step_timeout;
    limits.write_timeout = step_timeout;
    limits.reply_timeout = api_timeout;
    return limits;
}

}  // namespace tuma::net
