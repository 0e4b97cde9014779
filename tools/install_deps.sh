#!/usr/bin/env bash
# Installs, with apt, what ceres_align needs and this machine lacks. Debian 12's packages only.
#   tools/install_deps.sh          to build and run the programs
#   tools/install_deps.sh --test   to build the tests and benchmarks too
# nvcc is never installed: where it is found CUDA is compiled, elsewhere the build is CPU-only.
set -euo pipefail

packages=(
  g++ cmake ninja-build
  libceres-dev libeigen3-dev libgflags-dev libgoogle-glog-dev libtbb-dev
  libopencv-core-dev libopencv-imgproc-dev libopencv-imgcodecs-dev
  libpng-dev libgif-dev libopenexr-dev nlohmann-json3-dev
  liburdfdom-dev libtinyxml-dev libconsole-bridge-dev libassimp-dev libyaml-cpp-dev
)
test_packages=(
  libgtest-dev libbenchmark-dev libpolyclipping-dev libembree-dev libclang-rt-14-dev
  pybind11-dev python3-dev python3-numpy python3-venv
)

fail() {
  echo "install_deps: $1" >&2
  exit 1
}

for argument in "$@"; do
  case "$argument" in
    --test) packages+=("${test_packages[@]}") ;;
    -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
    *) fail "unknown option '$argument' (there is --test)" ;;
  esac
done

nvcc=$(command -v nvcc || { [ -x /usr/local/cuda/bin/nvcc ] && echo /usr/local/cuda/bin/nvcc; } || true)
if [ -n "$nvcc" ]; then
  echo "install_deps: CUDA will be compiled ($nvcc)"
else
  echo "install_deps: no nvcc on this machine: the build will be CPU-only"
fi

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  fail "this is no Debian system (no dpkg-query or apt-get). Install the equivalents of:
  ${packages[*]}
and build with cmake, as docs/building.md says."
fi

missing=()
for package in "${packages[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null || true)
  grep -qx installed <<<"$state" || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "install_deps: all ${#packages[@]} packages are installed"
  exit 0
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null ||
    fail "these packages are missing, and installing them needs root (no sudo here):
  apt-get install --no-install-recommends ${missing[*]}"
  as_root=(sudo)
fi
echo "install_deps: installing ${#missing[@]} of ${#packages[@]} packages: ${missing[*]}"
# Another process may hold apt's locks (unattended upgrades do). For dpkg's, apt-get waits itself
# when it is told to; for that of the package lists it never does.
lock_wait_s=600
update_lists() {
  local log
  log=$(mktemp)
  trap 'rm -f "$log"' RETURN
  until "${as_root[@]}" env LC_ALL=C apt-get update -q 2>&1 | tee "$log"; do
    grep -q 'Could not get lock' "$log" || return 1
    if [ "$SECONDS" -gt "$lock_wait_s" ]; then return 1; fi
    echo "install_deps: another process holds apt's lock; waiting for it"
    sleep 5
  done
}
update_lists || fail "'apt-get update' failed; see its message above"
# env: sudo does not pass variables on by itself.
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -q --no-install-recommends -o DPkg::Lock::Timeout="$lock_wait_s" \
  "${missing[@]}" ||
  fail "'apt-get install' failed; see its message above (the packages are Debian 12's)"
echo "install_deps: done"
