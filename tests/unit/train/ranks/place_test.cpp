#include "ds/train/rank_place.h"

#include "ds/base/error.h"

#include <catch2/catch.hpp>

namespace {

std::string message_of(const ds::Variables& variables) {
  try {
    ds::rank_place(variables);
  } catch (const ds::UsageError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("every launcher's variables give a rank's place") {
  struct Case {
    const char* what;
    ds::Variables variables;
    int rank, size, local_rank, local_size;
    const char* address;
    int port;
    const char* job;
  };
  const ds::Variables mpirun = {{"OMPI_COMM_WORLD_RANK", "3"},
                                {"OMPI_COMM_WORLD_SIZE", "4"},
                                {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                                {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"},
                                {"PMIX_NAMESPACE", "776667137"}};
  const ds::Variables srun = {{"SLURM_JOB_ID", "17"},       {"SLURM_STEP_ID", "0"},
                              {"SLURM_NTASKS", "5"},        {"SLURM_PROCID", "4"},
                              {"SLURM_LOCALID", "0"},       {"SLURM_NODEID", "2"},
                              {"SLURM_RESTART_COUNT", "1"}, {"SLURM_STEP_TASKS_PER_NODE", "2(x2),1"}};
  auto with = [](ds::Variables variables, const ds::Variables& more) {
    variables.insert(more.begin(), more.end());
    return variables;
  };
  const ds::Variables master = {{"MASTER_ADDR", "node1"}, {"MASTER_PORT", "29500"}};
  const std::vector<Case> cases = {
      {"nothing", {}, 0, 1, 0, 1, "", 0, ""},
      {"torchrun",
       with({{"RANK", "1"}, {"WORLD_SIZE", "4"}, {"LOCAL_RANK", "1"}, {"LOCAL_WORLD_SIZE", "2"}}, master), 1,
       4, 1, 2, "node1", 29500, ""},
      {"torchrun of one", {{"RANK", "0"}, {"WORLD_SIZE", "1"}}, 0, 1, 0, 1, "", 0, ""},
      {"an address alone is no rank", master, 0, 1, 0, 1, "", 0, ""},
      {"mpirun", mpirun, 3, 4, 1, 2, "", 0, "openmpi-776667137"},
      {"mpirun with an address", with(mpirun, master), 3, 4, 1, 2, "node1", 29500, "openmpi-776667137"},
      {"srun", srun, 4, 5, 0, 1, "", 0, "slurm-17.0.1"},
      {"srun, first node", with({{"SLURM_NODEID", "1"}, {"SLURM_PROCID", "3"}, {"SLURM_LOCALID", "1"}}, srun),
       3, 5, 1, 2, "", 0, "slurm-17.0.1"},
      {"a step within a larger job", with({{"SLURM_STEP_NUM_TASKS", "1"}}, srun), 0, 1, 0, 1, "", 0, ""},
      {"a batch script is no step",
       {{"SLURM_JOB_ID", "17"}, {"SLURM_NTASKS", "4"}, {"SLURM_PROCID", "0"}, {"SLURM_LOCALID", "0"}},
       0,
       1,
       0,
       1,
       "",
       0,
       ""},
      {"mpirun in a Slurm step", with(mpirun, srun), 3, 4, 1, 2, "", 0, "openmpi-776667137"},
      {"mpiexec of MPICH", with({{"PMI_RANK", "1"}, {"PMI_SIZE", "2"}, {"MPI_LOCALRANKID", "1"}}, master), 1,
       2, 1, 1, "node1", 29500, ""},
  };
  for (const auto& expected : cases) {
    INFO(expected.what);
    auto place = ds::rank_place(expected.variables);
    CHECK(place.rank == expected.rank);
    CHECK(place.size == expected.size);
    CHECK(place.local_rank == expected.local_rank);
    CHECK(place.local_size == expected.local_size);
    CHECK(place.address == expected.address);
    CHECK(place.port == expected.port);
    CHECK(place.job == expected.job);
  }
}

TEST_CASE("torchrun's own store is used where it says so") {
  auto place = ds::rank_place({{"RANK", "0"},
                               {"WORLD_SIZE", "2"},
                               {"MASTER_ADDR", "localhost"},
                               {"MASTER_PORT", "1"},
                               {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                               {"TORCHELASTIC_RESTART_COUNT", "3"}});
  CHECK(place.agent_listens);
  CHECK(place.attempt == "3");
}

TEST_CASE("bad or half-set variables are named") {
  CHECK(message_of({{"RANK", "0"}}) == "RANK is set, WORLD_SIZE is not");
  CHECK(message_of({{"WORLD_SIZE", "2"}}) == "WORLD_SIZE is set, RANK is not");
  CHECK(message_of({{"RANK", "0"}, {"WORLD_SIZE", "2"}}) == "RANK is set, MASTER_ADDR is not");
  CHECK(message_of({{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_PORT", "1"}}) ==
        "MASTER_PORT is set, MASTER_ADDR is not");
  CHECK(message_of({{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "a"}}) ==
        "MASTER_ADDR is set, MASTER_PORT is not");
  CHECK(message_of({{"RANK", "2"}, {"WORLD_SIZE", "2"}}) == "RANK is '2'; it must be a number from 0 to 1");
  CHECK(message_of({{"RANK", "0"}, {"WORLD_SIZE", "two"}}) ==
        "WORLD_SIZE is 'two'; it must be a number from 1 to 65536");
  CHECK(message_of({{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"MASTER_ADDR", "a"}, {"MASTER_PORT", "0"}}) ==
        "MASTER_PORT is '0'; it must be a number from 1 to 65535");
  CHECK(message_of({{"SLURM_STEP_ID", "0"}, {"SLURM_NTASKS", "2"}}) ==
        "SLURM_STEP_ID is set, SLURM_PROCID is not");
  CHECK(message_of({{"PMI_RANK", "0"}, {"PMI_SIZE", "2"}}) == "PMI_RANK is set, MASTER_ADDR is not");
}

TEST_CASE("a rank has at least one processor") {
  CHECK(ds::processors_of_rank(1) >= 1);
  CHECK(ds::processors_of_rank(100'000) == 1);
}
