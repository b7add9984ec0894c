# shellcheck shell=bash
# What the scripts here have in common; sourced, not run. Changes into the root of the tree.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}
# Objects are found again by ccache from another checkout too.
export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$PWD} CCACHE_NOHASHDIR=1

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
