#include "ds/submit/job_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/config/option_set.h"

namespace ds {
namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_variable_name(const std::string& name) {
  return !name.empty() && !is_digit(name.front()) && std::all_of(name.begin(), name.end(), [](char c) {
    return is_letter(c) || is_digit(c) || c == '_';
  });
}

bool is_job_name(const std::string& name) {
  return !name.empty() && (is_letter(name.front()) || is_digit(name.front())) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_memory(const std::string& text) {
  auto digits = static_cast<std::size_t>(std::find_if_not(text.begin(), text.end(), is_digit) - text.begin());
  return digits > 0 && text[0] != '0' && digits + 1 == text.size() &&
         std::string("KMGT").find(text.back()) != std::string::npos;
}

void require_between(const char* option, int value, int low, int high) {
  if (value < low || value > high)
    throw UsageError(fmt::format("--{} is {}; it must be between {} and {}", option, value, low, high));
}

/// Values that stand alone in one line of a script.
void require_one_line(const char* option, const std::string& value) {
  if (std::any_of(value.begin(), value.end(), [](char c) { return static_cast<unsigned char>(c) < 32; }))
    throw UsageError(fmt::format("--{}: a line break or control character cannot stand there", option));
}

}  // namespace

std::vector<std::pair<std::string, std::string>> JobSpec::variables() const {
  std::vector<std::pair<std::string, std::string>> parts;
  for (const auto& text : environment) {
    auto equals = text.find('=');
    parts.emplace_back(text.substr(0, equals),
                       equals == std::string::npos ? std::string() : text.substr(equals + 1));
  }
  return parts;
}

void JobSpec::bind(OptionSet& options) {
  options.group("What the job gets")
      .add("nodes", nodes, "machines")
      .add(
          "tasks-per-node", tasks_per_node,
          "processes on each machine that train one model together; parallel: models trained at once on each")
      .add("cpus-per-task", cpus_per_task, "processors of each process, and threads it computes with")
      .add("gpus-per-task", gpus_per_task, "GPUs of each process; above 0 the device is cuda")
      .add("mem", memory, "memory of a node (kubernetes: of a process), such as 8G", "SIZE")
      .duration("time", time_s, "limit of wall time, 90s, 4h, 2d; 0: the engine's own")
      .add("partition", partition, "slurm: partition; kubernetes: queue of Kueue", "NAME")
      .add("hosts", hosts, "mpi: hostfile; parallel: file for GNU parallel's --sshloginfile")
      .add("image", image, "kubernetes: container image that holds the tools", "IMAGE")
      .add("claim", claim, "kubernetes: volume claim with the project, mounted at the project's path here",
           "PVC")
      .add("namespace", name_space, "kubernetes: namespace", "NAME")
      .add("env", environment, "variable for every process; may be repeated", "NAME=VALUE")
      .add("extra", extra, "one more option for sbatch, mpirun or parallel, as it is; may be repeated",
           "OPTION")
      .add("max-requeues", max_requeues,
           "starts after the first, when it ended with 75, was killed or ran out of time");
  // A value may hold commas: taken as it is, not split into a list.
  options.at("env").assign = [this](const std::vector<std::string>& values) { environment = values; };
  options.at("extra").assign = [this](const std::vector<std::string>& values) { extra = values; };
}

void JobSpec::validate() const {
  if (!is_job_name(name))
    throw UsageError(
        fmt::format("--job-name: '{}' is no name; letters, digits, '-', '_' and '.' may stand in it", name));
  require_between("nodes", nodes, 1, 10000);
  require_between("tasks-per-node", tasks_per_node, 1, 1024);
  require_between("cpus-per-task", cpus_per_task, 1, 1024);
  require_between("gpus-per-task", gpus_per_task, 0, 64);
  require_between("max-requeues", max_requeues, 0, 1000);
  if (!memory.empty() && !is_memory(memory))
    throw UsageError(fmt::format("--mem: '{}' is no size; write 500M or 8G", memory));
  if (time_s < 0) throw UsageError(fmt::format("--time: {} s is less than nothing", shortest(time_s)));
  if (!hosts.empty() && !std::filesystem::exists(hosts))
    throw UsageError(fmt::format("--hosts: there is no file {}", hosts.string()));
  require_one_line("partition", partition);
  require_one_line("namespace", name_space);
  require_one_line("image", image);
  require_one_line("claim", claim);
  for (const auto& option : extra) require_one_line("extra", option);
  for (const auto& text : environment) {
    auto equals = text.find('=');
    if (equals == std::string::npos)
      throw UsageError(fmt::format("--env: '{}' has no '='; write NAME=VALUE", text));
    if (!is_variable_name(text.substr(0, equals)))
      throw UsageError(fmt::format("--env: '{}' is no name of a variable", text.substr(0, equals)));
  }
}

}  // namespace ds
