#include <fmt/format.h>

#include "ds/base/error.h"
#include "ds/submit/shell.h"
#include "engines/engines.h"
#include "script.h"

namespace ds::detail {
namespace {

/// Seconds before the time limit at which the script is told. Slurm looks at limits about once a minute.
constexpr int kWarningSeconds = 120;

/// A value in an #SBATCH line. sbatch's own tokenizer reads it, which knows double quotes and a backslash
/// before one of them, and expands nothing.
std::string sbatch_word(const std::string& text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

/// A file name in which sbatch replaces nothing (%j is the job's number there).
std::string sbatch_path(const std::string& text) {
  std::string doubled;
  for (char c : text) doubled += c == '%' ? std::string("%%") : std::string(1, c);
  return doubled;
}

/// D-HH:MM:SS, rounded up to a minute, which is Slurm's unit.
std::string time_text(double seconds) {
  auto minutes = static_cast<long>((seconds + 59) / 60);
  return fmt::format("{}-{:02}:{:02}:00", minutes / 1440, minutes / 60 % 24, minutes % 60);
}

class SlurmEngine : public JobEngine {
 public:
  std::string extension() const override { return ".sbatch"; }

  void check(const JobSpec& spec) const override {
    refuse_unused(spec, "slurm", {"hosts", "image", "claim", "namespace"});
    for (const auto& path : {spec.folder.string(), spec.log.string()})
      if (path.find_first_of("\\\n\r") != std::string::npos)
        throw UsageError(
            fmt::format("{}: an #SBATCH line cannot carry a path with a backslash or a line break", path),
            "move the project to another folder");
  }

  std::string script(const JobSpec& spec) const override {
    return fmt::format("#!/bin/bash\n{}{}\nset -u\n{}{}{}", comment_lines(spec), directives(spec),
                       set_up_lines(spec), item_lines(spec), body(spec));
  }

  std::string program(const JobSpec&) const override { return "sbatch"; }
  std::vector<std::string> submit_command(const JobSpec&, const std::filesystem::path& file) const override {
    return {"sbatch", "--parsable", file.string()};
  }
  /// "12" or "12;cluster".
  std::string job_id(const JobSpec&, const std::string& answer) const override {
    return answer.substr(0, answer.find(';'));
  }
  std::vector<std::string> watch_command(const JobSpec&, const std::string& id) const override {
    return {"squeue", "--job", id};
  }
  std::vector<std::string> cancel_command(const JobSpec&, const std::string& id) const override {
    return {"scancel", id};
  }

 private:
  static std::string directives(const JobSpec& spec) {
    std::string text;
    auto add = [&](const std::string& option, const std::string& value) {
      text += fmt::format("#SBATCH --{}={}\n", option, value);
    };
    add("job-name", sbatch_word(spec.name));
    add("nodes", std::to_string(spec.nodes));
    add("ntasks-per-node", std::to_string(spec.tasks_per_node));
    add("cpus-per-task", std::to_string(spec.cpus_per_task));
    // All processes of a node see all its GPUs, and take the one of their local rank.
    if (spec.gpus_per_task > 0)
      add("gpus-per-node", std::to_string(spec.gpus_per_task * spec.tasks_per_node));
    if (!spec.memory.empty()) add("mem", spec.memory);
    if (spec.time_s > 0) add("time", time_text(spec.time_s));
    if (!spec.partition.empty()) add("partition", sbatch_word(spec.partition));
    if (spec.items.size() > 1) add("array", fmt::format("0-{}", spec.items.size() - 1));
    add("chdir", sbatch_word(spec.folder.string()));
    add("output", sbatch_word(sbatch_path(spec.log.string())));
    text += "#SBATCH --open-mode=append\n#SBATCH --requeue\n";
    add("signal", fmt::format("B:USR1@{}", kWarningSeconds));
    for (const auto& option : spec.extra) {
      auto equals = option.find('=');
      text += equals == std::string::npos ? fmt::format("#SBATCH {}\n", option)
                                          : fmt::format("#SBATCH {}={}\n", option.substr(0, equals),
                                                        sbatch_word(option.substr(equals + 1)));
    }
    return text;
  }

  static std::string body(const JobSpec& spec) {
    auto srun = fmt::format("srun --ntasks={} --cpus-per-task={} --kill-on-bad-exit=0 {} \"$item\"",
                            spec.world_size(), spec.cpus_per_task, shell_words(spec.command));
    // USR1 comes before the time limit, TERM from scancel, which tells the tasks by itself. srun's exit code
    // is the highest one: 137 when a rank was killed, although the others ended with 75.
    return fmt::format(R"(item=${{items[${{SLURM_ARRAY_TASK_ID:-0}}]}}
time_is_up=0
trap 'time_is_up=1; scancel --signal=TERM "$SLURM_JOB_ID"' USR1
trap : TERM
{} &
step=$!
while :; do
  wait "$step"
  code=$?
  kill -0 "$step" 2>/dev/null || break
done
# Again after exit 75 (a process was lost, the disk was full, the project was locked), a kill, or the time limit.
if ((code == 75 || code == 137 || (time_is_up && code != 0))) && ((${{SLURM_RESTART_COUNT:-0}} < {})); then
  echo "$item ended with exit $code; the job goes back into the queue" >&2
  scontrol requeue "$SLURM_JOB_ID" && sleep 60 # Slurm ends this script
fi
exit "$code"
)",
                       srun, spec.max_requeues);
  }
};

}  // namespace

std::unique_ptr<JobEngine> make_slurm_engine() {
  return std::make_unique<SlurmEngine>();
}

}  // namespace ds::detail
