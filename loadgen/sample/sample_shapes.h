// What made-up merchants look like: shapes taken from published figures of three real ones.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace tuma::loadgen {

/// A kind of merchant that sales can be made up for.
enum class MerchantKind : std::uint8_t { kiosk = 1, takeaway = 2, wholesale = 3 };

std::string_view name(MerchantKind kind);
/// "kiosk", "takeaway" or "wholesale".
std::optional<MerchantKind> parse_merchant_kind(std::string_view text);

/// A point of the curve from share of tickets (ppm, ascending) to amount (minor units). Between two
/// points the amount is linear; two points with the same share make a step.
struct TicketPoint {
    std::uint32_t share_ppm = 0;
    std::int64_t amount = 0;
};

/// How a kind of merchant sells. The figures with a source are those of real merchants; what had to
/// be assumed says so beside its number.
struct MerchantShape {
    MerchantKind kind = MerchantKind::kiosk;
    std::string_view sentence;                       ///< who this resembles
    std::uint32_t sales_a_day_milli = 0;             ///< mean number of sales a day, thousandths
    std::uint32_t level_shape = 0;                   ///< a day's level is gamma: variance 1/shape
    std::array<std::uint32_t, 7> weekday_percent{};  ///< Monday first
    std::array<std::uint32_t, 24> hour_permille{};   ///< of a day's sales
    std::span<const TicketPoint> tickets;            ///< from 0 to 1,000,000 ppm
    std::int64_t price_step = 1;                     ///< amounts are multiples of this
    bool has_customers = false;                      ///< buyers are known by a pseudonym
    std::uint32_t card_permille = 0;                 ///< of sales; 0: the method is unknown
    std::uint32_t new_buyer_permille = 0;            ///< of sales with a known buyer
    std::uint32_t memory = 0;           ///< a returning buyer is one of the last so many
    std::uint32_t refund_permille = 0;  ///< of sales that are refunded in part
    std::array<std::uint32_t, 2> refund_part_permille{};  ///< least and most of the sale's amount
    std::uint32_t refund_days_max = 0;  ///< the refund follows within so many days
};

const MerchantShape& shape_of(MerchantKind kind);

}  // namespace tuma::loadgen
