// What the books have kept of attempts to deliver notices, from before the process started.
#pragma once

#include "switch/gateway/notifier.h"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <vector>

namespace tuma::net {

/// The newest attempts that ended and are in the SQL projection, newest first, those about `order`
/// only if one is given. They have neither URL nor texts: the books keep none. Of all orders the
/// last 100,000 steps are looked at. Empty where there is no projection or it cannot be read now.
std::vector<Delivery> kept_attempts(const std::filesystem::path& projection,
                                    std::optional<OrderId> order, bool only_given_up,
                                    std::size_t most);

/// Adds to what memory has what only the books have, up to `most`.
void add_kept(std::vector<Delivery>& newest, std::vector<Delivery> kept, std::size_t most);

}  // namespace tuma::net
