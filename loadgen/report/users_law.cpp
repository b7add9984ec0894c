#include "loadgen/report/users_law.h"

#include "loadgen/measure/number_text.h"
#include "loadgen/report/report.h"

#include <fmt/format.h>

namespace tuma::loadgen {

double users_rate(const RunReport& report) {
    const double cycle_us =
        report.response.mean() + static_cast<double>(report.settings.think.mean.count());
    if (report.response.count() == 0 || cycle_us <= 0) return 0;
    return report.settings.users * 1e6 / cycle_us;
}

std::string users_text(const RunReport& report) {
    return fmt::format("{} users who think {}", count_text(report.settings.users),
                       report.settings.think.text());
}

std::string users_remark(const RunReport& report) {
    return fmt::format(
        "{} ask again only when they have their answers, so that a slow server is asked less: the "
        "offered rate follows from the answers and was not asked for. Response runs from the "
        "moment "
        "at which a user wants to ask; nobody else comes meanwhile. With a mean response of {} "
        "they "
        "make {} together (users / (response + thinking)).",
        users_text(report), latency_text(report.response.mean()), rate_text(users_rate(report)));
}

}  // namespace tuma::loadgen
