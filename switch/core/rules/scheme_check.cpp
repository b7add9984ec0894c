// What makes a scheme one that can be loaded: bounds, names, periods, references.
#include "ledger/records/event.h"
#include "ledger/state/books.h"
#include "switch/core/rules/scheme.h"
#include "switch/core/rules/scheme_bytes.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

namespace tuma::core {
namespace {

using ledger::AccountKind;
using ledger::amount_max;
using ledger::Purpose;

using Found = std::optional<InputError>;

constexpr std::size_t scheme_name_max = 20;
constexpr std::size_t name_max = 31;
constexpr std::int64_t minutes_of_day = 1'440;
constexpr std::int64_t zone_minutes_max = 840;  // UTC+14 is the farthest zone there is

Found first_of(std::initializer_list<Found> found) {
    for (const Found& error : found)
        if (error) return error;
    return std::nullopt;
}

Found inside(const std::string& path, Found found) {
    // Each level puts its own name in front, so that the path grows from the inside.
    if (found) found->field = path + "." + found->field;
    return found;
}

template <typename Element, typename Check>
Found check_each(std::string_view name, const std::vector<Element>& elements, std::size_t most,
                 const Check& check_element) {
    // The count first: looking for overlaps takes its square.
    if (elements.size() > most)
        return InputError{std::string(name),
                          fmt::format("{} of them; at most {}", elements.size(), most)};
    for (std::size_t i = 0; i < elements.size(); ++i)
        if (Found error = check_element(i))
            return inside(fmt::format("{}[{}]", name, i), std::move(error));
    return std::nullopt;
}

// What was found, cut and without what a terminal would obey.
std::string shown(std::string_view text) {
    std::string copy(text.substr(0, 40));
    std::replace_if(
        copy.begin(), copy.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return "'" + copy + "'";
}

Found check_range(std::string_view field, std::int64_t value, std::int64_t least, std::int64_t most,
                  std::string_view unit) {
    if (value >= least && value <= most) return std::nullopt;
    return InputError{std::string(field),
                      fmt::format("{} is outside {} to {}{}", value, least, most, unit)};
}

Found check_amount(std::string_view field, std::int64_t value) {
    return check_range(field, value, 0, amount_max, " minor units");
}

Found check_limit(std::string_view field, std::int64_t value) {
    if (value == no_limit) return std::nullopt;
    return check_range(field, value, 0, amount_max, " minor units; leave it out for no limit");
}

Found check_rate(std::string_view field, std::int64_t value) {
    return check_range(field, value, 0, 10'000, " basis points");
}

template <typename Enumeration>
Found check_choice(std::string_view field, Enumeration value, int first, int last) {
    return check_range(field, static_cast<int>(value), first, last, ", the choices there are");
}

Found check_text(std::string_view field, std::string_view text, std::size_t least, std::size_t most,
                 char first_allowed) {
    const bool is_allowed = std::all_of(text.begin(), text.end(), [first_allowed](char c) {
        return c >= first_allowed && c <= '~';
    });
    if (is_allowed && text.size() >= least && text.size() <= most) return std::nullopt;
    return InputError{std::string(field),
                      fmt::format("{} is not {} to {} printable ASCII characters{}", shown(text),
                                  least, most, first_allowed > ' ' ? " without blanks" : "")};
}

Found check_name(std::string_view field, std::string_view text, std::size_t most) {
    const bool is_allowed = std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    });
    if (is_allowed && !text.empty() && text.size() <= most) return std::nullopt;
    return InputError{std::string(field),
                      fmt::format("{} is not 1 to {} of a-z, 0-9, '-' and '_'", shown(text), most)};
}

// Any other day is a mistake, and days far out would leave the range of dates.
Found check_day(std::string_view field, LocalDay day) {
    constexpr Period all;
    if (all.holds(day)) return std::nullopt;
    return InputError{std::string(field),
                      fmt::format("day {} since 1970-01-01 is outside {} to {}",
                                  day.time_since_epoch().count(), text(all.from), text(all.to))};
}

Found check_period(const Period& period) {
    if (Found error = first_of({check_day("from", period.from), check_day("to", period.to)}))
        return error;
    if (period.from <= period.to) return std::nullopt;
    return InputError{
        "from", fmt::format("{} is after {}, the last day", text(period.from), text(period.to))};
}

// Against the elements before `index` that are `rivals`: only one may hold on a day.
template <typename Element, typename Rivals>
Found check_overlap(const std::vector<Element>& elements, std::size_t index,
                    const Rivals& are_rivals) {
    const Period& period = elements[index].period;
    for (std::size_t i = 0; i < index; ++i) {
        const Period& other = elements[i].period;
        // Both ends belong to a period, so a shared day is an overlap.
        if (!are_rivals(elements[i]) || period.to < other.from || other.to < period.from) continue;
        return InputError{"from", fmt::format("{} to {} overlaps number [{}], {} to {}; let one "
                                              "end before the other begins",
                                              text(period.from), text(period.to), i,
                                              text(other.from), text(other.to))};
    }
    return std::nullopt;
}

Found check_band(std::span<const FeeBand> bands, std::size_t index) {
    const FeeBand& band = bands[index];
    if (Found error = first_of({check_limit("up_to", band.up_to), check_amount("fee", band.fee)}))
        return error;
    const std::int64_t before = index == 0 ? 0 : bands[index - 1].up_to;
    if (band.up_to > before) return std::nullopt;
    return InputError{"up_to", fmt::format("{} is not above {}, where the band before ends; bands "
                                           "ascend",
                                           band.up_to, before)};
}

Found check_bands(const FeeRule& rule) {
    // Compared as a whole, so that a field that the rule gets later is not forgotten here.
    FeeRule bands_only;
    bands_only.bearer = rule.bearer;
    bands_only.bands = rule.bands;
    bands_only.rounding = rule.rounding;
    if (bands_only != rule)
        return InputError{"bands", fmt::format("{} bands beside a rate, a flat part or a bound; a "
                                               "fee has bands or those, not both",
                                               rule.bands.size())};
    return check_each("bands", rule.bands, fee_bands_max,
                      [&rule](std::size_t i) { return check_band(rule.bands, i); });
}

Found check_fee(const FeeRule& rule) {
    if (Found error = first_of({check_choice("bearer", rule.bearer, 1, 2),
                                check_choice("rounding", rule.rounding, 0, 3)}))
        return error;
    if (!rule.bands.empty()) return check_bands(rule);
    if (Found error =
            first_of({check_rate("basis_points", rule.basis_points),
                      check_amount("flat", rule.flat), check_amount("minimum", rule.minimum),
                      check_limit("cap", rule.cap), check_amount("free_up_to", rule.free_up_to),
                      check_amount("free_lifetime", rule.free_lifetime)}))
        return error;
    // A rule without a cap passes: `no_limit` is the largest number there is.
    if (rule.minimum <= rule.cap) return std::nullopt;
    return InputError{"minimum", fmt::format("{} is above the cap, {}", rule.minimum, rule.cap)};
}

Found check_tax(const TaxRule& tax) {
    if (Found error = first_of({check_choice("mode", tax.mode, 0, 2),
                                check_rate("basis_points", tax.basis_points),
                                check_choice("rounding", tax.rounding, 0, 3)}))
        return error;
    if (tax.mode != TaxMode::none || tax.basis_points == 0) return std::nullopt;
    return InputError{"mode", fmt::format("there is none, but a rate of {} basis points; say "
                                          "whether it is included or on top",
                                          tax.basis_points)};
}

Found check_priced_purpose(Purpose purpose) {
    switch (purpose) {
        case Purpose::deposit:
        case Purpose::withdraw:
        case Purpose::transfer:
        case Purpose::pay_merchant:
        case Purpose::disburse:
        case Purpose::redeem:
            return std::nullopt;
        default:
            return InputError{"purpose",
                              fmt::format("number {} has no price; one of deposit, withdraw, "
                                          "transfer, pay_merchant, disburse, redeem",
                                          static_cast<int>(purpose))};
    }
}

Found check_namesakes(const Scheme& scheme, std::size_t index) {
    const PaymentType& type = scheme.types[index];
    for (std::size_t i = 0; i < index; ++i)
        if (scheme.types[i].name == type.name && scheme.types[i].purpose != type.purpose)
            return InputError{"purpose",
                              fmt::format("number {} where [{}], also called {}, has {}; give one "
                                          "of them another name",
                                          static_cast<int>(type.purpose), i, shown(type.name),
                                          static_cast<int>(scheme.types[i].purpose))};
    return check_overlap(scheme.types, index,
                         [&type](const PaymentType& other) { return other.name == type.name; });
}

Found check_type(const Scheme& scheme, std::size_t index) {
    const PaymentType& type = scheme.types[index];
    if (Found error =
            first_of({check_name("name", type.name, name_max), check_priced_purpose(type.purpose),
                      check_period(type.period), check_amount("minimum", type.minimum),
                      check_limit("maximum", type.maximum)}))
        return error;
    if (type.minimum > type.maximum)
        return InputError{"minimum",
                          fmt::format("{} is above the maximum, {}", type.minimum, type.maximum)};
    if (Found error = check_each("fee", type.fees, fees_per_type_max,
                                 [&type](std::size_t i) { return check_fee(type.fees[i]); }))
        return error;
    if (Found error = inside("tax", check_tax(type.tax))) return error;
    if (type.commission)
        if (Found error = inside("commission", check_fee(*type.commission))) return error;
    return check_namesakes(scheme, index);
}

Found check_settlement(const SettlementRule& rule) {
    // A cut-off at 24:00 means never. A payout needs a minute that the day has.
    if (Found error = first_of({
            check_range("lag_days", rule.lag_days, 0, lag_days_max, " days"),
            check_choice("lag_unit", rule.lag_unit, 1, 2),
            check_range("cut_off", rule.cut_off.count(), 0, minutes_of_day, " minutes of the day"),
            check_range("payout_at", rule.payout_at.count(), 0, minutes_of_day - 1,
                        " minutes of the day"),
            check_amount("minimum_payout", rule.minimum_payout),
            check_amount("payout_fee", rule.payout_fee),
            check_choice("negative_net", rule.negative_net, 1, 2),
            check_rate("reserve_basis_points", rule.reserve_basis_points),
            check_range("reserve_days", rule.reserve_days, 0, lag_days_max, " days"),
            check_choice("minimum_basis", rule.minimum_basis, 1, 2),
        }))
        return error;
    // Held for no days, the reserve would fall due with the settlement that is just being closed.
    if (rule.reserve_basis_points == 0 || rule.reserve_days > 0) return std::nullopt;
    return InputError{"reserve_days",
                      fmt::format("0 with a reserve of {} basis points; hold it for 1 to {} days",
                                  rule.reserve_basis_points, lag_days_max)};
}

Found check_limits(const AccountClass& account_class, std::size_t index) {
    const Limits& limits = account_class.limits[index];
    if (Found error = first_of(
            {check_period(limits.period), check_limit("per_transaction", limits.per_transaction),
             check_limit("daily", limits.daily), check_limit("monthly", limits.monthly),
             check_limit("yearly", limits.yearly), check_limit("lifetime", limits.lifetime),
             check_limit("ceiling", limits.ceiling)}))
        return error;
    return check_overlap(account_class.limits, index, [](const Limits&) { return true; });
}

Found check_kind(const AccountClass& account_class) {
    const AccountKind kind = account_class.kind;
    switch (kind) {
        case AccountKind::wallet:
        case AccountKind::till:
        case AccountKind::agent_float:
        case AccountKind::settlement_payable:
            break;
        default:
            return InputError{"kind", fmt::format("number {} is no customer's; one of wallet, "
                                                  "till, agent_float, settlement_payable",
                                                  static_cast<int>(kind))};
    }
    if (!account_class.settlement.to_bank || kind == AccountKind::settlement_payable)
        return std::nullopt;
    return InputError{"kind", fmt::format("{} is not settled to a bank; settlement_payable is",
                                          ledger::row(kind).name)};
}

Found check_receives(const Scheme& scheme, const AccountClass& account_class) {
    const std::string& receives = account_class.receives;
    if (receives.empty()) return std::nullopt;
    const AccountKind kind = account_class.kind;
    if (kind != AccountKind::till && kind != AccountKind::settlement_payable)
        return InputError{"receives", fmt::format("{} for a kind that merchants do not have; only "
                                                  "till and settlement_payable receive",
                                                  shown(receives))};
    const auto found =
        std::find_if(scheme.types.begin(), scheme.types.end(),
                     [&receives](const PaymentType& type) { return type.name == receives; });
    if (found != scheme.types.end() && found->purpose == Purpose::pay_merchant) return std::nullopt;
    return InputError{"receives", fmt::format("{} is not the name of a pay_merchant type of this "
                                              "scheme",
                                              shown(receives))};
}

Found check_class(const Scheme& scheme, std::size_t index) {
    const AccountClass& account_class = scheme.classes[index];
    if (Found error = first_of({check_name("name", account_class.name, name_max),
                                check_kind(account_class), check_receives(scheme, account_class),
                                inside("settlement", check_settlement(account_class.settlement))}))
        return error;
    // `find_class` gives the first of a name, so another number means that this one repeats it.
    if (scheme.find_class(account_class.name) != index)
        return InputError{
            "name", fmt::format("{} is the name of class[{}] already", shown(account_class.name),
                                *scheme.find_class(account_class.name))};
    if (account_class.identifiers.size() > identifiers_max)
        return InputError{"identifiers",
                          fmt::format("{} of them; at most {}", account_class.identifiers.size(),
                                      identifiers_max)};
    for (std::size_t i = 0; i < account_class.identifiers.size(); ++i)
        if (Found error = check_text(fmt::format("identifiers[{}]", i),
                                     account_class.identifiers[i], 1, name_max, ' '))
            return error;
    return check_each("limits", account_class.limits, limit_periods_max,
                      [&](std::size_t i) { return check_limits(account_class, i); });
}

Found check_calendar(const Calendar& calendar) {
    const auto holidays = calendar.holidays();
    if (Found error = check_text("name", calendar.name(), 0, name_max, ' ')) return error;
    if (holidays.size() > holidays_max)
        return InputError{"holidays",
                          fmt::format("{} of them; at most {}", holidays.size(), holidays_max)};
    // Ascending, so the ends say it all.
    if (holidays.empty()) return std::nullopt;
    return first_of(
        {check_day("holidays", holidays.front()), check_day("holidays", holidays.back())});
}

Found check_head(const Scheme& scheme) {
    if (Found error = first_of({check_name("name", scheme.name, scheme_name_max),
                                check_text("version", scheme.version, 1, name_max, '!'),
                                check_range("zone_offset_minutes", scheme.zone_offset_minutes,
                                            -zone_minutes_max, zone_minutes_max, " minutes"),
                                inside("calendar", check_calendar(scheme.calendar))}))
        return error;
    // The number may come from bytes and be no member of the enumeration.
    const auto number = static_cast<std::uint16_t>(scheme.currency);
    if (find_currency(number)) return std::nullopt;
    return InputError{"currency", fmt::format("{} is not a known ISO 4217 number", number)};
}

Found check_returns(const ReversalRule& rule) {
    const std::pair<std::string_view, ChargeReturn> words[] = {
        {"fee_returned", rule.fee},
        {"tax_returned", rule.tax},
        {"commission_returned", rule.commission}};
    for (const auto& [key, word] : words)
        if (word > ChargeReturn::before_settlement)
            return InputError{std::string(key), "is no way in which charges come back"};
    return std::nullopt;
}

// The parts may each be within their bounds and together more than a record holds.
Found check_size(const Scheme& scheme) {
    const std::size_t size = scheme_size(scheme);
    if (size <= ledger::scheme_content_max) return std::nullopt;
    return InputError{"scheme", fmt::format("takes {} bytes; at most {}: leave out old periods, "
                                            "bands or holidays",
                                            size, ledger::scheme_content_max)};
}

}  // namespace

std::optional<InputError> check(const Scheme& scheme) {
    if (Found error = check_head(scheme)) return error;
    if (Found error = check_each("type", scheme.types, payment_types_max,
                                 [&scheme](std::size_t i) { return check_type(scheme, i); }))
        return error;
    if (Found error = check_each("class", scheme.classes, account_classes_max,
                                 [&scheme](std::size_t i) { return check_class(scheme, i); }))
        return error;
    if (Found error = inside("reversal", check_range("within_days", scheme.reversal.within_days, 0,
                                                     reversal_days_max, " days")))
        return error;
    if (Found error = inside("reversal", check_returns(scheme.reversal))) return error;
    // Last: writing cuts what is out of bounds, and the size would be that of another scheme.
    return check_size(scheme);
}

}  // namespace tuma::core
