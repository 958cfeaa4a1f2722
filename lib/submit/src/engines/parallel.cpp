#include <fmt/format.h>

#include <filesystem>

#include "ds/base/error.h"
#include "ds/submit/shell.h"
#include "engines/engines.h"
#include "engines/local_engine.h"
#include "script.h"

namespace ds::detail {
namespace {

/// Here `tasks_per_node` is how many models are trained at once on a machine; each is one process.
class ParallelEngine : public LocalEngine {
 public:
  void check(const JobSpec& spec) const override {
    refuse_unused(spec, "parallel", {"nodes", "mem", "time", "partition", "image", "claim", "namespace"});
    if (spec.gpus_per_task > 0 && spec.tasks_per_node > 1)
      throw UsageError("--gpus-per-task: the engine parallel gives out no GPUs; all processes would use one",
                       "--tasks-per-node 1, or the engine slurm");
    if (!spec.extra.empty() && spec.hosts.empty())
      throw UsageError("--extra: without --hosts there is no command that would take it");
  }

  int processes(const JobSpec&) const override { return 1; }

  std::string script(const JobSpec& spec) const override {
    return "#!/bin/bash\n" + comment_lines(spec) + "set -u\n" +
           (spec.hosts.empty() ? "" : "self=$(realpath -- \"$0\") || exit 1\n") + set_up_lines(spec) +
           finish_function(spec, shell_words(spec.command) + " \"$1\"") +
           (spec.hosts.empty() ? here(spec) : over_hosts(spec));
  }

  std::string program(const JobSpec& spec) const override { return spec.hosts.empty() ? "bash" : "parallel"; }

 private:
  static std::string here(const JobSpec& spec) {
    return item_lines(spec) + fmt::format(R"(processes=()
trap 'stopped=1; kill -TERM "${{processes[@]}}" 2>/dev/null' TERM INT
for item in "${{items[@]}}"; do
  while (($(jobs -rp | wc -l) >= {})); do sleep 0.5; done
  ((stopped)) && break
  (
    trap 'stopped=1; [[ -n $process ]] && ask_to_end "$process"' TERM INT
    finish "$item"
  ) &
  processes+=($!)
done
status=0
for process in "${{processes[@]}}"; do
  while :; do
    wait "$process"
    code=$?
    kill -0 "$process" 2>/dev/null || break
  done
  ((code == 0)) || status=$code
done
exit "$status"
)",
                                          spec.tasks_per_node);
  }

  static std::string over_hosts(const JobSpec& spec) {
    std::vector<std::string> words = {"parallel",
                                      "--will-cite",
                                      "-q",
                                      "--termseq",
                                      "TERM,60000,KILL,25",
                                      "--jobs",
                                      std::to_string(spec.tasks_per_node),
                                      "--sshloginfile",
                                      std::filesystem::absolute(spec.hosts).string()};
    words.insert(words.end(), spec.extra.begin(), spec.extra.end());
    return fmt::format(R"(# GNU parallel calls this script for one item, on one of the hosts.
if (($# > 0)); then
  finish "$1"
  exit
fi
{}{} bash "$self" {{}} ::: "${{items[@]}}" &
process=$!
# At the first SIGTERM it only starts nothing more.
trap 'kill -TERM "$process"; sleep 0.2; kill -TERM "$process" 2>/dev/null' TERM INT
while :; do
  wait "$process"
  code=$?
  kill -0 "$process" 2>/dev/null || break
done
exit "$code"
)",
                       item_lines(spec), shell_words(words));
  }
};

}  // namespace

std::unique_ptr<JobEngine> make_parallel_engine() {
  return std::make_unique<ParallelEngine>();
}

}  // namespace ds::detail
