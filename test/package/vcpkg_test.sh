#!/usr/bin/env bash
# The vcpkg port: built by vcpkg, as an overlay, with overlays too for the libraries that it needs:
# they have nothing but, where Debian's package has no CMake files of the port's, these.
#   vcpkg_test.sh SOURCE_DIR VERSION
# Exit 77 (skipped) where there is no vcpkg (VCPKG_ROOT). Takes as long as a build without tests.
set -euo pipefail
source_dir=$1
version=$2
port=$source_dir/packaging/vcpkg/ports/ceres-align
grep -q "\"version\": \"$version\"" "$port/vcpkg.json" ||
  { echo "vcpkg_test: vcpkg.json has another version than $version"; exit 1; }
vcpkg=${VCPKG_ROOT:-/nonexistent}/vcpkg
[ -x "$vcpkg" ] || vcpkg=$(command -v vcpkg || true)
[ -n "${VCPKG_ROOT:-}" ] && [ -n "$vcpkg" ] || { echo "skipped: no vcpkg"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export VCPKG_FORCE_SYSTEM_BINARIES=1 VCPKG_DISABLE_METRICS=1

# The port's own form, and names of dependencies and features that vcpkg knows.
cp "$port/vcpkg.json" "$work/vcpkg.json"
"$vcpkg" format-manifest "$work/vcpkg.json" >/dev/null
diff "$port/vcpkg.json" "$work/vcpkg.json" || { echo "vcpkg_test: format-manifest"; exit 1; }
"$vcpkg" install ceres-align --overlay-ports="$source_dir/packaging/vcpkg/ports" --dry-run \
  --x-install-root="$work/none" >"$work/plan" 2>&1 ||
  { cat "$work/plan"; echo "vcpkg_test: the plan with vcpkg's own ports"; exit 1; }
sed -n '/will be/,$p' "$work/plan"

# overlay NAME JSON: an empty port.
overlay() {
  mkdir -p "$work/ports/$1"
  printf '{"name": "%s", "version": "0"%s}\n' "$1" "${2:-}" >"$work/ports/$1/vcpkg.json"
  echo 'set(VCPKG_POLICY_SKIP_ALL_POST_BUILD_CHECKS enabled)' >"$work/ports/$1/portfile.cmake"
}
# config PORT PACKAGE LINE...: its CMake file.
config() {
  local port=$1 package=$2
  shift 2
  printf '%s\n' "$@" >"$work/ports/$port/Config.cmake"
  echo "file(INSTALL \${CMAKE_CURRENT_LIST_DIR}/Config.cmake DESTINATION" \
    "\${CURRENT_PACKAGES_DIR}/share/$package RENAME ${package}Config.cmake)" \
    >>"$work/ports/$port/portfile.cmake"
}
for name in assimp ceres eigen3 gflags giflib glog libpng nlohmann-json openexr tbb urdfdom \
  yaml-cpp zlib; do
  overlay "$name"
done
features=
for feature in fs jpeg png thread tiff; do
  features+="${features:+, }\"$feature\": {\"description\": \"$feature\"}"
done
overlay opencv4 ", \"features\": {$features}"
config assimp assimp 'add_library(assimp::assimp INTERFACE IMPORTED)' \
  'target_link_libraries(assimp::assimp INTERFACE assimp)'
config urdfdom urdfdom 'add_library(urdfdom::urdfdom_model INTERFACE IMPORTED)' \
  'target_link_libraries(urdfdom::urdfdom_model INTERFACE urdfdom_model tinyxml console_bridge)'
config opencv4 OpenCV 'foreach(part core imgproc imgcodecs)' \
  '  add_library(opencv_${part} INTERFACE IMPORTED)' \
  '  target_include_directories(opencv_${part} INTERFACE /usr/include/opencv4)' \
  '  set_property(TARGET opencv_${part} PROPERTY INTERFACE_LINK_LIBRARIES' \
  '               "-lopencv_${part};-lopencv_core")' 'endforeach()'

"$vcpkg" install ceres-align --triplet=x64-linux-release --host-triplet=x64-linux-release \
  --overlay-ports="$source_dir/packaging/vcpkg/ports" --overlay-ports="$work/ports" \
  --binarysource=clear --x-install-root="$work/installed" --x-buildtrees-root="$work/buildtrees" \
  --x-packages-root="$work/packages" --downloads-root="$work/downloads"

# A user's project, and the demo.
installed=$work/installed/x64-linux-release
cmake -S "$source_dir/test/package/consumer" -B "$work/consumer" \
  -DCMAKE_TOOLCHAIN_FILE="$VCPKG_ROOT/scripts/buildsystems/vcpkg.cmake" \
  -DVCPKG_INSTALLED_DIR="$work/installed" -DVCPKG_TARGET_TRIPLET=x64-linux-release \
  -DEXPECTED_VERSION="$version" -DEXAMPLE="$source_dir/examples/height_prior.cc" >/dev/null
cmake --build "$work/consumer"
"$work/consumer/consumer"
(cd "$work" && "$installed/tools/ceres-align/ceres_align" --outputs json --out_dir demo)
[ -f "$installed/share/ceres_align/rooster_small.obj" ]
[ -f "$installed/share/ceres-align/copyright" ]
[ ! -d "$installed/bin" ]
