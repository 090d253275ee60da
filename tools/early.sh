#!/bin/sh
# Prints a linker's script that names libcrypto among the command's own libraries, where libcurl brings it along anyway:
# the loader goes through all libraries in their order for each symbol, and would go through some twenty others first for
# each of the three thousand that are in it. Nothing but the order changes.
set -eu
curl=$(gcc -print-file-name=libcurl.so 2>/dev/null) || curl=
case $curl in
/*) crypto=$(ldd "$curl" 2>/dev/null | awk '$1 ~ /^libcrypto\.so/ { print $3; exit }') ;;
*) crypto= ;;
esac
printf '/* Libraries to name early. */\n'
case $crypto in
/*) printf 'INPUT(%s -lc)\n' "$crypto" ;;
esac
