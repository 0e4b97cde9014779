#!/usr/bin/env bash
# The alignment on masks that are wrong in the ways that real ones are: one table row per kind of
# noise, number of masks and start; 306x256, 36 trials, masks 60 degrees apart, one thread.
#
#   tools/bench_masks.sh [smooth|scans] [further flags of bench_align]
#
# Times are wall time but for "cpu ms". TRIALS: instead of 36. BIN: the folder of bench_align
# (build/tools). DATA: a folder with mesh/spot.obj and mesh/teapot.obj (../shared/data); left out,
# with a word on stderr, where it is absent.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
bench=${BIN:-$root/build/tools}/bench_align
data=${DATA:-$root/../shared/data}
set_name=${1:-smooth}
shift || true

case $set_name in
  smooth)
    meshes=blob:6000,multi_part:6000,rooster:6000
    if [[ -f $data/mesh/spot.obj && -f $data/mesh/teapot.obj ]]; then
      meshes+=,$data/mesh/spot.obj,$data/mesh/teapot.obj
    else
      echo "bench_masks.sh: without spot and teapot: $data/mesh is not there" >&2
    fi ;;
  scans) meshes=scan_rooster:150000,scan_blob:150000,scan_thin:150000 ;;
  *) echo "bench_masks.sh: the first argument is smooth or scans, not '$set_name'" >&2; exit 1 ;;
esac

echo "| $set_name masks | masks | start deg / % | success % | median deg | median % | p90 deg | p90 % | evaluations | solve ms | total ms | cpu ms | usable: right | usable: wrong | chi2/6 | in 90 % |"
echo "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|"

# name, flags: a row for one and for two masks and for each start.
row() {
  local name=$1 views
  shift
  for views in 1 2; do
    "$bench" --meshes "$meshes" --views "$views" --trials "${TRIALS:-36}" --angles_deg 5,20 \
      --offsets_percent 4,10 --covariance "$@" |
      awk -F ' *\\| *' -v name="$name" -v views="$views" '
        /^\| [0-9]/ { row = "| " name " | " views " | " $2 " | " $3 " | " $4 " | " $5 " | " $6 " | " $7 \
                            " | " $8 " | " $11 " | " $12 " | " $16 " | " $14 " | " $15 }
        /covariance:/ {
          match($0, /chi2\/6 [-0-9.a-z]+/); chi2 = substr($0, RSTART + 7, RLENGTH - 7)
          match($0, /90 % one [-0-9.a-z]+/); inside = substr($0, RSTART + 9, RLENGTH - 9)
          print row " | " chi2 " | " inside " % |"; fflush() }'
  done
}

row clean "$@"
row "dilated 1 px" --dilate_px 1 "$@"
row "eroded 1 px" --dilate_px -1 "$@"
row "3 missing blobs" --missing_blobs 3 "$@"
row "occluder, 30 % of the outline" --occluded_outline 0.3 "$@"
row "the same, marked" --occluded_outline 0.3 --mark_occluder "$@"
# The right pose, as far as such masks tell it: success is 3 degrees and 3 %.
for rms in 0.5 1 2; do
  row "segmented $rms px" --segmented "$rms" --success_deg 3 --success_percent 3 "$@"
done
