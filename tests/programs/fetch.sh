#!/bin/sh
# Fetches Debian source packages into target/sources/<package>, unpacked.
#
# apt does the fetching and the checking: the package index is verified against Debian's archive key, and each file
# against the index. All of apt's state lies under target/, so nothing on the system is changed and no root is needed.
#
#   fetch.sh PACKAGE...      exit 0: every package is there; 3: at least one cannot be had (the reason is on stderr)
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
sources=${WRT_SOURCES:-$root/target/sources}
apt=$sources/apt
suite=bookworm
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

missing=
for package in "$@"; do
    [ -f "$sources/$package/.complete" ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null; then
    echo "fetch.sh: skipped$missing, because apt-get is not on this machine" >&2
    exit 3
fi
if [ ! -f "$keyring" ]; then
    echo "fetch.sh: skipped$missing, because Debian's archive key $keyring is not on this machine (debian-archive-keyring)" >&2
    exit 3
fi

mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$apt/parts"
: >"$apt/status"
# Security updates come second so that a fixed version replaces the release's.
cat >"$apt/sources.list" <<LIST
deb-src [signed-by=$keyring] http://deb.debian.org/debian $suite main
deb-src [signed-by=$keyring] http://deb.debian.org/debian-security $suite-security main
LIST

private_apt() {
    apt-get -qq \
        -o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts="$apt/parts" \
        -o Dir::State="$apt" -o Dir::State::lists="$apt/lists" -o Dir::State::status="$apt/status" \
        -o Dir::Cache="$apt/cache" -o APT::Sandbox::User= -o Acquire::Languages=none \
        -o APT::Get::AllowUnauthenticated=false "$@"
}

if ! private_apt update; then
    echo "fetch.sh: skipped$missing, because Debian's package index cannot be fetched" >&2
    exit 3
fi
result=0
for package in $missing; do
    dir=$sources/$package
    rm -rf "$dir" && mkdir -p "$dir/files"
    if ! (cd "$dir/files" && private_apt source --download-only "$package" >/dev/null); then
        echo "fetch.sh: skipped $package, because its source package cannot be fetched" >&2
        result=3
        continue
    fi
    # The upstream archive is enough: Debian's patches concern its build system and paths.
    archive=$(ls "$dir/files" | grep '\.orig\.tar\.[a-z0-9]*$' | head -n 1)
    mkdir -p "$dir/src"
    tar -xf "$dir/files/$archive" -C "$dir/src" --strip-components=1
    basename "$archive" >"$dir/.complete"
done
exit $result
