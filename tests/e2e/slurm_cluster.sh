# A real Slurm of one node on the loopback interface, for tests: its own munge key and socket, its own ports, nothing
# outside a temporary folder. Sourced after cluster.sh; skips the test where there is no Slurm. The test calls
# start_slurm, and stop_slurm however it ends.
skip_without sbatch srun slurmctld slurmd munged setpriv
((EUID == 0)) || skip "slurmd needs root"

etc=$(mktemp -d) # without blanks: slurm.conf cannot quote
daemons=()
# Ends what start_slurm began. Where it was not called there is nothing to end, and another Slurm's jobs are not ours.
stop_slurm() {
  local pid
  if ((${#daemons[@]} == 0)); then
    rm -rf "$etc"
    return
  fi
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
  rm -rf "$etc"
}
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
