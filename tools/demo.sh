#!/usr/bin/env bash
# Installs what is missing, builds ceres_align in build/ and runs it. Arguments go to the program:
#   tools/demo.sh                                  the demo: a rooster, two reference masks
#   tools/demo.sh --scene my.json --out_dir mine   your own masks
# Results are written to out/ in the checkout unless --out_dir is given. The exit status is the
# program's.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

bash "$root/tools/install_deps.sh"
configure=(cmake -S "$root" -B "$root/build")
if [ ! -f "$root/build/CMakeCache.txt" ]; then
  # The tests' packages are not needed here. An existing build keeps its own settings.
  configure+=(-G Ninja -DCMAKE_BUILD_TYPE=Release -DCERES_ALIGN_BUILD_TESTS=OFF
    -DCERES_ALIGN_BUILD_BENCHMARKS=OFF -DCERES_ALIGN_BUILD_EXAMPLES=OFF)
  if command -v ccache >/dev/null; then
    configure+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  fi
fi
echo "demo: ${configure[*]}"
"${configure[@]}"
cmake --build "$root/build" --target ceres_align --parallel "$(nproc)"

out_dir=
expect_value=
for argument in "$@"; do
  if [ -n "$expect_value" ]; then
    out_dir=$argument
    expect_value=
    continue
  fi
  case "$argument" in
    -out_dir=* | --out_dir=*) out_dir=${argument#*=} ;;
    -out_dir | --out_dir) expect_value=1 ;;
    -help* | --help* | -version | --version) out_dir=none ;;
  esac
done
arguments=("$@")
if [ -z "$out_dir" ] && [ -z "$expect_value" ]; then
  out_dir=$root/out
  if [ "$PWD" = "$root" ]; then out_dir=out; fi
  arguments+=(--out_dir "$out_dir")
fi

printf 'demo: %q' "$root/build/tools/ceres_align"
printf ' %q' "${arguments[@]}"
printf '\n'
status=0
"$root/build/tools/ceres_align" "${arguments[@]}" || status=$?
if [ -d "$out_dir" ]; then
  echo "Files in $out_dir:"
  (cd "$out_dir" && find . -type f -printf '  %8s bytes  %P\n' | sort -k 3)
fi
exit "$status"
