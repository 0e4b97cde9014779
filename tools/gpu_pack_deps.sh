#!/usr/bin/env bash
# Fills .deps/ with the headers and libraries that tools/gpu_check.sh needs, copied from this
# machine's Debian packages, for a machine that has only nvcc, CMake, ninja and g++.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
deps=$root/.deps
most_mib=64

packages=(libeigen3-dev libceres-dev libgoogle-glog-dev libgflags-dev libtbb-dev libgtest-dev)
libraries=(ceres glog gflags tbb)
lib=/usr/lib/x86_64-linux-gnu

fail() {
  echo "gpu_pack_deps: $1" >&2
  exit 1
}

command -v dpkg-query >/dev/null || fail "this is no Debian system (no dpkg-query)"
for package in "${packages[@]}"; do
  dpkg-query -L "$package" >/dev/null 2>&1 ||
    fail "$package is not installed: tools/install_deps.sh --test installs it"
done

rm -rf "$deps"
mkdir -p "$deps/include" "$deps/lib"

# Headers; Eigen's without its own folder level and without the unsupported part.
for package in "${packages[@]}"; do
  while read -r file; do
    [ -f "$file" ] || continue
    to=${file#/usr/include/}
    to=${to#x86_64-linux-gnu/}
    to=${to#eigen3/}
    case "$file" in /usr/include/eigen3/unsupported/*) continue ;; esac
    mkdir -p "$deps/include/$(dirname "$to")"
    cp "$file" "$deps/include/$to"
  done < <(dpkg-query -L "$package" | grep '^/usr/include/')
done
cp "$lib/libgtest.a" "$lib/libgtest_main.a" "$deps/lib/"

# Libraries, and what they need except the compiler's and the C library's own.
for library in "${libraries[@]}"; do
  echo "$lib/lib$library.so"
  ldd "$lib/lib$library.so" | awk '$2 == "=>" { print $3 }'
done | sort -u | while read -r file; do
  case "$(basename "$file")" in
    libc.so.* | libm.so.* | libdl.so.* | librt.so.* | libpthread.so.* | ld-linux* | libgcc_s.so.* | \
      libstdc++.so.*) continue ;;
  esac
  # Under the name that programs ask the loader for: libceres.so.3, not libceres.so.
  name=$(objdump -p "$file" | awk '$1 == "SONAME" { print $2 }')
  cp -L "$file" "$deps/lib/${name:-$(basename "$file")}"
done

size=$(du -sm "$deps" | cut -f1)
[ "$size" -le "$most_mib" ] || fail "$deps has $size MiB, more than $most_mib"
glibc=$(cat "$deps"/lib/*.so* | grep -aoE 'GLIBC_2\.[0-9]+' | sort -uV | tail -1)
echo "gpu_pack_deps: $size MiB in $deps; its libraries need $glibc or newer"
