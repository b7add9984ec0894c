// The one gate of every local door: who may call the administrator's listener and its API.
#pragma once

#include "protocols/http/message.h"
#include "switch/http/endpoint.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tuma::net {

/// What a door knows of itself.
struct Door {
    /// Where it listens, with the ports that were bound.
    std::vector<Endpoint> endpoints{};
    /// Further names by which it is called, without ports: "tuma.test".
    std::vector<std::string> names{};
    std::string token{};
    std::string token_file{};  ///< where people find it, for messages
};

/// What stands behind the door.
enum class Behind : std::uint8_t {
    page,    ///< changes nothing, whatever the method
    call,    ///< changes something unless the method is GET or HEAD
    secret,  ///< shows what only the administrator may see
};

/// The reply to a request that may not come in; nothing for one that may. In this order:
/// 400 one of the fields that are looked at here is there twice.
/// 421 a Host that is none of the door's own names (127.0.0.1, localhost and [::1], where it
///     listens, `names`; with its port, or without one): a page of somebody else's whose name was
///     pointed at this machine. A door that listens beyond loopback takes every numeric address.
/// 403 an Origin that is not the door's own: a page of somebody else's.
/// 415 a body that is not application/json: what a page may send without asking.
/// 401 no token, or a wrong one, for what changes something or shows secrets:
///     `Authorization: Bearer TOKEN`, `Tuma-Token: TOKEN`, or the cookie tuma_token.
std::optional<http::HttpReply> refused_at(const Door& door, const http::HttpRequest& request,
                                          Behind behind);

}  // namespace tuma::net
