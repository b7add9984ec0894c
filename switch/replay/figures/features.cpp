#include "switch/replay/figures/features.h"

#include "ledger/words/ensure.h"

#include <boost/multiprecision/cpp_int.hpp>

#include <algorithm>
#include <limits>

namespace tuma::replay {
namespace {

// Squares of sums of money, times 10^12, leave 128 bits.
using BigInteger = boost::multiprecision::int256_t;

constexpr std::int64_t ppm = 1'000'000;

// numerator / denominator in millionths, nearest, ties away from zero. Requires: denominator > 0.
std::int64_t share_ppm(const BigInteger& numerator, const BigInteger& denominator) {
    const BigInteger twice = 2 * numerator * ppm;
    // Half away from zero needs the sign of the numerator.
    const BigInteger rounded =
        (numerator < 0 ? BigInteger(twice - denominator) : BigInteger(twice + denominator)) /
        (2 * denominator);
    return rounded.convert_to<std::int64_t>();
}

}  // namespace

FeatureCounter::FeatureCounter(core::LocalDay from, core::LocalDay to)
    : from_(std::max(from, to - std::chrono::days{look_back_days - 1})) {
    ensure(from <= to, "a window has at least one day");
    // The days are there from the start, so that a day without a sale counts as one.
    days_.resize(static_cast<std::size_t>((to - from_).count() + 1));
}

void FeatureCounter::add(core::LocalDay day, std::span<const Sale> sales) {
    const std::int64_t index = (day - from_).count();
    // Days before the look-back are seen by the replay too.
    if (index < 0 || index >= static_cast<std::int64_t>(days_.size())) return;
    Day& figures = days_[static_cast<std::size_t>(index)];
    for (const Sale& sale : sales) {
        ++payments_;
        figures.sum += sale.amount;
        // A day of refunds alone is not a day of business.
        if (sale.amount > 0) {
            figures.is_active = true;
            sold_ += sale.amount;
        } else {
            ++refunds_;
        }
        // Files without buyers are common, and zero is "unknown".
        if (sale.customer == 0) continue;
        Buyer& buyer = buyers_[sale.customer];
        buyer.sum += sale.amount;
        if (sale.amount > 0) ++buyer.sales;
    }
}

std::int64_t FeatureCounter::sum(std::size_t first, std::size_t count) const {
    std::int64_t sum = 0;
    for (std::size_t i = first; i < first + count; ++i) sum += days_[i].sum;
    return sum;
}

void FeatureCounter::add_days(Features& features) const {
    const std::int64_t total = sum(0, days_.size());
    BigInteger squares = 0;
    std::int64_t top = days_.front().sum;
    std::int64_t gap = 0;
    for (const Day& day : days_) {
        squares += BigInteger(day.sum) * day.sum;
        top = std::max(top, day.sum);
        if (day.is_active) ++features.active_days;
        gap = day.is_active ? 0 : gap + 1;
        features.longest_gap_days = std::max(features.longest_gap_days, gap);
    }
    features.active_days_ppm = share_ppm(features.active_days, features.days);
    // Rounded as the shares are: the millionths cancel out.
    features.mean_day = share_ppm(total, BigInteger(features.days) * ppm);
    // Shares of nothing, or of less, mean nothing.
    if (total <= 0) return;
    const BigInteger square = BigInteger(total) * total;
    // In whole numbers to the end: the same figure on every machine.
    const BigInteger variance = (features.days * squares - square) * ppm * ppm / square;
    features.variation_ppm = BigInteger(sqrt(variance)).convert_to<std::int64_t>();
    features.top_day_ppm = share_ppm(top, total);
}

void FeatureCounter::add_trend(Features& features) const {
    constexpr auto half = static_cast<std::size_t>(trend_days);
    // Half a trend would compare a season with nothing.
    if (days_.size() < 2 * half) return;
    const std::int64_t latest = sum(days_.size() - half, half);
    const std::int64_t before = sum(days_.size() - 2 * half, half);
    if (before > 0) features.trend_ppm = share_ppm(BigInteger(latest) - before, before);
}

void FeatureCounter::add_buyers(Features& features) const {
    // No buyers in the file is not the same as no buyers who return.
    if (buyers_.empty()) return;
    std::uint64_t known = 0;
    std::uint64_t repeated = 0;
    std::uint64_t most = 0;
    std::int64_t top = std::numeric_limits<std::int64_t>::min();
    for (const auto& [customer, buyer] : buyers_) {
        known += buyer.sales;
        if (buyer.sales > 1) repeated += buyer.sales;
        most = std::max(most, buyer.sales);
        top = std::max(top, buyer.sum);
    }
    if (known > 0) {
        features.repeat_buyer_ppm = share_ppm(repeated, known);
        // Of all sales, because the risk is about the whole business.
        features.top_customer_sales_ppm = share_ppm(most, payments_ - refunds_);
    }
    const std::int64_t total = sum(0, days_.size());
    if (total > 0) features.top_customer_value_ppm = share_ppm(top, total);
}

Features FeatureCounter::features() const {
    Features features;
    features.from = from_;
    features.days = static_cast<std::int64_t>(days_.size());
    features.to = from_ + std::chrono::days{features.days - 1};
    features.payments = payments_;
    features.refunds = refunds_;
    add_days(features);
    add_trend(features);
    add_buyers(features);
    // A share of sales before refunds; refunds are what is missing from them.
    if (sold_ > 0) {
        const std::int64_t kept = sum(0, days_.size());
        features.refund_ppm = share_ppm(BigInteger(sold_) - kept, sold_);
    }
    return features;
}

std::vector<FeatureRow> feature_rows(const Features& features) {
    return {
        {"active_days", "ppm", features.active_days_ppm, "days with a sale, of all days",
         "Square; Kopo Kopo, Safaricom"},
        {"mean_day", "minor", features.mean_day, "sales of a day, refunds off, closed days too",
         "Square"},
        {"variation", "ppm", features.variation_ppm, "standard deviation of a day, of the mean day",
         "Square"},
        {"trend_90_days", "ppm", features.trend_ppm, "the last 90 days against the 90 before",
         "Square"},
        {"longest_gap", "days", features.longest_gap_days, "most days in a row without a sale",
         "Square; Kopo Kopo, Safaricom"},
        {"top_day", "ppm", features.top_day_ppm, "the best day, of all sales", "Square"},
        {"refunds", "ppm", features.refund_ppm, "refunds, of sales before refunds",
         "Mercado Credito"},
        {"repeat_buyers", "ppm", features.repeat_buyer_ppm,
         "of sales to known buyers, theirs who came again; a refund is no visit", "Square"},
        {"top_customer_sales", "ppm", features.top_customer_sales_ppm,
         "sales to the most frequent buyer, of the number of all sales",
         "none named: the risk of losing one"},
        {"top_customer_value", "ppm", features.top_customer_value_ppm,
         "what the best buyer spent, refunds off, of the value of all sales",
         "none named: the risk of losing one"},
    };
}

}  // namespace tuma::replay
