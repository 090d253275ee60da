#!/bin/sh
# The rules that swift format does not know: tools/lint.sh PAGE ...
set -eu

status=0
report() {
    printf 'lint: %s\n' "$*" >&2
    status=1
}

for script in tools/*.sh; do
    sh -n "$script" || report "$script is not POSIX sh"
done
bash -n .ci/run || report ".ci/run is not bash"

if command -v mandoc >/dev/null 2>&1; then
    for page in "$@"; do
        mandoc -T lint -W warning "$page" || report "$page"
    done
else
    echo 'lint: mandoc is not installed: the man pages are not checked'
fi

long=$(find Sources -name '*.swift' -exec wc -l {} + | awk '$2 != "total" && $1 > 300 { print $2 " (" $1 " lines)" }')
[ -z "$long" ] || report "longer than 300 lines:" "$long"

foundation=$(grep -rnE '^[^/]*\bimport (struct |class |func |enum )?Foundation' Sources || true)
[ -z "$foundation" ] || report "Sources do without Foundation:" "$foundation"

mutex=$(grep -rnE '^[^/]*\bMutex[<(]' Sources Tests --include='*.swift' || true)
[ -z "$mutex" ] || report "Locked, not Mutex, which ThreadSanitizer does not see:" "$mutex"

# Compiled files go where make clean finds them.
PYTHONPYCACHEPREFIX="$PWD/.build/pycache" "${PYTHON:-python3}" -m compileall -q Tests/SynapseTests Tests/CauseTests Tests/OutputTests Tests/NamespaceTests Tests/Benchmarks ||
    report "Tests/SynapseTests does not compile"

for schema in share/*.schema.json Tests/OutputTests/*.schema.json; do
    "${PYTHON:-python3}" -m json.tool "$schema" /dev/null || report "$schema is not JSON"
done

exit "$status"
