#!/bin/sh
# Breaks each authorisation rule of each room version, and says of each whether the examples notice it.
set -eu
cd "$(dirname "$0")/.."

output=$(mktemp)
trap 'rm -f "$output"' EXIT
status=0
MUTATE_RULES=1 ${SWIFT:-swift} test --no-parallel --filter 'MatrixTests.AuthExampleTests' >"$output" 2>&1 || status=1
if ! grep '^version [0-9]* rule ' "$output"; then
    cat "$output" >&2
    exit 1
fi
caught=$(grep -c '^version .*: caught$' "$output" || true)
missed=$(grep -c '^version .*: NOT CAUGHT' "$output" || true)
echo "$caught rules caught, $missed not"
[ "$missed" -eq 0 ] || status=1
exit "$status"
