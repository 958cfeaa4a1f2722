#include <fmt/format.h>

#include <filesystem>

#include "ds/base/error.h"
#include "ds/submit/shell.h"
#include "engines/engines.h"
#include "engines/local_engine.h"
#include "script.h"

namespace ds::detail {
namespace {

/// mpirun that gets SIGTERM kills its processes before they have saved. Those on this machine get it instead:
/// when one stops, all do. mpirun's other children bring up other machines.
constexpr const char* kStop = R"(local child found=
  for child in $(cat "/proc/$1/task/$1/children"); do
    grep -qz '^OMPI_COMM_WORLD_RANK=' "/proc/$child/environ" && kill -TERM "$child" && found=1
  done 2>/dev/null
  [[ -n $found ]] || kill -TERM "$1" 2>/dev/null)";

class MpiEngine : public LocalEngine {
 public:
  void check(const JobSpec& spec) const override {
    refuse_unused(spec, "mpi", {"mem", "time", "partition", "image", "claim", "namespace"});
    if (spec.nodes > 1 && spec.hosts.empty())
      throw UsageError(fmt::format("--nodes {}: mpirun does not know them", spec.nodes),
                       "name a hostfile: --hosts FILE, a line such as `node1 slots=2` for each");
  }

  std::string script(const JobSpec& spec) const override {
    return "#!/bin/bash\n" + comment_lines(spec) + "set -u\n" + set_up_lines(spec) + item_lines(spec) +
           finish_function(spec, shell_words(mpirun(spec)) + " \"$1\"", kStop) + R"(status=0
for item in "${items[@]}"; do
  finish "$item" || status=$?
  ((stopped)) && break
done
exit "$status"
)";
  }

  std::string program(const JobSpec&) const override { return "mpirun"; }

 private:
  static std::vector<std::string> mpirun(const JobSpec& spec) {
    std::vector<std::string> words = {"mpirun", "-n", std::to_string(spec.world_size())};
    if (!spec.hosts.empty())
      words.insert(words.end(), {"--hostfile", std::filesystem::absolute(spec.hosts).string()});
    // Threads of a process may use all its processors; it has time to write down how it ended
    // when another one has.
    words.insert(words.end(), {"--map-by", fmt::format("ppr:{}:node", spec.tasks_per_node), "--bind-to",
                               "none", "--mca", "odls_base_sigkill_timeout", "5"});
    for (const auto& [name, value] : spec.variables()) words.insert(words.end(), {"-x", name});
    words.insert(words.end(), spec.extra.begin(), spec.extra.end());
    words.insert(words.end(), spec.command.begin(), spec.command.end());
    return words;
  }
};

}  // namespace

std::unique_ptr<JobEngine> make_mpi_engine() {
  return std::make_unique<MpiEngine>();
}

}  // namespace ds::detail
