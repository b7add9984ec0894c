#include "protocols/mpesa/apis/b2b.h"

#include "protocols/mpesa/orders/initiator.h"
#include "protocols/mpesa/wire/result_codes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace tuma::mpesa {
namespace {

using enum BusinessAccount;
using protocols::Answer;

constexpr std::string_view tax_command = "PayTaxToKRA";
constexpr std::string_view tax_authority = "572572";

constexpr std::array b2b_table{
    B2bCommand{"BusinessPayBill", own_working, other_utility},
    B2bCommand{"BusinessBuyGoods", own_working, other_utility},
    B2bCommand{"BusinessPayToBulk", own_working, other_utility},
    B2bCommand{tax_command, own_working, other_utility},
    B2bCommand{"DisburseFundsToBusiness", own_working, other_utility},
    B2bCommand{"BusinessToBusinessTransfer", own_working, other_working},
    B2bCommand{"BusinessTransferFromMMFToUtility", own_working, own_utility},
    B2bCommand{"BusinessTransferFromUtilityToMMF", own_utility, own_working,
               &Options::utility_to_mmf},
    B2bCommand{"MerchantToMerchantTransfer", own_utility, other_utility},
    B2bCommand{"MerchantTransferFromMerchantToWorking", own_utility, own_working},
    B2bCommand{"MerchantServicesMMFAccountTransfer", own_working, other_working},
    B2bCommand{"AgencyFloatAdvance", own_working, other_utility},
    B2bCommand{"CheckIdentity", none, none},
};

const B2bCommand* find_command(std::string_view id, const Options& options) {
    const auto found =
        std::find_if(b2b_table.begin(), b2b_table.end(), [&](const B2bCommand& command) {
            // An option can take a command away; it is then as unknown as any other word.
            return command.id == id && (command.is_there == nullptr || options.*command.is_there);
        });
    return found == b2b_table.end() ? nullptr : &*found;
}

AccountSpec account_of(const InitiatorRequest& request, const Shortcode& other,
                       BusinessAccount account) {
    switch (account) {
        case own_working:
            return working_account(*request.call->options, *request.business);
        case other_working:
            return working_account(*request.call->options, other);
        case other_utility:
            return business_account(*request.call->options, other);
        case own_utility:
        // Nothing moves, but a result tells a balance, and this one is there for every business.
        case none:
            break;
    }
    return business_account(*request.call->options, *request.business);
}

Answer move(const InitiatorPtr& request, const B2bCommand& command, const Shortcode& other) {
    // Remembered with the order: the result and a later status enquiry call the debited account by
    // this name, and the default for B2B is the working account.
    if (command.from == own_utility)
        request->content.facts["debit"] =
            request->business->is_till() ? "Merchant Account" : "Utility Account";
    // CheckIdentity alone. It ends like a payment and tells balances like one.
    const bool moves_money = command.from != none;
    return with_accounts(
        request->call,
        {account_of(*request, other, command.from), account_of(*request, other, command.to)},
        [request, moves_money](const Accounts& accounts) {
            core::OrderRequest wish = wish_of(Kind::b2b, request->content);
            if (moves_money)
                // An adjustment is not priced: what businesses pay each other costs nothing here.
                put_movement(wish, {.purpose = ledger::Purpose::adjust,
                                    .debit = accounts[0],
                                    .credit = accounts[1],
                                    .amount = kes(request->content.amount)});
            put_result(wish, *request);
            // result_parameters.cpp finds the debited account at this place.
            watch(wish, {accounts[0]});
            return open_result(request, std::move(wish));
        });
}

Answer pay(const CallPtr& call, bool is_tax) {
    FieldReader fields(*call);
    const InitiatorPtr request = read_initiator(fields, call, {Kind::b2b, "b2b"});
    Content& content = request->content;
    for (const std::string_view key : {"SenderIdentifierType", "RecieverIdentifierType"}) {
        const std::string type = fields.optional_text({key});
        // Whether the number is of this type is not looked at: the command decides which accounts
        // move, and what they have to be.
        if (!type.empty() && type != "1" && type != "2" && type != "4")
            fields.fail(invalid(key, fmt::format("{} is none of 1, 2, 4", key)));
    }
    content.amount = fields.amount("Amount");
    content.party = fields.shortcode("PartyB");
    // A bound that only the option makes strict, so that no client fails by a character.
    const std::size_t reference_max = call->options->strict_lengths ? 13 : 256;
    content.reference = is_tax ? fields.text("AccountReference", reference_max)
                               : fields.optional_text({"AccountReference"}, reference_max);
    // The consumer on whose behalf it is paid. It is optional and moves no account, so that any
    // text will do.
    content.msisdn = fields.optional_text({"Requester"});
    read_result_addresses(fields, *request);
    if (!fields.is_good()) return fields.refusal();
    take_script(*request);
    const B2bCommand* command = find_command(content.command, *call->options);
    const auto other = find_shortcode(call->context.directory, content.party);
    // Bills are paid to paybills and goods at tills.
    const bool is_other_kind =
        other && ((content.command == "BusinessPayBill" && other->is_till()) ||
                  (content.command == "BusinessBuyGoods" && !other->is_till()));
    // A path of its own for taxes, and neither path does the other's work.
    if (command == nullptr || is_tax != (content.command == tax_command))
        fail_early(*request, result::invalid_command, "CommandID is none of this path's");
    else if (is_other_kind)
        fail_early(*request, result::product_assignment,
                   fmt::format("PartyB is a {}, and CommandID is {}",
                               other->is_till() ? "till" : "paybill", content.command));
    else if (is_tax && content.party != tax_authority)
        fail_early(*request, result::product_assignment,
                   fmt::format("PartyB is not {}, to which taxes are paid", tax_authority));
    else if (!other)
        fail_early(*request, result::unknown_operator, no_business("PartyB"));
    if (request->early_code != 0) return open_failure(request);
    return move(request, *command, *other);
}

}  // namespace

std::span<const B2bCommand> b2b_commands() {
    return b2b_table;
}

Answer pay_business(const CallPtr& call) {
    return pay(call, false);
}

Answer remit_tax(const CallPtr& call) {
    return pay(call, true);
}

}  // namespace tuma::mpesa
