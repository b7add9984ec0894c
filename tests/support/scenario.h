// A small language for stories about the switch: one line a step, what must come of it at its end.
#pragma once

#include "tests/support/world.h"

#include <string_view>

namespace tuma::testing {

/// Plays the story and reports each line that turns out otherwise as a failed check.
///
/// Steps; amounts in whole units and decimals, KEY is any word and stands for one request key.
/// A line that begins with the arrow belongs to the step before it.
///
///     account NAME KIND CURRENCY [FUNDS] [floor AMOUNT] [ceiling AMOUNT] [under SCHEME CLASS]
///     scheme KEY town               loads the scheme of `tests/support/town_scheme.h`
///     issue|redeem|deposit|withdraw|transfer|pay_merchant|… KEY DEBIT CREDIT AMOUNT  any purpose
///     linked KEY CURRENCY DEBIT CREDIT AMOUNT [, DEBIT CREDIT AMOUNT]…
///     reserve KEY DEBIT CREDIT AMOUNT TIMEOUT
///     settle KEY RESERVATION_KEY AMOUNT|all
///     release KEY RESERVATION_KEY
///     reverse KEY ORIGINAL_KEY AMOUNT|all
///     freeze|unfreeze|close KEY NAME
///     ask KEY                       what became of the request
///     balance NAME AMOUNT [reserved AMOUNT] [available AMOUNT]
///     state NAME open|frozen|closed
///     reservations COUNT            how many are open
///     events COUNT                  how many the journal has
///     settlements NAME COUNT        how many statements the account has
///     statement NAME WORD AMOUNT …  the newest one: sales, refunds, fees, adjustments, released,
///                                   carried_in, held, payout_fee, paid, carried
///     legs KEY COUNT                records of the set that the request made
///     pass DURATION                 stops at every deadline on the way
///     sleep DURATION                nobody runs: what falls due is done with the next request
///     restart                       from the journal
///
/// `by DURATION` in front of a request gives it a deadline, counted from the story's beginning. A
/// request ends in `-> ok` (which may be left out), `-> refused REASON`, or the same after `again`,
/// when it is to be the stored answer, equal to the first in every field; `ask` is always answered
/// from what is stored. An account with funds gets them from the trust account of its currency,
/// `bank-KES`, which is opened when first needed. At the end the books and the journal must agree.
void run(std::string_view story, const ledger::StateLimits& limits = small_limits());

}  // namespace tuma::testing
