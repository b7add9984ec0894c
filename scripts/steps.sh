# shellcheck shell=bash
# What the scripts here have in common; sourced, not run. Changes into the root of the tree.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
# Objects are found again by ccache from another checkout too.
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$PWD} CCACHE_NOHASHDIR=1

# More tests at a time than processors: many of them wait, for a disk or for the time of a load.
tests_at_once=$(($(nproc) * 2))

fail() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# configure_and_build PRESET [cmake --build arguments]: quiet but for a line now and then; the whole
# output is in build/PRESET.log, its end is shown when something fails.
configure_and_build() {
    local preset=$1 log=build/$1.log started=$SECONDS
    shift
    mkdir -p build
    echo "building $preset (log: $log)"
    cmake --preset "$preset" >"$log" 2>&1 ||
        { tail -n 40 "$log" >&2 && fail "configuring $preset failed, see $log"; }
    cmake --build --preset "$preset" "$@" 2>&1 | tee -a "$log" | awk -v tty="$([[ -t 1 ]] && echo 1)" '
        match($0, /^\[[0-9]+\/[0-9]+\]/) {
            split(substr($0, 2, RLENGTH - 2), step, "/")
            if (tty) printf "\r  %d of %d", step[1], step[2]
            else if (step[1] % 50 == 0 || step[1] == step[2]) printf "  %d of %d\n", step[1], step[2]
            fflush()
            drawn = 1
        }
        END { if (tty && drawn) print "" }' ||
        { grep -E -A 20 'error|FAILED' "$log" | head -n 60 >&2 && fail "building $preset failed, see $log"; }
    echo "built $preset in $((SECONDS - started)) s"
}

passed=0 failed=0 durations=()
# For a trap at the end of a script of steps: how long each took, and "N passed, N failed".
closing_line() {
    [[ $? == 0 || $failed != 0 ]] || failed=1
    printf '%s\n' "${durations[@]-}"
    echo "$passed passed, $failed failed"
}
# step NAME COMMAND...: runs it and counts the tests of ctest's summaries, or itself as one.
step() {
    local name=$1 log started=$SECONDS result=0 rows
    log=build/step-${name// /-}.log
    shift
    mkdir -p build
    echo "=== $name"
    "$@" 2>&1 | tee "$log" || result=$?
    durations+=("$(printf '%5d s  %s' $((SECONDS - started)) "$name")")
    rows=$(sed -nE 's/.*tests passed, ([0-9]+) tests? failed out of ([0-9]+).*/\1 \2/p' "$log")
    if [[ -n $rows ]]; then
        while read -r bad all; do
            passed=$((passed + all - bad)) failed=$((failed + bad))
        done <<<"$rows"
        [[ $result == 0 || $failed != 0 ]] || failed=1
    else
        [[ $result == 0 ]] && passed=$((passed + 1)) || failed=$((failed + 1))
    fi
    [[ $result == 0 ]] || exit 1
}

# fuzz_one TARGET SECONDS: of the asan build.
fuzz_one() {
    mkdir -p "build/asan/corpus/$1"
    "build/asan/$1" -max_total_time="$2" -rss_limit_mb=2048 -print_final_stats=1 \
        "build/asan/corpus/$1" >"build/asan/$1.log" 2>&1 ||
        { tail -n 40 "build/asan/$1.log" && return 1; }
    echo "$1 for $2 s: $(grep 'stat::number_of_executed_units' "build/asan/$1.log")"
}
export -f fuzz_one

# fuzz SECONDS: all targets, as many at a time as there are processors.
fuzz() {
    local targets
    mapfile -t targets < <(sed -nE 's/^add_executable\((fuzz_[a-z0-9_]+).*/\1/p' tests/fuzz/CMakeLists.txt)
    [[ ${#targets[@]} -gt 0 ]] || fail "no fuzz targets in tests/fuzz/CMakeLists.txt"
    printf '%s\n' "${targets[@]}" | xargs -P "$(nproc)" -I{} bash -c "fuzz_one {} $1"
}
