#include "script.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/error.h"
#include "ds/submit/shell.h"

namespace ds::detail {

std::string comment_lines(const JobSpec& spec) {
  std::string text;
  for (auto line : spec.about) {
    std::replace_if(
        line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 32; }, ' ');
    text += fmt::format("# {}\n", line);
  }
  return text;
}

std::string set_up_lines(const JobSpec& spec) {
  std::string text = fmt::format("cd -- {} || exit 1\n", shell_word(spec.folder.string()));
  for (const auto& [name, value] : spec.variables())
    text += fmt::format("export {}={}\n", name, shell_word(value));
  return text;
}

std::string item_lines(const JobSpec& spec) {
  return fmt::format("items=({})\n", shell_words(spec.items));
}

std::string finish_function(const JobSpec& spec, const std::string& command, const std::string& stop) {
  // A trapped signal ends `wait` early: the code counts once the process is gone.
  return fmt::format(R"(stopped=0
process=
ask_to_end() {{ # PID
  {}
}}
trap 'stopped=1; [[ -n $process ]] && ask_to_end "$process"' TERM INT
# Again after exit 75 (a process was lost, the disk was full, the project was locked) or a kill.
finish() {{ # ITEM
  local start code pause
  for ((start = 0; ; ++start)); do
    {} &
    process=$!
    ((stopped)) && ask_to_end "$process"
    while :; do
      wait "$process"
      code=$?
      kill -0 "$process" 2>/dev/null || break
    done
    process=
    ((code == 0)) && return 0
    ((stopped || (code != 75 && code != 137) || start >= {})) && return "$code"
    echo "$1 ended with exit $code; it goes on in ${{DS_RETRY_DELAY:-10}} s" >&2
    sleep "${{DS_RETRY_DELAY:-10}}" &
    pause=$!
    wait "$pause"
    ((stopped)) || continue
    kill "$pause" 2>/dev/null
    return "$code"
  done
}}
)",
                     stop, command, spec.max_requeues);
}

void refuse_unused(const JobSpec& spec, const std::string& engine, const std::vector<std::string>& unused) {
  const std::vector<std::pair<std::string, bool>> set = {{"nodes", spec.nodes != 1},
                                                         {"gpus-per-task", spec.gpus_per_task != 0},
                                                         {"mem", !spec.memory.empty()},
                                                         {"time", spec.time_s != 0},
                                                         {"partition", !spec.partition.empty()},
                                                         {"hosts", !spec.hosts.empty()},
                                                         {"image", !spec.image.empty()},
                                                         {"claim", !spec.claim.empty()},
                                                         {"namespace", !spec.name_space.empty()},
                                                         {"extra", !spec.extra.empty()}};
  for (const auto& [option, is_set] : set)
    if (is_set && std::find(unused.begin(), unused.end(), option) != unused.end())
      throw UsageError(fmt::format("--{}: the engine {} has no use for it", option, engine));
}

}  // namespace ds::detail
