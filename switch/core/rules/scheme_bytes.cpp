// Layout, little-endian, without padding:
//   u8 format | name | version | u16 currency | i16 zone offset
//   | calendar name, u16 count, i32 each holiday (days since 1970-01-01)
//   | u8 count, types | u8 count, classes
//   | u8 reversals allowed, i32 within days, u8 what of fees comes back
//   | format 2 only: u8 what of taxes and of commissions comes back, u8 own funds may be short,
//     u8 each class, the basis of its smallest payout
//   type:  name | u8 purpose | period | i64 minimum, maximum | u8 count, fees
//          | u8 tax mode, u16 basis points, u8 rounding | u8 has commission, fee if so
//   fee:   u8 bearer | u8 count, each band i64 up to, i64 fee | u16 basis points
//          | i64 flat, minimum, cap, free up to, free lifetime | u8 rounding
//   class: name | u8 kind | u8 count, shapes of identity | receives | settlement
//          | u8 count, each limit: period, 6 x i64
//   settlement: u8 to bank | i32 lag | u8 unit | u8 roll | u16 cut-off, payout (minutes)
//          | i64 minimum payout, payout fee | u8 netted, negative net | u16 reserve, i32 days
//   A text is u8 length and its characters, a period i32 from and i32 to.
// Reading checks how it is written down; what it means is for `check`.
#include "switch/core/rules/scheme_bytes.h"

#include "ledger/words/ensure.h"

#include <fmt/format.h>

#include <algorithm>
#include <type_traits>
#include <utility>

namespace tuma::core {
namespace {

// Format 1 is for what it can say: all or nothing comes back, of every charge alike, own funds are
// covered, and smallest payouts look at the net. The same scheme always has the same bytes, and
// those that were written before there was format 2 are still the ones.
constexpr std::uint8_t format_plain = 1;
constexpr std::uint8_t format_full = 2;

bool is_plain(const Scheme& scheme) {
    const ReversalRule& rule = scheme.reversal;
    return rule.fee <= ChargeReturn::all && rule.tax == rule.fee && rule.commission == rule.fee &&
           !scheme.own_funds_may_be_short &&
           std::all_of(scheme.classes.begin(), scheme.classes.end(), [](const AccountClass& of) {
               return of.settlement.minimum_basis == MinimumBasis::net;
           });
}

class Writer {
public:
    template <typename Number>
    void put(std::type_identity_t<Number> value) {
        // Through the unsigned type, so that negative numbers have the same bytes on every machine.
        auto bits = static_cast<std::make_unsigned_t<Number>>(value);
        for (std::size_t i = 0; i < sizeof(Number); ++i) {
            bytes_.push_back(static_cast<std::byte>(bits & 0xFFU));
            if constexpr (sizeof(Number) > 1) bits >>= 8U;
        }
    }
    void count(std::size_t value) { put<std::uint8_t>(static_cast<std::uint8_t>(value)); }
    void flag(bool value) { put<std::uint8_t>(value ? 1 : 0); }
    template <typename Enumeration>
    void choice(Enumeration value) {
        put<std::uint8_t>(static_cast<std::uint8_t>(value));
    }
    void amount(std::int64_t value) { put<std::int64_t>(value); }
    void rate(std::int64_t value) { put<std::uint16_t>(static_cast<std::uint16_t>(value)); }
    void minutes(std::chrono::minutes value) { rate(value.count()); }
    void day(LocalDay value) {
        put<std::int32_t>(static_cast<std::int32_t>(value.time_since_epoch().count()));
    }
    void text(std::string_view value) {
        count(value.size());
        for (const char c : value) bytes_.push_back(static_cast<std::byte>(c));
    }
    std::vector<std::byte> take() { return std::move(bytes_); }

private:
    std::vector<std::byte> bytes_;
};

void write(Writer& out, const Period& period) {
    out.day(period.from);
    out.day(period.to);
}

void write(Writer& out, const FeeRule& fee) {
    out.choice(fee.bearer);
    out.count(fee.bands.size());
    for (const FeeBand& band : fee.bands) {
        out.amount(band.up_to);
        out.amount(band.fee);
    }
    out.rate(fee.basis_points);
    for (const std::int64_t amount :
         {fee.flat, fee.minimum, fee.cap, fee.free_up_to, fee.free_lifetime})
        out.amount(amount);
    out.choice(fee.rounding);
}

void write(Writer& out, const PaymentType& type) {
    out.text(type.name);
    out.choice(type.purpose);
    write(out, type.period);
    out.amount(type.minimum);
    out.amount(type.maximum);
    out.count(type.fees.size());
    for (const FeeRule& fee : type.fees) write(out, fee);
    out.choice(type.tax.mode);
    out.rate(type.tax.basis_points);
    out.choice(type.tax.rounding);
    out.flag(type.commission.has_value());
    if (type.commission) write(out, *type.commission);
}

void write(Writer& out, const SettlementRule& rule) {
    out.flag(rule.to_bank);
    out.put<std::int32_t>(rule.lag_days);
    out.choice(rule.lag_unit);
    out.flag(rule.roll);
    out.minutes(rule.cut_off);
    out.minutes(rule.payout_at);
    out.amount(rule.minimum_payout);
    out.amount(rule.payout_fee);
    out.flag(rule.refunds_netted);
    out.choice(rule.negative_net);
    out.rate(rule.reserve_basis_points);
    out.put<std::int32_t>(rule.reserve_days);
}

void write(Writer& out, const Limits& limits) {
    write(out, limits.period);
    for (const std::int64_t amount : {limits.per_transaction, limits.daily, limits.monthly,
                                      limits.yearly, limits.lifetime, limits.ceiling})
        out.amount(amount);
}

void write(Writer& out, const AccountClass& account_class) {
    out.text(account_class.name);
    out.choice(account_class.kind);
    out.count(account_class.identifiers.size());
    for (const std::string& shape : account_class.identifiers) out.text(shape);
    out.text(account_class.receives);
    write(out, account_class.settlement);
    out.count(account_class.limits.size());
    for (const Limits& limits : account_class.limits) write(out, limits);
}

void write(Writer& out, const Calendar& calendar) {
    const auto holidays = calendar.holidays();
    out.text(calendar.name());
    out.put<std::uint16_t>(static_cast<std::uint16_t>(holidays.size()));
    for (const LocalDay day : holidays) out.day(day);
}

std::vector<std::byte> write(const Scheme& scheme) {
    // Each count and length takes one byte: `check` bounds every list and text of a scheme.
    Writer out;
    out.put<std::uint8_t>(is_plain(scheme) ? format_plain : format_full);
    out.text(scheme.name);
    out.text(scheme.version);
    out.put<std::uint16_t>(static_cast<std::uint16_t>(scheme.currency));
    out.put<std::int16_t>(scheme.zone_offset_minutes);
    write(out, scheme.calendar);
    out.count(scheme.types.size());
    for (const PaymentType& type : scheme.types) write(out, type);
    out.count(scheme.classes.size());
    for (const AccountClass& account_class : scheme.classes) write(out, account_class);
    out.flag(scheme.reversal.is_allowed);
    out.put<std::int32_t>(scheme.reversal.within_days);
    out.choice(scheme.reversal.fee);
    if (is_plain(scheme)) return out.take();
    out.choice(scheme.reversal.tax);
    out.choice(scheme.reversal.commission);
    out.flag(scheme.own_funds_may_be_short);
    for (const AccountClass& account_class : scheme.classes)
        out.choice(account_class.settlement.minimum_basis);
    return out.take();
}

// Takes from the front. After the first thing that is wrong everything reads as zero or nothing,
// so that loops over counts end.
class Reader {
public:
    explicit Reader(std::span<const std::byte> bytes) : size_(bytes.size()), left_(bytes) {}

    template <typename Number>
    Number take() {
        if (left_.size() < sizeof(Number)) {
            fail("the content ends in the middle of something");
            return 0;
        }
        std::make_unsigned_t<Number> bits = 0;
        for (std::size_t i = 0; i < sizeof(Number); ++i) {
            const auto byte = std::to_integer<std::make_unsigned_t<Number>>(left_[i]);
            bits = static_cast<std::make_unsigned_t<Number>>(bits | (byte << (8U * i)));
        }
        left_ = left_.subspan(sizeof(Number));
        return static_cast<Number>(bits);
    }
    std::size_t count() { return take<std::uint8_t>(); }
    bool flag() {
        const auto value = take<std::uint8_t>();
        if (value > 1) fail("a yes or no that is neither");
        return value == 1;
    }
    template <typename Enumeration>
    Enumeration choice() {
        // A number outside the enumeration passes here. `check` refuses it and names its field.
        return static_cast<Enumeration>(take<std::uint8_t>());
    }
    std::int64_t amount() { return take<std::int64_t>(); }
    std::int64_t rate() { return take<std::uint16_t>(); }
    std::chrono::minutes minutes() { return std::chrono::minutes{take<std::uint16_t>()}; }
    LocalDay day() { return LocalDay{std::chrono::days{take<std::int32_t>()}}; }
    std::string text() {
        const std::size_t length = count();
        if (left_.size() < length) {
            fail("the content ends in the middle of a text");
            return {};
        }
        std::string value(length, '\0');
        std::transform(left_.begin(), left_.begin() + static_cast<std::ptrdiff_t>(length),
                       value.begin(), [](std::byte byte) { return static_cast<char>(byte); });
        left_ = left_.subspan(length);
        return value;
    }

    void fail(std::string_view why) {
        // The first error is the cause. Later ones come from reading zeros behind it.
        if (!error_)
            error_ = InputError{"content", fmt::format("{} (at byte {})", why, position())};
        left_ = {};
    }
    /// Every byte must have meant something.
    void finish() {
        if (!error_ && !left_.empty()) fail(fmt::format("{} bytes behind the end", left_.size()));
    }
    bool has_failed() const { return error_.has_value(); }
    const std::optional<InputError>& error() const { return error_; }

private:
    std::size_t position() const { return size_ - left_.size(); }

    std::size_t size_;
    std::span<const std::byte> left_;
    std::optional<InputError> error_;
};

// Grows by what is there, not by what the count promises.
template <typename Read>
auto read_list(Reader& in, std::size_t count, const Read& read_element) {
    std::vector<decltype(read_element(in))> elements;
    for (; count > 0; --count) {
        auto element = read_element(in);
        if (in.has_failed()) break;
        // NOLINTNEXTLINE(performance-inefficient-vector-operation)
        elements.push_back(std::move(element));
    }
    return elements;
}

Period read_period(Reader& in) {
    Period period;
    period.from = in.day();
    period.to = in.day();
    return period;
}

FeeBand read_band(Reader& in) {
    FeeBand band;
    band.up_to = in.amount();
    band.fee = in.amount();
    return band;
}

FeeRule read_fee(Reader& in) {
    FeeRule fee;
    fee.bearer = in.choice<Bearer>();
    fee.bands = read_list(in, in.count(), read_band);
    fee.basis_points = in.rate();
    for (std::int64_t* amount :
         {&fee.flat, &fee.minimum, &fee.cap, &fee.free_up_to, &fee.free_lifetime})
        *amount = in.amount();
    fee.rounding = in.choice<Rounding>();
    return fee;
}

PaymentType read_type(Reader& in) {
    PaymentType type;
    type.name = in.text();
    type.purpose = in.choice<ledger::Purpose>();
    type.period = read_period(in);
    type.minimum = in.amount();
    type.maximum = in.amount();
    type.fees = read_list(in, in.count(), read_fee);
    type.tax.mode = in.choice<TaxMode>();
    type.tax.basis_points = in.rate();
    type.tax.rounding = in.choice<Rounding>();
    if (in.flag()) type.commission = read_fee(in);
    return type;
}

SettlementRule read_settlement(Reader& in) {
    SettlementRule rule;
    rule.to_bank = in.flag();
    rule.lag_days = in.take<std::int32_t>();
    rule.lag_unit = in.choice<LagUnit>();
    rule.roll = in.flag();
    rule.cut_off = in.minutes();
    rule.payout_at = in.minutes();
    rule.minimum_payout = in.amount();
    rule.payout_fee = in.amount();
    rule.refunds_netted = in.flag();
    rule.negative_net = in.choice<NegativeNet>();
    rule.reserve_basis_points = in.rate();
    rule.reserve_days = in.take<std::int32_t>();
    return rule;
}

Limits read_limits(Reader& in) {
    Limits limits;
    limits.period = read_period(in);
    for (std::int64_t* amount : {&limits.per_transaction, &limits.daily, &limits.monthly,
                                 &limits.yearly, &limits.lifetime, &limits.ceiling})
        *amount = in.amount();
    return limits;
}

AccountClass read_class(Reader& in) {
    AccountClass account_class;
    account_class.name = in.text();
    account_class.kind = in.choice<ledger::AccountKind>();
    account_class.identifiers = read_list(in, in.count(), [](Reader& from) { return from.text(); });
    account_class.receives = in.text();
    account_class.settlement = read_settlement(in);
    account_class.limits = read_list(in, in.count(), read_limits);
    return account_class;
}

Calendar read_calendar(Reader& in) {
    std::string name = in.text();
    const std::size_t count = in.take<std::uint16_t>();
    auto holidays = read_list(in, count, [](Reader& from) { return from.day(); });
    // A repeat is refused too: one calendar is written in one way only.
    const auto unordered =
        std::adjacent_find(holidays.begin(), holidays.end(), std::greater_equal<>());
    if (unordered != holidays.end()) in.fail("holidays that do not ascend");
    return {std::move(name), std::move(holidays)};
}

void read_returns(Reader& in, std::uint8_t format, Scheme& scheme) {
    ReversalRule& rule = scheme.reversal;
    if (format == format_plain) {
        rule.fee = in.flag() ? ChargeReturn::all : ChargeReturn::nothing;
        rule.tax = rule.commission = rule.fee;
        return;
    }
    rule.fee = in.choice<ChargeReturn>();
    rule.tax = in.choice<ChargeReturn>();
    rule.commission = in.choice<ChargeReturn>();
    scheme.own_funds_may_be_short = in.flag();
}

Scheme read(Reader& in) {
    Scheme scheme;
    const auto format = in.take<std::uint8_t>();
    if (format != format_plain && format != format_full) in.fail("a format that is not 1 or 2");
    scheme.name = in.text();
    scheme.version = in.text();
    scheme.currency = static_cast<Currency>(in.take<std::uint16_t>());
    scheme.zone_offset_minutes = in.take<std::int16_t>();
    scheme.calendar = read_calendar(in);
    scheme.types = read_list(in, in.count(), read_type);
    scheme.classes = read_list(in, in.count(), read_class);
    scheme.reversal.is_allowed = in.flag();
    scheme.reversal.within_days = in.take<std::int32_t>();
    read_returns(in, format, scheme);
    // Behind everything else, so that the rest is laid out alike in both formats.
    if (format == format_full) {
        for (AccountClass& account_class : scheme.classes)
            account_class.settlement.minimum_basis = in.choice<MinimumBasis>();
        // One scheme written in two ways would have two hashes.
        if (is_plain(scheme)) in.fail("format 2 for what format 1 can say");
    }
    in.finish();
    return scheme;
}

}  // namespace

std::vector<std::byte> scheme_bytes(const Scheme& scheme) {
    // Writing cuts numbers to their widths. Only what was checked fits them.
    ensure(!check(scheme), "only a scheme that was checked is written");
    return write(scheme);
}

std::size_t scheme_size(const Scheme& scheme) {
    return write(scheme).size();
}

Result<Scheme> read_scheme(std::span<const std::byte> bytes) {
    Reader in(bytes);
    Scheme scheme = read(in);
    // The form first, then the meaning: `check` looks at whole lists only.
    if (in.error()) return *in.error();
    if (auto error = check(scheme)) return std::move(*error);
    return scheme;
}

}  // namespace tuma::core
