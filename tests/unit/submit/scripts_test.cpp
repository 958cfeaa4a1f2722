// The scripts themselves, run by bash with stand-ins for the schedulers' commands.
#include <signal.h>

#include <filesystem>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/process.h"
#include "ds/base/text.h"
#include "ds/submit/job_engine.h"
#include "spec_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
namespace fs = std::filesystem;

namespace {

/// A folder whose name holds what shells trip over, with programs in it that come first in PATH.
class Place {
 public:
  Place() : folder_(temporary_.path() / "it's \"a\" $place") {
    fs::create_directories(folder_ / "bin");
    // What is trained: notes its words and ends with the codes in `codes`, one for each start.
    program("worker",
            "printf '%s|' \"$@\" >>said; echo >>said\n"
            "code=$(sed -n \"$(wc -l <said)p\" codes); exit \"${code:-0}\"");
  }
  const fs::path& folder() const { return folder_; }
  void program(const std::string& name, const std::string& body) {
    auto file = folder_ / "bin" / name;
    write_file_atomically(file, "#!/bin/bash\n" + body + "\n");
    fs::permissions(file, fs::perms::owner_all);
  }
  void codes(const std::string& lines) { write_file_atomically(folder_ / "codes", lines); }
  std::string text_of(const std::string& name) const {
    return fs::exists(folder_ / name) ? read_file(folder_ / name) : "";
  }

  JobSpec spec() const {
    auto spec = small_spec();
    spec.folder = folder_;
    spec.log = folder_ / "jobs/job-1.log";
    spec.command = {(folder_ / "bin/worker").string(), "run", "a \"b\" 'c'", "$HOME\n"};
    return spec;
  }
  std::vector<std::string> start(const std::string& engine, const JobSpec& spec) {
    auto file = folder_ / "script";
    write_file_atomically(file, job_engines().at(engine).value()->script(spec));
    return {"env", "PATH=" + (folder_ / "bin").string() + ":" + std::getenv("PATH"), "DS_RETRY_DELAY=0",
            "bash", file.string()};
  }
  int run(const std::string& engine, const JobSpec& spec) {
    SpawnOptions options;
    options.stderr_file = folder_ / "stderr";
    options.timeout_s = 60;
    return run_and_wait(start(engine, spec), options);
  }

 private:
  TemporaryFolder temporary_;
  fs::path folder_;
};

/// As the worker notes one start.
std::string start_of(const std::string& item) {
  return "run|a \"b\" 'c'|$HOME\n|" + item + "|\n";
}

void wait_for_file(const fs::path& file) {
  // Ten minutes: only a hang takes that long.
  for (int i = 0; i < 60000 && !fs::exists(file); ++i) usleep(10000);
  REQUIRE(fs::exists(file));
}

/// Passes its words on to the worker, without its own options.
constexpr const char* kLauncher =
    "{ printf '%s' \"${0##*/}\"; while [[ $1 != */worker ]]; do printf ' %s' \"$1\"; shift; done; echo; } "
    ">>launched\nexec \"$@\"";

}  // namespace

TEST_CASE("mpi: the command is told again after 75 and a kill, and the words arrive whole") {
  Place place;
  place.program("mpirun", kLauncher);
  // `said` has two lines a start: the last word but one ends with a line break
  place.codes("\n75\n\n137\n\n0\n");
  CHECK(place.run("mpi", place.spec()) == 0);
  CHECK(place.text_of("said") == start_of("r-1") + start_of("r-1") + start_of("r-1"));
  CHECK(split(place.text_of("launched"), '\n')[0] ==
        "mpirun -n 2 --map-by ppr:2:node --bind-to none --mca odls_base_sigkill_timeout 5");
  CHECK(place.text_of("stderr") ==
        "r-1 ended with exit 75; it goes on in 0 s\nr-1 ended with exit 137; it goes on in 0 s\n");
}

TEST_CASE("mpi: other exits are final, and the next model is trained") {
  Place place;
  place.program("mpirun", kLauncher);
  place.codes("\n3\n\n0\n");
  auto spec = place.spec();
  spec.items = {"r-1", "r-2"};
  CHECK(place.run("mpi", spec) == 3);
  CHECK(place.text_of("said") == start_of("r-1") + start_of("r-2"));
}

TEST_CASE("mpi: starts end at --max-requeues") {
  Place place;
  place.program("mpirun", kLauncher);
  place.codes("\n75\n\n75\n\n75\n\n75\n");
  auto spec = place.spec();
  spec.max_requeues = 2;
  CHECK(place.run("mpi", spec) == 75);
  CHECK(place.text_of("said") == start_of("r-1") + start_of("r-1") + start_of("r-1"));
}

TEST_CASE("variables reach the command as they are") {
  Place place;
  place.program("mpirun", kLauncher);
  place.program("worker", "printf '%s' \"$VALUE\" >value");
  auto spec = place.spec();
  spec.environment = {"VALUE=a b'c\"$HOME\nd"};
  CHECK(place.run("mpi", spec) == 0);
  CHECK(place.text_of("value") == "a b'c\"$HOME\nd");
  CHECK(split(place.text_of("launched"), '\n')[0].ends_with(" -x VALUE"));
}

TEST_CASE("SIGTERM reaches the command and ends the script") {
  for (const std::string engine : {"mpi", "parallel"}) {
    INFO(engine);
    Place place;
    place.program("mpirun", kLauncher);
    place.program("worker",
                  "trap 'echo saved >saved; exit 75' TERM\ntouch ready\nwhile :; do sleep 0.05; done");
    auto spec = place.spec();
    spec.items = {"r-1", "r-2"};
    spec.tasks_per_node = 1;
    SpawnOptions options;
    options.stderr_file = place.folder() / "stderr";
    auto pid = spawn(place.start(engine, spec), options);
    wait_for_file(place.folder() / "ready");
    kill(pid, SIGTERM);
    // 75 without another start: it was asked to stop
    CHECK(wait_for(pid) == 75);
    CHECK(place.text_of("saved") == "saved\n");
    CHECK(place.text_of("stderr") == "");
  }
}

TEST_CASE("parallel: so many models at once, and the code of one that failed") {
  Place place;
  // Each notes how many are at work with it.
  place.program(
      "worker",
      "mkdir -p at-work; touch \"at-work/$4\"; ls at-work | wc -l >>counts; sleep 0.3; rm \"at-work/$4\"\n"
      "[[ $4 == r-2 ]] && exit 3; exit 0");
  auto spec = place.spec();
  spec.items = {"r-1", "r-2", "r-3", "r-4"};
  CHECK(place.run("parallel", spec) == 3);
  auto counts = split(place.text_of("counts"), '\n');
  CHECK(std::count_if(counts.begin(), counts.end(), [](const auto& line) { return !line.empty(); }) == 4);
  for (const auto& count : counts) CHECK((count.empty() || count == "1" || count == "2"));
}

TEST_CASE("parallel: GNU parallel hands the items to the script") {
  if (find_in_path("parallel").empty()) {
    WARN("SKIPPED: GNU parallel is not installed (scripts/setup.sh)");
    std::puts("SKIPPED: GNU parallel is not installed (scripts/setup.sh)");
    return;
  }
  Place place;
  place.codes("\n75\n\n0\n\n0\n");
  auto spec = place.spec();
  spec.items = {"r-1", "r-2"};
  spec.tasks_per_node = 1;
  // ":" is this machine, without ssh
  write_file_atomically(place.folder() / "hosts", ":\n");
  spec.hosts = place.folder() / "hosts";
  CHECK(place.run("parallel", spec) == 0);
  CHECK(place.text_of("said") == start_of("r-1") + start_of("r-1") + start_of("r-2"));
}

TEST_CASE("slurm: 75, a kill and the time limit send the job back into the queue, other exits do not") {
  struct Case {
    std::string code, restarts, requeued;
    int exit;
  };
  const std::vector<Case> cases = {{"0", "0", "", 0},
                                   {"3", "0", "", 3},
                                   {"143", "0", "", 143},
                                   {"75", "0", "requeue 7\n", 75},
                                   {"137", "1", "requeue 7\n", 137},
                                   {"75", "2", "", 75}};
  for (const auto& each : cases) {
    INFO(each.code << " after " << each.restarts << " restarts");
    Place place;
    place.program("srun", kLauncher);
    // It fails, so that the script does not wait to be ended by Slurm.
    place.program("scontrol", "echo \"$@\" >>requeued; exit 1");
    place.codes("\n" + each.code + "\n");
    auto spec = place.spec();
    spec.items = {"r-1", "r-2"};
    spec.max_requeues = 2;
    auto command = place.start("slurm", spec);
    command.insert(command.begin() + 1,
                   {"SLURM_JOB_ID=7", "SLURM_ARRAY_TASK_ID=1", "SLURM_RESTART_COUNT=" + each.restarts});
    SpawnOptions options;
    options.stderr_file = place.folder() / "stderr";
    CHECK(run_and_wait(command, options) == each.exit);
    CHECK(place.text_of("said") == start_of("r-2"));
    CHECK(split(place.text_of("launched"), '\n')[0] ==
          "srun --ntasks=2 --cpus-per-task=2 --kill-on-bad-exit=0");
    CHECK(place.text_of("requeued") == each.requeued);
  }
}

TEST_CASE("slurm: the warning before the time limit lets the tasks save and requeues the job") {
  Place place;
  place.program("srun", kLauncher);
  place.program("scontrol", "echo \"$@\" >>requeued; exit 1");
  // What scancel does to the step.
  place.program("scancel", "echo \"$@\" >>cancelled; kill -TERM \"$(cat ready)\"");
  place.program("worker",
                "trap 'exit 143' TERM\necho $$ >ready.new; mv ready.new ready\n"
                "while :; do sleep 0.05; done");
  auto command = place.start("slurm", place.spec());
  command.insert(command.begin() + 1, "SLURM_JOB_ID=7");
  SpawnOptions options;
  options.stderr_file = place.folder() / "stderr";
  auto pid = spawn(command, options);
  wait_for_file(place.folder() / "ready");
  kill(pid, SIGUSR1);
  CHECK(wait_for(pid) == 143);
  CHECK(place.text_of("cancelled") == "--signal=TERM 7\n");
  CHECK(place.text_of("requeued") == "requeue 7\n");
}
