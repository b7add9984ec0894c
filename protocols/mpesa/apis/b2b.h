// B2B: businesses pay businesses, move money between their own accounts, pay taxes.
#pragma once

#include "protocols/mpesa/wire/call.h"

#include <span>
#include <string_view>

namespace tuma::mpesa {

/// From where to where a command moves money.
enum class BusinessAccount {
    own_working,    ///< of who pays (MMF: the money maker's float, Daraja's word for working)
    own_utility,    ///< or merchant account
    other_working,  ///< of who is paid
    other_utility,  ///< or merchant account
    none,           ///< nothing moves
};
struct B2bCommand {
    std::string_view id;
    BusinessAccount from = BusinessAccount::own_working;
    BusinessAccount to = BusinessAccount::other_utility;
    bool Options::*is_there = nullptr;
};
/// Source: mpesa reference, section 1.10.
std::span<const B2bCommand> b2b_commands();

/// POST /mpesa/b2b/v1/paymentrequest.
protocols::Answer pay_business(const CallPtr& call);
/// POST /mpesa/b2b/v1/remittax.
protocols::Answer remit_tax(const CallPtr& call);

}  // namespace tuma::mpesa
