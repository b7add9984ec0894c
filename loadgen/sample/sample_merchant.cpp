#include "loadgen/sample/sample_merchant.h"

#include "ledger/words/ensure.h"
#include "ledger/words/time.h"
#include "loadgen/arrivals/random.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace tuma::loadgen {
namespace {

__extension__ typedef unsigned __int128 Wide;

constexpr std::uint64_t permille = 1'000;
constexpr std::uint64_t ppm = 1'000'000;

/// The amount at a random point of the curve, a multiple of the step, at least one step.
std::int64_t draw_ticket(const MerchantShape& shape, Random& random) {
    // A thousandth of a ppm is fine enough for the steepest piece, the last.
    constexpr std::uint64_t fine = 1'000;
    const std::uint64_t position = random.below(ppm * fine);
    const auto above = std::upper_bound(shape.tickets.begin(), shape.tickets.end(), position,
                                        [](std::uint64_t at, const TicketPoint& point) {
                                            return at < std::uint64_t{point.share_ppm} * fine;
                                        });
    ensure(above != shape.tickets.begin() && above != shape.tickets.end(),
           "a curve of tickets runs from 0 to 1,000,000 ppm");
    const TicketPoint& low = *(above - 1);
    const std::uint64_t begin = std::uint64_t{low.share_ppm} * fine;
    const std::uint64_t width = std::uint64_t{above->share_ppm} * fine - begin;
    const auto rise = static_cast<std::uint64_t>(above->amount - low.amount);
    const auto climbed = static_cast<std::int64_t>(Wide{rise} * (position - begin) / width);
    // Prices of a shop are multiples of something; the rest is cut off.
    const std::int64_t amount = (low.amount + climbed) / shape.price_step * shape.price_step;
    return std::max(amount, shape.price_step);
}

/// Makes up one day after the other; everything that a day hands on to the next is in here.
class Shop {
public:
    Shop(const MerchantShape& shape, std::uint64_t seed)
        : shape_(shape),
          random_(seed, static_cast<std::uint64_t>(shape.kind)),
          hours_(widened(shape.hour_permille)) {}

    void sell(std::chrono::sys_days day, std::vector<SampleSale>& sales) {
        // Times first and in order, so that a buyer's first sale of the day is the earlier one.
        std::vector<std::chrono::sys_seconds> times(draw_count(day));
        for (std::chrono::sys_seconds& time : times) time = draw_time(day);
        std::sort(times.begin(), times.end());

        const std::size_t first = sales.size();
        for (const std::chrono::sys_seconds time : times) {
            sales.push_back(draw_sale(time));
            // Drawn with the sale, so that a longer sample begins with the same draws.
            promise_refund(day, sales.back());
        }
        // Refunds of earlier days belong to this one's sales.
        pay_refunds(day, sales);
        std::stable_sort(
            sales.begin() + static_cast<std::ptrdiff_t>(first), sales.end(),
            [](const SampleSale& a, const SampleSale& b) { return a.local_time < b.local_time; });
    }

private:
    struct Refund {
        std::chrono::sys_days due;
        std::int64_t amount = 0;
        std::string_view method;
        std::uint32_t customer = 0;
    };

    static std::array<std::uint64_t, 24> widened(const std::array<std::uint32_t, 24>& weights) {
        std::array<std::uint64_t, 24> wide{};
        std::copy(weights.begin(), weights.end(), wide.begin());
        return wide;
    }

    std::uint64_t weekday_percent(std::chrono::sys_days day) const {
        return shape_.weekday_percent[std::chrono::weekday{day}.iso_encoding() - 1];
    }

    /// Poisson around the mean of the weekday times the day's level: as many gaps of mean 1 as fit.
    std::size_t draw_count(std::chrono::sys_days day) {
        Wide level = 0;
        // A sum of exponentials is gamma: it makes days that differ more than chance alone would.
        for (std::uint32_t i = 0; i < shape_.level_shape; ++i) level += random_.exponential();
        constexpr std::uint64_t days_a_week = 7;
        constexpr std::uint64_t percent = 100;
        const Wide mean = level * shape_.sales_a_day_milli * days_a_week * weekday_percent(day) /
                          (percent * permille * shape_.level_shape);
        std::size_t count = 0;
        // Gaps until the mean is spent: that is a Poisson number, in whole numbers.
        for (Wide spent = random_.exponential(); spent < mean; spent += random_.exponential())
            ++count;
        return count;
    }

    SampleSale draw_sale(std::chrono::sys_seconds time) {
        SampleSale sale;
        sale.local_time = time;
        sale.amount = draw_ticket(shape_, random_);
        if (shape_.card_permille > 0)
            sale.method = random_.chance(shape_.card_permille, permille) ? "card" : "cash";
        // Who pays in cash is not known.
        if (shape_.has_customers && sale.method != "cash") sale.customer = draw_customer();
        return sale;
    }

    std::chrono::sys_seconds draw_time(std::chrono::sys_days day) {
        const auto hour = static_cast<std::int64_t>(hours_.draw(random_));
        return day + std::chrono::hours{hour} + std::chrono::seconds{random_.between(0, 3599)};
    }

    /// A new buyer, or the one of a recent sale: who buys often is met again more often, and who
    /// stays away is forgotten.
    std::uint32_t draw_customer() {
        const bool is_new = recent_.empty() || random_.chance(shape_.new_buyer_permille, permille);
        const std::uint32_t customer =
            // Buyers are drawn from sales, not from buyers.
            is_new ? ++customers_ : recent_[random_.below(recent_.size())];
        if (recent_.size() < shape_.memory) {
            recent_.push_back(customer);
        } else {
            recent_[next_] = customer;
            next_ = (next_ + 1) % recent_.size();
        }
        return customer;
    }

    void promise_refund(std::chrono::sys_days day, const SampleSale& sale) {
        // No draw where there are no refunds, so that shapes without them are not changed by this.
        if (shape_.refund_permille == 0 || !random_.chance(shape_.refund_permille, permille))
            return;
        const std::int64_t part =
            random_.between(shape_.refund_part_permille[0], shape_.refund_part_permille[1]);
        const std::int64_t amount = sale.amount * part / std::int64_t{permille};
        // At least one unit, since nothing cannot be refunded.
        refunds_.push_back(
            {draw_refund_day(day), std::max<std::int64_t>(amount, 1), sale.method, sale.customer});
    }

    /// One of the days that follow, each as likely as its weekday's sales.
    std::chrono::sys_days draw_refund_day(std::chrono::sys_days day) {
        const std::uint32_t busiest =
            *std::max_element(shape_.weekday_percent.begin(), shape_.weekday_percent.end());
        for (;;) {
            const auto drawn = day + std::chrono::days{random_.between(1, shape_.refund_days_max)};
            // Drawn again until the weekday fits: closed days pay nothing back.
            if (random_.below(busiest) < weekday_percent(drawn)) return drawn;
        }
    }

    void pay_refunds(std::chrono::sys_days day, std::vector<SampleSale>& sales) {
        // Stable, so that the order of refunds does not depend on the library.
        const auto later = std::stable_partition(refunds_.begin(), refunds_.end(),
                                                 [day](const Refund& r) { return r.due <= day; });
        for (auto refund = refunds_.begin(); refund != later; ++refund)
            sales.push_back({draw_time(day), -refund->amount, refund->method, refund->customer});
        refunds_.erase(refunds_.begin(), later);
    }

    const MerchantShape& shape_;
    Random random_;
    WeightedChoice hours_;
    std::vector<std::uint32_t> recent_;  ///< buyers of the last sales, in a ring once it is full
    std::size_t next_ = 0;
    std::uint32_t customers_ = 0;
    std::vector<Refund> refunds_;
};

}  // namespace

std::vector<SampleSale> sample_sales(const SampleMerchant& merchant) {
    ensure(merchant.days >= 1 && merchant.days <= sample_days_max, "a sample has 1 to 10,000 days");
    Shop shop(shape_of(merchant.kind), merchant.seed);
    std::vector<SampleSale> sales;
    for (std::uint32_t day = 0; day < merchant.days; ++day)
        shop.sell(merchant.from + std::chrono::days{day}, sales);
    return sales;
}

std::string sample_csv(std::span<const SampleSale> sales) {
    std::string csv = "txn_id,ts,amount_minor,method,customer\n";
    // A row's usual length; it saves copying megabytes again and again.
    constexpr std::size_t bytes_a_row = 56;
    csv.reserve(csv.size() + sales.size() * bytes_a_row);
    std::uint64_t number = 0;
    for (const SampleSale& sale : sales) {
        const auto day = std::chrono::floor<std::chrono::days>(sale.local_time);
        const std::chrono::hh_mm_ss clock{sale.local_time - day};
        fmt::format_to(std::back_inserter(csv), "SYN-{:06},{}T{:02}:{:02}:{:02},{},{},", ++number,
                       tuma::text(day), clock.hours().count(), clock.minutes().count(),
                       clock.seconds().count(), sale.amount, sale.method);
        // Who is not known is left empty, not made up.
        if (sale.customer != 0)
            fmt::format_to(std::back_inserter(csv), "SYN-C{:05}", sale.customer);
        csv += '\n';
    }
    return csv;
}

std::string sample_file_name(const SampleMerchant& merchant) {
    return fmt::format("synthetic-{}-seed{}.csv", name(merchant.kind), merchant.seed);
}

std::string sample_summary(const SampleMerchant& merchant, std::span<const SampleSale> sales) {
    std::int64_t total = 0;
    std::uint64_t refunds = 0;
    for (const SampleSale& sale : sales) {
        total += sale.amount;
        if (sale.amount < 0) ++refunds;
    }
    return fmt::format(
        "synthetic, no real merchant: {}, seed {}, {} to {} ({} days): {} payments, {} of them "
        "refunds, {} minor units in all",
        name(merchant.kind), merchant.seed, tuma::text(merchant.from),
        tuma::text(merchant.from + std::chrono::days{merchant.days - 1}), merchant.days,
        sales.size(), refunds, total);
}

Result<std::chrono::sys_days> parse_sample_day(std::string_view text) {
    const auto day = parse_day(text);
    const auto first = std::chrono::sys_days{std::chrono::year{1970} / 1 / 1};
    const auto end = std::chrono::sys_days{std::chrono::year{2200} / 1 / 1};
    // The calendar's library goes further than files of sales should.
    if (!day || *day < first || *day >= end)
        return InputError{"--from",
                          fmt::format("\"{}\" must be a date from 1970-01-01 to 2199-12-31, "
                                      "as 2024-01-31",
                                      text)};
    return *day;
}

}  // namespace tuma::loadgen
