#!/usr/bin/env bash
# Installs what is missing, builds everything and runs all tests.
#   tools/test.sh              Release, in build/
#   tools/test.sh --sanitize   with AddressSanitizer and UndefinedBehaviorSanitizer, in build-asan/
#   tools/test.sh --sanitize-readers   so only what reads files, draws and searches: the tests that
#                              test/CMakeLists.txt labels "sanitized", in build-asan-readers/
# Further arguments go to ctest, for example -R rigid3d.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"

preset=default
build=build
target=all
select=()
case "${1:-}" in
  --sanitize)
    preset=asan
    build=build-asan
    shift
    ;;
  --sanitize-readers)
    preset=asan
    build=build-asan-readers
    target=sanitized_tests
    select=(--label-regex sanitized)
    shift
    ;;
esac

bash tools/install_deps.sh --test
configure=(cmake -S . -B "$build")
if [ ! -f "$build/CMakeCache.txt" ]; then
  configure=(cmake --preset "$preset" -B "$build")
  if command -v ccache >/dev/null; then
    configure+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
  fi
fi
# tools/demo.sh makes a build without them.
configure+=(-DCERES_ALIGN_BUILD_TESTS=ON -DCERES_ALIGN_BUILD_BENCHMARKS=ON
  -DCERES_ALIGN_BUILD_EXAMPLES=ON)
echo "test: ${configure[*]}"
"${configure[@]}"
cmake --build "$build" --target "$target" --parallel "$(nproc)"
cd "$build"
exec ctest --output-on-failure --parallel "$(nproc)" "${select[@]}" "$@"
