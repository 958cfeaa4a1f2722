#include "ds/train/rank_place.h"

#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "ds/base/error.h"
#include "ds/base/text.h"

namespace ds {
namespace {

constexpr const char* kNames[] = {"RANK",
                                  "WORLD_SIZE",
                                  "LOCAL_RANK",
                                  "LOCAL_WORLD_SIZE",
                                  "MASTER_ADDR",
                                  "MASTER_PORT",
                                  "TORCHELASTIC_USE_AGENT_STORE",
                                  "TORCHELASTIC_RESTART_COUNT",
                                  "OMPI_COMM_WORLD_RANK",
                                  "OMPI_COMM_WORLD_SIZE",
                                  "OMPI_COMM_WORLD_LOCAL_RANK",
                                  "OMPI_COMM_WORLD_LOCAL_SIZE",
                                  "PMIX_NAMESPACE",
                                  "SLURM_PROCID",
                                  "SLURM_NTASKS",
                                  "SLURM_STEP_NUM_TASKS",
                                  "SLURM_LOCALID",
                                  "SLURM_NODEID",
                                  "SLURM_STEP_TASKS_PER_NODE",
                                  "SLURM_STEP_ID",
                                  "SLURM_JOB_ID",
                                  "SLURM_RESTART_COUNT",
                                  "PMI_RANK",
                                  "PMI_SIZE",
                                  "MPI_LOCALRANKID",
                                  "MPI_LOCALNRANKS"};

constexpr const char* kAdvice =
    "every process needs RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT, as torchrun sets them; --ranks off "
    "trains alone";

/// What one launcher calls its numbers.
struct Launcher {
  const char* rank;
  const char* size;
  const char* local_rank;
  const char* local_size;
};

constexpr Launcher kTorchrun = {"RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"};
constexpr Launcher kOpenMpi = {"OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_RANK",
                               "OMPI_COMM_WORLD_LOCAL_SIZE"};
constexpr Launcher kPmi = {"PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"};

class Reader {
 public:
  explicit Reader(const Variables& variables) : variables_(variables) {}

  bool has(const char* name) const { return variables_.contains(name); }
  std::string text(const char* name) const {
    auto found = variables_.find(name);
    return found == variables_.end() ? std::string() : found->second;
  }
  int number(const char* name, int low, int high) const {
    auto value = parse_int(text(name));
    if (!value || *value < low || *value > high)
      throw UsageError(
          fmt::format("{} is '{}'; it must be a number from {} to {}", name, text(name), low, high), kAdvice);
    return static_cast<int>(*value);
  }
  int number_or(const char* name, int low, int high, int otherwise) const {
    return has(name) ? number(name, low, high) : otherwise;
  }
  void require(const char* name, const char* because) const {
    if (!has(name)) throw UsageError(fmt::format("{} is set, {} is not", because, name), kAdvice);
  }

 private:
  const Variables& variables_;
};

constexpr int kMostRanks = 65'536;

RankPlace place_by(const Reader& reader, const Launcher& launcher) {
  reader.require(launcher.size, launcher.rank);
  reader.require(launcher.rank, launcher.size);
  RankPlace place;
  place.size = reader.number(launcher.size, 1, kMostRanks);
  place.rank = reader.number(launcher.rank, 0, place.size - 1);
  place.local_size = reader.number_or(launcher.local_size, 1, place.size, 1);
  place.local_rank = reader.number_or(launcher.local_rank, 0, place.size - 1, 0);
  return place;
}

/// The entry of "2(x3),1" (two tasks on each of three nodes, one on the fourth) for a node; 1
/// when there is none.
int tasks_on_node(const std::string& counts, int node) {
  for (const auto& part : split(counts, ',')) {
    auto times_at = part.find("(x");
    auto tasks = parse_int(part.substr(0, times_at));
    std::int64_t times = 1;
    if (times_at != std::string::npos)
      times = parse_int(part.substr(times_at + 2, part.find(')') - times_at - 2)).value_or(1);
    if (node < times) return std::max(1, static_cast<int>(tasks.value_or(1)));
    node -= static_cast<int>(times);
  }
  return 1;
}

RankPlace place_in_slurm_step(const Reader& reader) {
  const char* size_name = reader.has("SLURM_STEP_NUM_TASKS") ? "SLURM_STEP_NUM_TASKS" : "SLURM_NTASKS";
  if (!reader.has("SLURM_STEP_ID") || !reader.has(size_name)) return {};
  RankPlace place;
  place.size = reader.number(size_name, 1, kMostRanks);
  if (place.alone()) return {};
  reader.require("SLURM_PROCID", "SLURM_STEP_ID");
  place.rank = reader.number("SLURM_PROCID", 0, place.size - 1);
  place.local_rank = reader.number_or("SLURM_LOCALID", 0, place.size - 1, 0);
  place.local_size = tasks_on_node(reader.text("SLURM_STEP_TASKS_PER_NODE"),
                                   reader.number_or("SLURM_NODEID", 0, kMostRanks, 0));
  // A job that was queued again has its number, but not its restart count.
  place.job = fmt::format("slurm-{}.{}.{}", reader.text("SLURM_JOB_ID"), reader.text("SLURM_STEP_ID"),
                          reader.number_or("SLURM_RESTART_COUNT", 0, 1 << 30, 0));
  return place;
}

/// @param because a variable of the launcher, for messages
void add_meeting_point(RankPlace& place, const Reader& reader, const char* because) {
  if (place.alone()) {
    place = {};
    return;
  }
  if (!reader.has("MASTER_ADDR") && !reader.has("MASTER_PORT") && !place.job.empty()) return;
  reader.require("MASTER_ADDR", reader.has("MASTER_PORT") ? "MASTER_PORT" : because);
  reader.require("MASTER_PORT", "MASTER_ADDR");
  place.address = reader.text("MASTER_ADDR");
  place.port = reader.number("MASTER_PORT", 1, 65'535);
  if (place.address.empty()) throw UsageError("MASTER_ADDR is empty", kAdvice);
}

}  // namespace

Variables rank_variables() {
  Variables variables;
  for (const char* name : kNames)
    if (const char* value = std::getenv(name)) variables[name] = value;
  return variables;
}

RankPlace rank_place(const Variables& variables) {
  Reader reader(variables);
  RankPlace place;
  if (reader.has(kTorchrun.rank) || reader.has(kTorchrun.size)) {
    place = place_by(reader, kTorchrun);
    place.agent_listens = reader.text("TORCHELASTIC_USE_AGENT_STORE") == "True";
    place.attempt = reader.text("TORCHELASTIC_RESTART_COUNT");
    add_meeting_point(place, reader, kTorchrun.rank);
  } else if (reader.has(kOpenMpi.rank) || reader.has(kOpenMpi.size)) {
    place = place_by(reader, kOpenMpi);
    if (reader.has("PMIX_NAMESPACE")) place.job = "openmpi-" + reader.text("PMIX_NAMESPACE");
    add_meeting_point(place, reader, kOpenMpi.rank);
  } else if (place = place_in_slurm_step(reader); !place.alone()) {
    add_meeting_point(place, reader, "SLURM_PROCID");
  } else if (reader.has(kPmi.rank) || reader.has(kPmi.size)) {
    place = place_by(reader, kPmi);
    add_meeting_point(place, reader, kPmi.rank);
  }
  return place;
}

int processors_of_rank(int local_size) {
  const auto all = static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
  cpu_set_t bound;
  CPU_ZERO(&bound);
  int usable = sched_getaffinity(0, sizeof bound, &bound) == 0 ? CPU_COUNT(&bound) : all;
  if (usable >= all) usable = all / std::max(1, local_size);
  return std::max(1, usable);
}

}  // namespace ds
