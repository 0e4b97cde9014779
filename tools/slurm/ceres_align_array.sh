#!/usr/bin/env bash
# A batch of scenes as a Slurm job array: every task aligns its share, the last one to end writes
# the results of all.
#
#   sbatch --array=1-16 --cpus-per-task=4 tools/slurm/ceres_align_array.sh \
#       --scenes /data/all.jsonl --out_dir /data/out
#
# Everything behind the script's name goes to ceres_align_batch. A task that was killed or
# preempted goes on where it was when it is submitted again (--requeue does that by itself). The
# program is found in CERES_ALIGN_BATCH, or in the PATH.
#SBATCH --job-name=ceres_align
#SBATCH --requeue
#SBATCH --open-mode=append
set -euo pipefail

program=${CERES_ALIGN_BATCH:-ceres_align_batch}
if [ -z "${SLURM_ARRAY_TASK_ID:-}" ]; then
  echo "ceres_align_array: this is no task of a job array; submit it with sbatch --array=1-N" >&2
  exit 1
fi
if [ "${SLURM_ARRAY_TASK_STEP:-1}" -ne 1 ]; then
  echo "ceres_align_array: the array must count by ones" >&2
  exit 1
fi
index=$((SLURM_ARRAY_TASK_ID - SLURM_ARRAY_TASK_MIN + 1))
count=$((SLURM_ARRAY_TASK_MAX - SLURM_ARRAY_TASK_MIN + 1))
threads=${SLURM_CPUS_PER_TASK:-1}

# Exit 2 says that some scene is not usable, which is no failure of the task.
code=0
"$program" "$@" --shard "$index/$count" --num_threads "$threads" || code=$?
[ "$code" -eq 2 ] && code=0
exit "$code"
