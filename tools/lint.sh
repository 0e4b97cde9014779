#!/usr/bin/env bash
# clang-format and clang-tidy over the sources; fails on the first kind of finding after listing
# all of its kind. Needs the clang-format and clang-tidy packages (Debian 12: version 14).
#   tools/lint.sh                 all sources
#   tools/lint.sh src/a.cc b.h    these files only
#   tools/lint.sh --format        clang-format only
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

tidy=1
if [ "${1:-}" = --format ]; then
  tidy=
  shift
fi
for program in clang-format ${tidy:+clang-tidy}; do
  command -v "$program" >/dev/null || {
    echo "lint: $program not found: apt-get install clang-format clang-tidy" >&2
    exit 1
  }
done

if [ $# -gt 0 ]; then
  files=("$@")
else
  mapfile -t files < <(find src cuda tools test examples -type f \
    \( -name '*.h' -o -name '*.cc' -o -name '*.cu' \) | sort)
fi
clang-format --dry-run -Werror "${files[@]}"
echo "lint: ${#files[@]} files are formatted"
[ -n "$tidy" ] || exit 0

cmake --preset tidy >/dev/null
# Only what the CPU build compiles has a command; headers are seen through what includes them.
units=()
for file in "${files[@]}"; do
  if [[ $file == *.cc ]] && grep -qF "\"file\": \"$(realpath "$file")\"" \
    build-tidy/compile_commands.json; then
    units+=("$file")
  fi
done
if [ ${#units[@]} -eq 0 ]; then exit 0; fi
printf '%s\0' "${units[@]}" |
  xargs -0 -n 1 -P "$(nproc)" clang-tidy -p build-tidy --quiet --warnings-as-errors='*'
echo "lint: clang-tidy has nothing to say about ${#units[@]} files"
