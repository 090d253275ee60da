#!/bin/sh
# Installs the Debian packages that a task takes, where they are missing. What is done is said first; where nothing
# is missing nothing is said, and no network is needed.
#
#   tools/setup.sh build              what building and testing takes
#   tools/setup.sh build causes       and what the table of causes takes
#   tools/setup.sh build reports      and what checking reports by their schemas takes
#   tools/setup.sh build recipes      and what running docs/recipes.md takes
#   tools/setup.sh build namespace    and what joins in a network namespace take
#   tools/setup.sh build synapse      and what the tests against a real homeserver take
#   tools/setup.sh pages              what checking the man pages takes
#
# With NO_SETUP=1 it installs nothing: it says what is missing, and fails.
set -eu

say() { printf 'setup: %s\n' "$*"; }
fail() {
    printf 'setup: %s\n' "$@" >&2
    exit 1
}

missing=
# Adds package $1 where the command after it fails.
need() {
    package=$1
    shift
    "$@" >/dev/null 2>&1 || missing="$missing $package"
}

# A pkg-config file says that a library and its headers are there, on any system.
need_library() {
    if command -v pkg-config >/dev/null 2>&1; then
        need "$1" pkg-config --exists "$2"
    else
        need "$1" dpkg-query -s "$1"
    fi
}

need_build() {
    need pkg-config command -v pkg-config
    need_library libcurl4-openssl-dev libcurl
    need_library libsodium-dev libsodium
    need_library libmicrohttpd-dev libmicrohttpd
    need_library libgnutls28-dev gnutls
}

need_causes() {
    need python3 command -v python3
    need openssl command -v openssl
    # Linux alone has it; without it one check is left out, and says so.
    [ "$(uname)" != Linux ] || need strace command -v strace
}

need_reports() {
    need_causes
    need python3-jsonschema python3 -c 'import jsonschema'
    need libxml2-utils command -v xmllint
}

need_recipes() {
    need_reports
    need python3-yaml python3 -c 'import yaml'
    need jq command -v jq
    need parallel command -v parallel
}

need_namespace() {
    need_causes
    need iproute2 command -v ip
    need util-linux command -v unshare
}

need_synapse() {
    need_causes
    need python3-venv python3 -c 'import ensurepip, venv'
}

check_swift() {
    command -v swift >/dev/null 2>&1 && return
    fail 'there is no swift on PATH' \
        'install Swift 6.3 (https://www.swift.org/install/linux/) and put its usr/bin on PATH'
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

# The lists of packages may be missing or out of date: they are fetched only where an install fails without.
install_missing() {
    sudo=
    [ "$(id -u)" -eq 0 ] || sudo='sudo '
    say "missing:$missing"
    command -v apt-get >/dev/null 2>&1 || fail 'these are names of Debian packages, and there is no apt-get here'
    [ -z "${NO_SETUP:-}" ] || fail "NO_SETUP is set, so nothing is installed; to do it: ${sudo}apt-get install$missing"
    [ -z "$sudo" ] || command -v sudo >/dev/null 2>&1 || fail "there is no sudo; as root: apt-get install$missing"
    # shellcheck disable=SC2086 # one word a package
    if apt-cache show $missing >/dev/null 2>&1 && install_packages; then return; fi
    say "${sudo}apt-get update"
    as_root apt-get update
    install_packages
}

install_packages() {
    say "${sudo}apt-get install -y --no-install-recommends$missing"
    # shellcheck disable=SC2086
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
}

for task in "$@"; do
    case $task in
        build)
            check_swift
            need_build
            ;;
        causes) need_causes ;;
        reports) need_reports ;;
        recipes) need_recipes ;;
        namespace) need_namespace ;;
        synapse) need_synapse ;;
        pages) need mandoc command -v mandoc ;;
        *) fail "usage: tools/setup.sh build|causes|reports|recipes|namespace|synapse|pages ..." ;;
    esac
done
if [ -n "$missing" ]; then install_missing; fi
