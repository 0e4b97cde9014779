#!/usr/bin/env bash
# On a machine with a GPU: builds the CUDA rasterizer with its tests and benchmark, checks and
# measures them, and prints one table. Needs nvcc, CMake 3.25, ninja or make, g++, and .deps/
# (tools/gpu_pack_deps.sh); nothing is downloaded.
#   tools/gpu_check.sh [--build-only] [--architectures 90]
# Exit 0: everything passed. Not 0: something failed, or there is no GPU.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
build=build-gpu
architectures=native
build_only=
while [ $# -gt 0 ]; do
  case "$1" in
    --build-only) build_only=1 ;;
    --architectures) architectures=$2; shift ;;
    -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) echo "gpu_check: unknown option '$1'" >&2; exit 1 ;;
  esac
  shift
done

failed=0
table=()
note() { # name, result
  table+=("$(printf '| %-44s | %s |' "$1" "$2")")
  echo "gpu_check: $1: $2"
}
finish() {
  printf '\n| %-44s | result |\n|---|---|\n' check
  printf '%s\n' "${table[@]}"
  exit "$failed"
}
# name, what the log must contain (grep -E; empty: nothing), command…
check() {
  local name=$1 expected=$2 start=$SECONDS
  shift 2
  local log=$build/$(tr -c 'a-z0-9\n' '_' <<<"${name,,}").log
  echo "gpu_check: $*"
  if "$@" >"$log" 2>&1 && { [ -z "$expected" ] || grep -qE "$expected" "$log"; }; then
    note "$name" "ok, $((SECONDS - start)) s"
  else
    failed=1
    tail -n 15 "$log"
    note "$name" "FAILED ($log)"
  fi
}

export PATH=$PATH:/usr/local/cuda/bin
for tool in nvcc cmake g++; do
  command -v "$tool" >/dev/null || { echo "gpu_check: no $tool on this machine" >&2; exit 1; }
done
if ! nvidia-smi -L >/dev/null 2>&1; then
  if [ -z "$build_only" ]; then
    echo "gpu_check: no GPU on this machine (nvidia-smi -L fails): nothing can be checked." \
      "--build-only builds at least." >&2
    exit 1
  fi
  [ "$architectures" != native ] || architectures=90
fi
export LD_LIBRARY_PATH=$root/.deps/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
generator=()
command -v ninja >/dev/null && generator=(-G Ninja)

mkdir -p "$build"
check "configure" "" cmake -S . -B "$build" "${generator[@]}" -DCMAKE_BUILD_TYPE=Release \
  -DCERES_ALIGN_CUDA=ON -DCERES_ALIGN_PACKED_DEPS="$root/.deps" \
  -DCMAKE_CUDA_ARCHITECTURES="$architectures"
[ "$failed" = 0 ] && check "build" "" cmake --build "$build" --parallel "$(nproc)" \
  --target cuda_rasterizer_test batch_parity_test bench_gpu
[ "$failed" = 0 ] || finish
[ -z "$build_only" ] || finish

tests=$build/cuda_rasterizer_test
bench=$build/bench_gpu
passed='\[  PASSED  \] [1-9]'
check "the pipeline on the host against the CPU" "$passed" "$build/batch_parity_test"
check "parity: 1,200 jobs against the CPU" "worst difference" "$tests" \
  --gtest_filter='*ThousandJobs*'
check "the bits of the pipeline on the host" "$passed" "$tests" --gtest_filter='*BitsOfThePipeline*'
check "repeatability, any order and batch" "$passed" "$tests" \
  --gtest_filter='*SameBits*:*ForEach*:*GraphsRoom*'
check "images" "$passed" "$tests" --gtest_filter='*Images*'
check "10,000 evaluations without growth" "$passed" "$tests" --gtest_filter='*TenThousand*'
check "out of memory is said" "$passed" "$tests" --gtest_filter='*Memory*'
check "10,000 alignments without growth" "alignments: host" "$bench" --alignments 10000
if command -v compute-sanitizer >/dev/null; then
  for tool in memcheck racecheck initcheck synccheck; do
    check "compute-sanitizer $tool" "ERROR SUMMARY: 0 errors|RACECHECK SUMMARY: 0 hazards" \
      compute-sanitizer --tool "$tool" --error-exitcode 9 "$tests" \
      --gtest_filter='*GraphsRoom*:*Images*'
  done
else
  failed=1
  note "compute-sanitizer" "NOT RUN: it is not on this machine"
fi
check "benchmark" "whole search" "$bench"
[ -f "$build/benchmark.log" ] && cat "$build/benchmark.log"
finish
