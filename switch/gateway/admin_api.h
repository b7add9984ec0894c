// The administrator's commands over HTTP: /admin/...; what a person at the handset or a test does.
#pragma once

#include "protocols/http/message.h"
#include "switch/gateway/fault_rules.h"
#include "switch/gateway/gate.h"
#include "switch/gateway/gateway.h"
#include "switch/gateway/notifier.h"
#include "switch/gateway/virtual_time.h"

#include <filesystem>
#include <span>
#include <string_view>
#include <utility>

namespace tuma::net {

/// What the API works on. Requires: outlives it.
struct AdminParts {
    Gateway& gateway;
    Translation& translation;
    const Notifier& notifier;
    FaultRules& faults;
    VirtualTime* time = nullptr;  ///< null: the clock is the wall's
    /// The SQL tables, which know notices of processes before; empty: nothing does.
    std::filesystem::path projection{};
};

struct AdminCall;

/// One line of the API's page, and what answers such a call.
struct AdminRoute {
    std::string_view method;
    std::string_view path;       ///< parts in braces are arguments: "/admin/orders/{id}/approve"
    std::string_view arguments;  ///< of query or JSON body, separated by commas
    std::string_view sentence;
    protocols::Answer (*answer)(const AdminCall& call, const AdminParts& parts);
    bool waits = false;  ///< too long for an I/O thread
};
std::span<const AdminRoute> admin_routes();

/// Answers JSON to every path that begins with /admin/. Who calls was looked at before:
/// `refused_at` (`switch/gateway/gate.h`).
/// Errors are {"error": sentence, "field": name} with status 400, 404, 405, 409 or 503.
class AdminApi {
public:
    explicit AdminApi(AdminParts parts) : parts_(std::move(parts)) {}

    static bool owns(std::string_view path) { return path.starts_with("/admin/"); }
    /// What a request needs to come in; pages for paths that are not owned.
    static Behind behind(const http::HttpRequest& request);
    /// `respond` is called once, also from other threads.
    void handle(const http::HttpRequest& request, Respond respond) const;

private:
    AdminParts parts_;
};

}  // namespace tuma::net
