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
///     prompt ORDER PAYER|- PAYEE|- AMOUNT [WORD…]  an order; "-": the payer is not known yet, the
///                                   order is a group
///         declines|waits            what the customer does, instead of paying
///         after DURATION            when it does that, else after 2s
///         within DURATION           or it expires, else 60s
///         code NUMBER               the reason to decline, else 1032
///         keeps_open                may be tried again when it fails
///         repeats daily|weekly|monthly DAY  comes again until it expires; DAY: of the month, or 0
///         asks_merchant             before the customer, on channel 1
///         silence_accepts           the merchant's silence is a yes
///         told ended|succeeded|asked [after DURATION] [repeatedly] [lost|twice]
///                                   on channel 0, instead of 500ms after the end; repeatedly: up
///                                   to 16 times
///         member ORDER PAYEE AMOUNT  of a group, paid with it
///     give_back ORDER PARENT DEBIT CREDIT AMOUNT [quietly]  quietly: what is refused is a failed
///                                   order
///     approve|decline|cancel|accept|ignore ORDER|customer NAME [by NAME] [code NUMBER]
///         [answer WORD]             what customers and merchants do
///     order ORDER|#NUMBER STATE|unknown [number COUNT] [code NUMBER] [refusal REASON] [payer NAME]
///         [answer WORD] [returned AMOUNT] [children COUNT] [watched AMOUNT] [moved]
///         [behind ORDER]            moved: its money did; behind: right behind the other's
///     notice ORDER CHANNEL          sent again by hand
///     notices COUNT                 how many are open
///     attempts COUNT                how many were begun since the story's beginning
///     attempt WHICH [number COUNT] [channel NUMBER] [same_as WHICH] [later DURATION]
///         [order STATE]             WHICH: its place, or "newest"; later: than the first attempt;
///                                   same_as: of the same notice
///     list_notices ORDER|- MOST ORDER…  those that are being sent, the newest first
///     callback WHICH delivered|failed [STATUS] -> delivered|waiting|given_up|nothing
///     unfinished COUNT              attempts to be made again after a restart
///     batch WORD…                   what the newest one did: posted, expired, payout, settlement,
///                                   order_STATE, notice_STATE, other
///     pass DURATION|next            stops at every deadline on the way; next: at the next one
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
