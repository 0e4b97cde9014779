#!/usr/bin/env bash
# The Debian package: built, unpacked elsewhere, and used from there.
#   deb_test.sh BUILD_DIR [PYTHON]      PYTHON: where the build has the Python module
# Exit 77 (skipped) where Debian's packaging tools are missing.
set -euo pipefail
build=$1
python=${2:-}
for program in dpkg-deb dpkg-shlibdeps cpack; do
  command -v "$program" >/dev/null || { echo "skipped: no $program"; exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() {
  echo "deb_test: $1"
  exit 1
}

(cd "$build" && cpack -G DEB -B "$work/cpack") >"$work/cpack.log" 2>&1 ||
  { cat "$work/cpack.log"; fail "cpack failed"; }
depends_of() { dpkg-deb -f "$1" Depends; }
deb=$(ls "$work"/cpack/ceres-align_*.deb)
depends_of "$deb" | grep -q libceres || depends_of "$deb" | grep -q libcholmod ||
  fail "the package names none of the libraries it needs"
dpkg-deb -x "$deb" "$work/root"

# assimp and imgcodecs are loaded when a file needs them: the package has to name them itself.
dpkg-deb -f "$deb" | grep -Eq '^Depends:.* libassimp[0-9]' || fail "Depends has no assimp"
dpkg-deb -f "$deb" | grep -Eq '^Recommends:.*libopencv-imgcodecs[0-9]' || fail "no imgcodecs"
if ldd "$work/root/usr/bin/ceres_align" | grep -E 'libassimp|libopencv_imgcodecs'; then
  fail "ceres_align loads what only some files need"
fi

# The demo finds its mesh beside the program, wherever that lies.
(cd "$work" && "$work/root/usr/bin/ceres_align" --outputs json --out_dir out >out.txt) ||
  fail "the demo of the package: exit $?"
grep -q '"usable": true' "$work/out/result.json" || fail "the demo's result is not usable"

# Where such a library cannot be loaded (here it is an empty file) one line says what to do.
mkdir "$work/broken"
: >"$work/broken/libassimp.so.$(dpkg-deb -f "$deb" Depends | sed 's/.*libassimp\([0-9]*\).*/\1/')"
echo '<?xml version="1.0"?><COLLADA/>' >"$work/a.dae"
"$work/root/usr/bin/make_masks" --mesh "$work/root/usr/share/ceres_align/rooster_small.obj" \
  --num_views 1 --fov_deg 30 --out_dir "$work/masks" >/dev/null
status=0
LD_LIBRARY_PATH=$work/broken "$work/root/usr/bin/ceres_align" --mesh "$work/a.dae" \
  --masks "$work/masks/view0.png" --fov_deg 30 --out_dir "$work/none" >/dev/null 2>"$work/error" ||
  status=$?
[ "$status" = 1 ] && [ "$(wc -l <"$work/error")" = 1 ] &&
  grep -q 'need libassimp.so.*, which cannot be loaded here; save it as OBJ' "$work/error" ||
  fail "without assimp: exit $status, '$(cat "$work/error")'"

for program in "$work"/root/usr/bin/*; do
  name=$(basename "$program")
  page=$work/root/usr/share/man/man1/$name.1
  # cpack compresses nothing; Debian's debhelper would.
  [ -f "$page" ] || fail "$name has no manual page"
  grep -q '^\.SH NAME' "$page" || fail "$name's page has no NAME"
  if command -v groff >/dev/null; then
    warnings=$(groff -man -ww -z "$page" 2>&1) || true
    [ -z "$warnings" ] || fail "$name's page: $warnings"
  fi
  [ -f "$work/root/usr/share/bash-completion/completions/$name" ] || fail "$name has no completion"
done

# What bash offers for a beginning of a flag.
export PATH=$work/root/usr/bin:$PATH
offers=$(bash -c '
  source "'"$work"'/root/usr/share/bash-completion/completions/ceres_align"
  COMP_WORDS=(ceres_align --mask_t)
  COMP_CWORD=1
  _ceres_align ceres_align
  echo "${COMPREPLY[*]}"')
[ "$offers" = "--mask_threshold" ] || fail "completion of --mask_t offers '$offers'"
# The module in a package of its own, where Debian's Python looks for it.
if [ -n "$python" ]; then
  module=$(ls "$work"/cpack/python3-ceres-align_*.deb)
  depends_of "$module" | grep -q 'python3-numpy' || fail "the module's package needs no NumPy"
  dpkg-deb -x "$module" "$work/root"
  folder=$work/root/usr/lib/python3/dist-packages
  PYTHONPATH=$folder "$python" -B "$(dirname "$0")/python_test.py" "$folder" ||
    fail "the Python module of the package"
fi
echo "packages, manual pages and completion work"
