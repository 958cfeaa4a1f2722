#!/usr/bin/env bash
# `ds-train submit --engine slurm` with a real Slurm of one node, which this test starts on the loopback interface
# and ends again: its own munge key and socket, its own ports, nothing outside a temporary folder.
#   slurm_test.sh BIN_FOLDER
set -euo pipefail
bin=$(realpath "$1")
# A name that scripts must quote.
work=$(mktemp -d)/"it's here"
mkdir -p "$work"
source "$(dirname "${BASH_SOURCE[0]}")/cluster.sh"
skip_without sbatch srun slurmctld slurmd munged setpriv
((EUID == 0)) || skip "slurmd needs root"

etc=$(mktemp -d) # without blanks: slurm.conf cannot quote
daemons=()
cleanup() {
  local code=$? pid
  scancel --state=RUNNING >/dev/null 2>&1 || true
  scancel --state=PENDING >/dev/null 2>&1 || true
  for _ in $(seq 50); do
    [[ -n $(squeue -h 2>/dev/null) ]] || break
    sleep 0.1
  done
  for ((i = ${#daemons[@]} - 1; i >= 0; --i)); do kill "${daemons[i]}" 2>/dev/null || true; done
  for pid in "${daemons[@]}"; do
    for _ in $(seq 50); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
  done
  rm -rf "${work%/*}" "$etc"
  exit "$code"
}
trap cleanup EXIT
trap 'exit 143' TERM INT

free_port() {
  local port
  while :; do
    port=$((20000 + RANDOM % 10000))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  echo "$port"
}
# Ends with this script, whatever ends that.
daemon() { # NAME COMMAND...
  local name=$1
  shift
  setpriv --pdeathsig KILL "$@" >"$etc/log/$name.out" 2>&1 &
  daemons+=($!)
}
start_slurm() {
  local host
  host=$(hostname -s)
  mkdir -p "$etc"/{munge,state,spool,log}
  chmod 755 "$etc" "$etc/munge"
  head -c 128 /dev/urandom >"$etc/munge/key"
  chmod 400 "$etc/munge/key"
  cat >"$etc/slurm.conf" <<CONF
ClusterName=ds-test
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
# A job that goes back into the queue waits as long as a credential lives: five seconds, not two minutes.
AuthInfo=socket=$etc/munge/socket,cred_expire=5
StateSaveLocation=$etc/state
SlurmdSpoolDir=$etc/spool
SlurmctldPidFile=$etc/slurmctld.pid
SlurmdPidFile=$etc/slurmd.pid
SlurmctldLogFile=$etc/log/slurmctld.log
SlurmdLogFile=$etc/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,bf_interval=1
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 Sockets=1 CoresPerSocket=2 RealMemory=4000 State=UNKNOWN
PartitionName=main Nodes=$host Default=YES MaxTime=INFINITE State=UP
CONF
  export SLURM_CONF=$etc/slurm.conf
  daemon munged munged --foreground --force --key-file="$etc/munge/key" --socket="$etc/munge/socket" \
    --pid-file="$etc/munge/pid" --log-file="$etc/log/munged.log" --seed-file="$etc/munge/seed"
  wait_until "munged" test -S "$etc/munge/socket"
  daemon slurmctld slurmctld -D -c
  daemon slurmd slurmd -D -c
  wait_until "a node that is idle" bash -c 'sinfo -h -o %t | grep -qx idle'
}
job_value() { # JOB KEY
  scontrol show job "$1" --oneliner | sed -E "s/.*\b$2=([^ ]*).*/\1/"
}
has_ended() { [[ $(job_value "$1" JobState) =~ COMPLETED|FAILED|CANCELLED|TIMEOUT|NODE_FAIL ]]; }
completes() { # JOB RESTARTS
  wait_until "the end of job $1" has_ended "$1"
  expect "job $1" "$(job_value "$1" JobState) after $(job_value "$1" Restarts) restarts" "COMPLETED after $2 restarts"
}
# The process of one rank of a job's step.
pid_of_rank() { # JOB RANK
  local pid
  for pid in $(scontrol listpids "$1.0" | awk 'NR > 1 && $1 > 0 { print $1 }'); do
    [[ $(tr '\0' '\n' <"/proc/$pid/environ" | sed -n 's/^SLURM_PROCID=//p') == "$2" &&
      $(readlink "/proc/$pid/exe") == */ds-train ]] && echo "$pid"
  done
  return 0
}

start_slurm
make_project

# One task, told in the middle that its time is nearly up.
submit slurm --time 4h -- --epochs 30 --name one
one=$run
wait_until "a checkpoint" has_checkpoint "$one"
scancel --batch --signal=USR1 "$job"
completes "$job" 1
expect "state of $one" "$(run_value "$one" state)" done

# Two tasks train one model; the same again, with one of them killed.
submit slurm --tasks-per-node 2 -- --epochs 12 --name whole
whole=$run
completes "$job" 0
submit slurm --tasks-per-node 2 -- --epochs 12 --name killed
wait_until "a checkpoint" has_checkpoint "$run"
kill -KILL "$(pid_of_rank "$job" 1)"
completes "$job" 1
expect_same_training "$whole" "$run"
expect "copies of the net on both tasks" "$(grep '^replicas:' "$DS_PROJECT/runs/$run/config.yaml")" "replicas: 2"

# What cannot be mended by another start is not tried again.
submit slurm -- --epochs 500 --name gone
wait_until "a checkpoint" has_checkpoint "$run"
scancel "$job"
wait_until "the end of job $job" has_ended "$job"
expect "a cancelled job" "$(job_value "$job" JobState)" CANCELLED
wait_until "a saved run" bash -c "ds-train list --json | grep -q '\"run\":\"$run\".*\"state\":\"stopped\"'"

# What the scheduler refuses leaves nothing behind.
runs=$(ds-train list --json | wc -l)
code=0
said=$(ds-train submit --engine slurm --partition nowhere -- --snapshot "$snapshot" "${tiny[@]}" 2>&1) || code=$?
expect "refused" "$code" 1
[[ $said == *"sbatch refused the job"*"invalid partition"* ]] || fail "refused: $said"
expect "runs after a refusal" "$(ds-train list --json | wc -l)" "$runs"
echo "passed in $SECONDS s"
