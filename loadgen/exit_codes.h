// What tuma-load ends with, for scripts that decide by it.
#pragma once

#include <string_view>

namespace tuma::loadgen {

enum ExitCode : int {
    exit_done = 0,
    exit_not_held = 1,      ///< the load was not held, or something is broken in the run
    exit_usage = 2,         ///< the arguments or the files they name are wrong
    exit_server_gone = 3,   ///< it cannot be reached, or went away
    exit_slo_broken = 4,    ///< the objective was not kept; of a search: by no rate
    exit_unknown = 5,       ///< whether it was kept cannot be said
    exit_worse = 6,         ///< B is worse than A
    exit_undecided = 7,     ///< which of two is better cannot be said
    exit_cannot_write = 8,  ///< a file; all else was done, and what could be said was printed
    exit_failed = 9,        ///< the system refused something else
};

/// All of them, as --help says it.
inline constexpr std::string_view exit_codes_text =
    "Exit codes: 0 done (of two sides: B is better); 1 the load was not held or the run is "
    "invalid; "
    "2 wrong usage; 3 the server cannot be reached or went away; 4 the SLO was broken (find-max: "
    "by "
    "every rate); 5 whether it was kept is not known; 6 B is worse than A; 7 undecided; 8 a file "
    "cannot be written; 9 the system failed.";

}  // namespace tuma::loadgen
