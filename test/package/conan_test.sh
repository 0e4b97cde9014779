#!/usr/bin/env bash
# The Conan recipe: built and tested by Conan against this system's libraries, in a cache of its own.
#   conan_test.sh SOURCE_DIR
# Exit 77 (skipped) where there is no Conan 2. Takes as long as a build without tests.
set -euo pipefail
source_dir=$1
conan --version 2>/dev/null | grep -q 'version 2' || { echo "skipped: no Conan 2"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export CONAN_HOME=$work
conan profile detect >/dev/null
sed -i 's/cppstd=.*/cppstd=17/' "$work/profiles/default"
for remote in $(conan remote list 2>/dev/null | sed 's/:.*//'); do
  conan remote disable "$remote" >/dev/null
done

# The version of a package of Debian without epoch and what is Debian's.
version_of() {
  dpkg-query -W -f '${Version}' "$1" | sed 's/^[0-9]*://; s/[-+~].*//'
}
for library in assimp=libassimp-dev ceres-solver=libceres-dev eigen=libeigen3-dev \
  gflags=libgflags-dev giflib=libgif-dev glog=libgoogle-glog-dev libpng=libpng-dev \
  nlohmann_json=nlohmann-json3-dev onetbb=libtbb-dev opencv=libopencv-core-dev \
  openexr=libopenexr-dev urdfdom=liburdfdom-dev yaml-cpp=libyaml-cpp-dev zlib=zlib1g-dev; do
  conan create "$source_dir/test/package/conan" --name "${library%%=*}" \
    --version "$(version_of "${library#*=}")" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
done
conan create "$source_dir/packaging/conan" -c 'tools.cmake.cmake_layout:test_folder=$TMP'
