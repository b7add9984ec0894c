// The administrator's commands over HTTP: /admin/...; what a person at the handset or a test does.
#pragma once

#include "protocols/http/message.h"
#include "switch/net/fault_rules.h"
#include "switch/net/gate.h"
#include "switch/net/gateway.h"
#include "switch/net/notifier.h"
#include "switch/net/virtual_time.h"

#include <span>
#include <string_view>

namespace tuma::net {

/// One line of the API's page.
struct AdminRoute {
    std::string_view method;
    std::string_view path;       ///< parts in braces are arguments: "/admin/orders/{id}/approve"
    std::string_view arguments;  ///< of query or JSON body, separated by commas
    std::string_view sentence;
};
std::span<const AdminRoute> admin_routes();

/// What the API works on. Requires: outlives it.
struct AdminParts {
    Gateway& gateway;
    Translation& translation;
    const Notifier& notifier;
    FaultRules& faults;
    VirtualTime* time = nullptr;  ///< null: the clock is the wall's
};

/// Answers JSON to every path that begins with /admin/. Who calls was looked at before:
/// `refused_at`
/// (`switch/net/gate.h`).
/// Errors are {"error": sentence, "field": name} with status 400, 404, 405, 409 or 503.
class AdminApi {
public:
    explicit AdminApi(AdminParts parts) : parts_(parts) {}

    static bool owns(std::string_view path) { return path.starts_with("/admin/"); }
    /// What a request needs to come in; pages for paths that are not owned.
    static Behind behind(const http::HttpRequest& request);
    /// `respond` is called once, also from other threads.
    void handle(const http::HttpRequest& request, Respond respond) const;

private:
    AdminParts parts_;
};

}  // namespace tuma::net
