#!/bin/sh
# Runs the Swift tests, and the command that they start, under a sanitizer: tools/sanitize.sh address|thread [OPTION ...]
# The options are those of swift test, as --filter. What is built is kept apart from what is built without one.
#
# Each process leaves its reports in a file of its own, and any such file is a failure. The exit status would not do: the
# command ends by _exit, whose status no sanitizer changes, and most tests of it want it to fail in some way. For the same
# reason leaks are looked for in the tests' own process alone.
set -eu

kind=${1:?address or thread}
shift
scratch=.build/sanitize-$kind
reports=$PWD/$scratch/reports
log="log_path='$reports/report'"
case $kind in
    address)
        export ASAN_OPTIONS="$log:detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1"
        export LSAN_OPTIONS="suppressions='$PWD/tools/sanitize-leaks.txt':print_suppressions=0"
        ;;
    thread) export TSAN_OPTIONS="$log:halt_on_error=0:second_deadlock_stack=1" ;;
    *) printf 'sanitize: %s: address or thread\n' "$kind" >&2 && exit 64 ;;
esac
# The runtime's own reporter of crashes takes ASan's stack for a broken one, or never ends.
export SWIFT_BACKTRACE=enable=no
export SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH="${SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH:-8}"

rm -rf "$reports"
mkdir -p "$reports"
say() { printf 'sanitize: %s\n' "$*" >&2; }

# The linker warns of thousands of symbols of ASan's own: they are of interest only where nothing comes of it.
say "building in $scratch"
"${SWIFT:-swift}" build --build-tests --sanitize="$kind" --scratch-path "$scratch" >"$scratch/build.log" 2>&1 || {
    cat "$scratch/build.log" >&2
    exit 1
}

# No test is one of XCTest's, whose runner loses memory of its own.
status=0
"${SWIFT:-swift}" test --skip-build --disable-xctest --sanitize="$kind" --scratch-path "$scratch" "$@" || status=$?

for report in "$reports"/*; do
    [ -e "$report" ] || continue
    cat "$report" >&2
    say "a report of the $kind sanitizer: $report"
    status=1
done
exit "$status"
