// The figures are those of three real merchants: means, spreads, quantiles and shares, no records.
// A coffee machine in Ukraine 2024-25 (3,636 cups, UAH), a takeaway in London 2016-19 (13,368
// orders, GBP), an online gift wholesaler in England 2010-11 (UCI Online Retail, 23,709 invoices,
// GBP).
#include "loadgen/sample/sample_shapes.h"

#include "ledger/words/ensure.h"

namespace tuma::loadgen {
namespace {

// Published: p10 25.96, median 32.82, p90 37.72, most 40.00, mean of a cup 31.65. The prices
// between are assumed; a machine has a short list.
constexpr TicketPoint kiosk_tickets[] = {
    {0, 1950},       {40'000, 1950},  {40'000, 2350},  {80'000, 2350},
    {80'000, 2596},  {220'000, 2596}, {220'000, 2890}, {420'000, 2890},
    {420'000, 3282}, {640'000, 3282}, {640'000, 3576}, {820'000, 3576},
    {820'000, 3772}, {960'000, 3772}, {960'000, 4000}, {1'000'000, 4000},
};

// Published: p10 17.80, median 30.00, p90 51.60, most 1,242. The points between are assumed: those
// of a log-normal through the published ones.
constexpr TicketPoint takeaway_tickets[] = {
    {0, 400},          {10'000, 1000},    {100'000, 1780},      {250'000, 2270},
    {500'000, 3000},   {750'000, 3970},   {900'000, 5160},      {990'000, 8000},
    {999'000, 11'000}, {999'900, 15'000}, {1'000'000, 124'200},
};

// Published: p10 69.60, median 303.90, p90 940.80, most 168,470; a mean of 533.50 follows from
// sales a day and refunds. The points between are assumed, the upper ones so that this mean comes
// out.
constexpr TicketPoint wholesale_tickets[] = {
    {0, 100},           {100'000, 6960},      {250'000, 15'000},       {500'000, 30'390},
    {750'000, 50'000},  {900'000, 94'080},    {950'000, 145'000},      {990'000, 360'000},
    {999'000, 950'000}, {999'900, 4'000'000}, {1'000'000, 16'847'000},
};

// Hours: published are 10 h with 10 % and level from 8 to 19 h; the edges of the day are assumed.
constexpr MerchantShape kiosk{
    .kind = MerchantKind::kiosk,
    .sentence = "a coffee machine: many small tickets, buyers who return, mostly by card",
    .sales_a_day_milli = 9'400,
    .level_shape = 6,  // a day's sales then vary by 0.54; published 0.55
    .weekday_percent = {16, 16, 14, 14, 15, 13, 12},
    .hour_permille = {0,  0,  0,  0,  0,  0,  0,  20, 70, 70, 100, 70,
                      70, 70, 70, 70, 70, 70, 70, 70, 45, 40, 25,  0},
    .tickets = kiosk_tickets,
    .price_step = 1,
    .has_customers = true,
    .card_permille = 976,
    .new_buyer_permille = 400,  // 78 % of sales to buyers of more than one; published 78 %
    .memory = 1'000,
    .refund_permille = 0,
    .refund_part_permille = {},
    .refund_days_max = 0,
};

// Hours: published are 81 % from 17 to 20 h. Methods and buyers are not known of this merchant.
constexpr MerchantShape takeaway{
    .kind = MerchantKind::takeaway,
    .sentence = "a takeaway: evenings, most of it on Friday and Saturday",
    .sales_a_day_milli = 10'700,
    .level_shape = 6,  // 0.73; published 0.73
    .weekday_percent = {9, 9, 9, 10, 23, 25, 15},
    .hour_permille = {0,  0,  0,  0,  0,  0,   0,   0,   0,   0,  0,  0,
                      10, 10, 10, 10, 50, 190, 240, 220, 160, 70, 30, 0},
    .tickets = takeaway_tickets,
    .price_step = 5,
    .has_customers = false,
    .card_permille = 0,
    .new_buyer_permille = 0,
    .memory = 0,
    .refund_permille = 0,
    .refund_part_permille = {},
    .refund_days_max = 0,
};

// Hours: published are 84 % from 9 to 15 h. Refunds: 6.1 % of the value of sales in 18.9 refunds to
// 100 sales; when they come is assumed. Methods are not known.
constexpr MerchantShape wholesale{
    .kind = MerchantKind::wholesale,
    .sentence = "a wholesaler: weekday daytime, closed on Saturday, refunds, few big customers",
    .sales_a_day_milli = 53'300,
    .level_shape = 8,  // 0.77 with the tail of the tickets; published 0.77
    .weekday_percent = {17, 20, 18, 21, 16, 0, 8},
    .hour_permille = {0,   0,   0,   0,  0,  0,  0,  0, 25, 80, 130, 125,
                      165, 140, 110, 90, 75, 40, 12, 8, 0,  0,  0,   0},
    .tickets = wholesale_tickets,
    .price_step = 1,
    .has_customers = true,
    .card_permille = 0,
    .new_buyer_permille = 140,  // 94 % of sales to buyers of more than one; published 94 %
    .memory = 256,
    .refund_permille = 189,
    .refund_part_permille = {40, 600},
    .refund_days_max = 30,
};

}  // namespace

std::string_view name(MerchantKind kind) {
    switch (kind) {
        case MerchantKind::kiosk:
            return "kiosk";
        case MerchantKind::takeaway:
            return "takeaway";
        case MerchantKind::wholesale:
            return "wholesale";
    }
    unreachable("a kind of merchant");
}

std::optional<MerchantKind> parse_merchant_kind(std::string_view text) {
    for (const MerchantKind kind :
         {MerchantKind::kiosk, MerchantKind::takeaway, MerchantKind::wholesale})
        if (text == name(kind)) return kind;
    return std::nullopt;
}

const MerchantShape& shape_of(MerchantKind kind) {
    switch (kind) {
        case MerchantKind::kiosk:
            return kiosk;
        case MerchantKind::takeaway:
            return takeaway;
        case MerchantKind::wholesale:
            return wholesale;
    }
    unreachable("a kind of merchant");
}

}  // namespace tuma::loadgen
