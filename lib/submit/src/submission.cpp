#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/process.h"
#include "ds/base/text.h"
#include "ds/submit/job_engine.h"
#include "ds/submit/shell.h"

namespace ds {
namespace fs = std::filesystem;

fs::path find_in_path(const std::string& name) {
  const char* path = std::getenv("PATH");
  for (const auto& folder : split(path != nullptr ? path : "", ':')) {
    auto file = fs::path(folder.empty() ? "." : folder) / name;
    std::error_code error;
    if (fs::is_regular_file(file, error) && ::access(file.c_str(), X_OK) == 0) return file;
  }
  return {};
}

std::string submit_job(const JobEngine& engine, const JobSpec& spec, const fs::path& file) {
  auto command = engine.submit_command(spec, file);
  if (engine.is_the_job()) {
    make_folders(spec.log.parent_path());
    SpawnOptions options;
    options.stdout_file = spec.log;
    options.stderr_file = spec.log;
    options.detached = true;
    return engine.job_id(spec, std::to_string(spawn(command, options)));
  }
  TemporaryFolder folder;
  SpawnOptions options;
  options.stderr_file = folder.path() / "stderr";
  auto [answer, code] = run_and_capture(command, options);
  if (code != 0) {
    auto said = std::string(trim(read_file(options.stderr_file)));
    throw Error(
        fmt::format("{} refused the job (exit {}): {}", command[0], code, said.empty() ? answer : said),
        "nothing was submitted or kept; --no-submit writes the file alone");
  }
  return engine.job_id(spec, std::string(trim(answer)));
}

}  // namespace ds
