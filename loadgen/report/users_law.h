// What a number of users who wait and think can ask for at most.
#pragma once

#include <string>

namespace tuma::loadgen {

struct RunReport;

/// The interactive response time law: users / (response + thinking), with the mean response of this
/// run; operations a second, 0 without users or answers.
/// Source: Denning, Buzen, "The operational analysis of queueing network models" (1978).
double users_rate(const RunReport& report);

/// "5 000 users who think exp:30s".
std::string users_text(const RunReport& report);

/// What a reader must know of latencies of users.
std::string users_remark(const RunReport& report);

}  // namespace tuma::loadgen
