#!/usr/bin/env bash
# Four array tasks on a real Slurm of one node give the bits of one process.
#   slurm_test.sh SOURCE_DIR TOOLS_DIR
# Exit 77 (skipped) where Slurm's daemons are not installed or cannot run.
set -euo pipefail
source_dir=$1
tools=$2
export PATH=$PATH:/usr/sbin:/sbin

skip() {
  echo "skipped: $1"
  exit 77
}
for program in slurmctld slurmd sbatch munged; do
  command -v "$program" >/dev/null || skip "no $program (Debian: slurm-wlm munge)"
done
[ "$(id -u)" -eq 0 ] || skip "Slurm's daemons need root"

work=$(mktemp -d)
chmod 755 "$work"
pids=()
stop() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait || true
  rm -rf "$work"
}
trap stop EXIT

# Credentials of a munge of our own.
mkdir -p "$work"/{munge,state,spool}
chmod 700 "$work/munge"
head -c 1024 /dev/urandom >"$work/munge/key"
chmod 400 "$work/munge/key"
munged --foreground --force --socket="$work/munge.socket" --key-file="$work/munge/key" \
  --pid-file="$work/munge/pid" --log-file="$work/munge/log" --seed-file="$work/munge/seed" &
pids+=($!)

host=$(hostname -s)
port=$((20000 + RANDOM % 20000))
cat >"$work/slurm.conf" <<END
ClusterName=test
SlurmctldHost=$host(127.0.0.1)
SlurmUser=root
SlurmctldPort=$port
SlurmdPort=$((port + 1))
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
SlurmdParameters=config_overrides
MpiDefault=none
SchedulerParameters=sched_interval=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=test Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
export SLURM_CONF=$work/slurm.conf
slurmctld -D -f "$SLURM_CONF" >"$work/slurmctld.log" 2>&1 &
pids+=($!)
slurmd -D -f "$SLURM_CONF" >"$work/slurmd.log" 2>&1 &
pids+=($!)
ready=no
for _ in $(seq 60); do
  if sinfo -h -o %T 2>/dev/null | grep -q idle; then ready=yes && break; fi
  sleep 0.5
done
if [ "$ready" = no ]; then
  tail -n 8 "$work/slurmctld.log" "$work/slurmd.log"
  skip "Slurm's daemons do not come up here"
fi

"$tools/make_masks" --mesh "$source_dir/data/rooster_small.obj" --num_poses 18 --num_views 2 \
  --start_rotation_deg 10 --out_dir "$work/set" >/dev/null
"$tools/ceres_align_batch" --scenes "$work/set" --out_dir "$work/one" >/dev/null
export CERES_ALIGN_BATCH=$tools/ceres_align_batch
# --wait: until all tasks have ended; with their worst exit code.
sbatch --wait --array=5-8 --output="$work/task_%a.log" \
  "$source_dir/tools/slurm/ceres_align_array.sh" --scenes "$work/set" --out_dir "$work/four"
cat "$work"/task_*.log
ls "$work/four"
[ "$(ls "$work"/four/journal-*-of-4.jsonl | wc -l)" -eq 4 ] || { echo "not four journals"; exit 1; }
cmp "$work/one/results.jsonl" "$work/four/results.jsonl"
[ "$(wc -l <"$work/four/results.jsonl")" -eq 18 ]
echo "the same bits from 4 tasks and from one process"
