// The accounts of those who take part in a payment, opened when they are met for the first time.
#pragma once

#include "protocols/kit/account_spec.h"
#include "protocols/kit/adapter.h"

#include <functional>
#include <vector>

namespace tuma::protocols {

/// The parties' accounts in their order; 0 for one that does not exist and was not to be opened.
using Accounts = std::vector<AccountId>;

/// Finds or opens all of them, then goes on; `busy` is the reply when the switch takes nothing
/// more. Requests of its own have keys made from the identity, so that an account is opened and
/// funded once however often it is asked for. Those that are opened at once are funded by one
/// account. A scheme or a class that the switch does not have leaves an account without rules.
Answer with_accounts(const Directory& directory, http::HttpReply busy,
                     std::vector<AccountSpec> parties, std::function<Answer(const Accounts&)> then);

/// Puts what a durable outcome tells into the directory: accounts by identity, profiles.
void update_directory(Directory& directory, const core::Request& request,
                      const core::Outcome& outcome);

}  // namespace tuma::protocols
