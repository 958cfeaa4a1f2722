#pragma once

#include <map>
#include <string>

namespace ds {

/// Where a process stands among those that train one model together.
struct RankPlace {
  int rank = 0;
  int size = 1;
  int local_rank = 0;  // among the ranks of this machine: which GPU is its own
  int local_size = 1;  // ranks on this machine; 1 when nothing says how many
  /// Where the ranks meet. Empty: rank 0 listens at a free port and writes where into the project's folder.
  std::string address;
  int port = 0;
  /// What the ranks of this start have in common and no other start has; names that file.
  std::string job;
  bool agent_listens = false;  // torchrun's own process listens at `address`, not rank 0
  std::string attempt;         // torchrun's restart count

  bool alone() const { return size == 1; }
};

/// Environment variables, as far as they are set.
using Variables = std::map<std::string, std::string>;

/// Those of this process that `rank_place` reads.
Variables rank_variables();

/// The place that a launcher has given this process, the first of
///  - torchrun's RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR, MASTER_PORT (MPI operators and
///    Kubernetes jobs set them, too);
///  - mpirun of Open MPI: OMPI_COMM_WORLD_RANK, _SIZE, _LOCAL_RANK, _LOCAL_SIZE;
///  - srun: SLURM_PROCID, SLURM_LOCALID and the step's task count, in a step of more than one task alone (a
///    batch script has SLURM_PROCID=0, too, and is no rank);
///  - mpiexec of MPICH and Intel MPI: PMI_RANK, PMI_SIZE, MPI_LOCALRANKID, MPI_LOCALNRANKS.
/// MASTER_ADDR and MASTER_PORT count with each of them. Alone when there is none. Throws UsageError naming
/// the variable that is missing or no number in range.
RankPlace rank_place(const Variables& variables);

/// Processors that one of `local_size` ranks of this machine should use: those it is bound to, or its share
/// of all when it is bound to none.
int processors_of_rank(int local_size);

}  // namespace ds
