#!/bin/sh
# Prepares, in the folder $1, how a release is linked so that it starts fast. Where a part of it cannot be had, as on
# another system, that part is left out: nothing but the time of a start depends on it.
#
#   libstdc++.a  the C++ library, which the Swift runtime wants: inside, its symbols need no look-up
#   early.ld     libraries to name early, a linker's script
#   flags        more options for `swift build`
set -eu
folder=$1
mkdir -p "$folder"

# The path of a library that the C compiler links with, if it has it.
path() {
    found=$(gcc -print-file-name="$1" 2>/dev/null) || found=
    case $found in /*) printf '%s\n' "$found" ;; esac
}

archive=$(path libstdc++.a)
[ -z "$archive" ] || ln -sf "$archive" "$folder/libstdc++.a"

# libcurl brings libcrypto along anyway. The loader goes through all libraries in their order for each symbol, and would
# go through some twenty others first for each of the three thousand that are in it: only that order changes.
curl=$(path libcurl.so)
crypto=
[ -z "$curl" ] || crypto=$(ldd "$curl" 2>/dev/null | awk '$1 ~ /^libcrypto\.so/ { print $3; exit }') || crypto=
{
    printf '/* Libraries to name early. */\n'
    case $crypto in /*) printf 'INPUT(%s -lc)\n' "$crypto" ;; esac
} >"$folder/early.ld"

# Forty thousand addresses in the command have to be moved to where it is loaded: packed, they are 10 KB to read instead
# of a megabyte. That takes a linker and a system that know of it, which a small program shows, once.
packed='-use-ld=lld -Xlinker -z -Xlinker pack-relative-relocs -Xlinker --no-export-dynamic'
[ ! -e "$folder/flags" ] || exit 0
flags=
if [ "$(uname -s)" = Linux ]; then
    probe=$folder/probe
    echo 'print(0)' >"$probe.swift"
    # shellcheck disable=SC2086 # they are several
    if swiftc -static-stdlib $packed -o "$probe" "$probe.swift" >/dev/null 2>&1 && "$probe" >/dev/null 2>&1; then
        flags=$(printf '%s\n' "$packed" | sed 's/-use-ld/-Xswiftc &/')
    fi
    rm -f "$probe" "$probe.swift"
fi
printf '%s\n' "$flags" >"$folder/flags"
