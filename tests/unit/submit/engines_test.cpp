#include <functional>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/submit/job_engine.h"
#include "spec_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

std::string refusal(const std::string& engine, const std::function<void(JobSpec&)>& change) {
  auto spec = small_spec();
  if (engine == "kubernetes") {
    spec.image = "ds:1";
    spec.claim = "ds-project";
  }
  change(spec);
  try {
    job_engines().at(engine).value()->check(spec);
  } catch (const UsageError& error) {
    return error.what() + (error.advice().empty() ? std::string() : "; " + error.advice());
  }
  return "";
}

}  // namespace

TEST_CASE("every engine takes the small job, and writes the same text for it each time") {
  for (const auto& entry : job_engines().entries()) {
    INFO(entry.name);
    CHECK(refusal(entry.name, [](JobSpec&) {}) == "");
    auto text = entry.value()->script(small_spec());
    CHECK(text == entry.value()->script(small_spec()));
    CHECK(text.find("about it\n") != std::string::npos);
    CHECK(text.find("r-1") != std::string::npos);
    CHECK(text.back() == '\n');
  }
}

TEST_CASE("an engine says what it cannot do") {
  CHECK(refusal("mpi", [](JobSpec& s) { s.memory = "8G"; }) == "--mem: the engine mpi has no use for it");
  CHECK(refusal("slurm", [](JobSpec& s) { s.image = "ds"; }) ==
        "--image: the engine slurm has no use for it");
  CHECK(refusal("kubernetes", [](JobSpec& s) { s.extra = {"--x"}; }) ==
        "--extra: the engine kubernetes has no use for it");
  CHECK(refusal("parallel", [](JobSpec& s) { s.nodes = 2; }) ==
        "--nodes: the engine parallel has no use for it");
  CHECK(refusal("mpi", [](JobSpec& s) { s.nodes = 2; }) ==
        "--nodes 2: mpirun does not know them; name a hostfile: --hosts FILE, a line such as `node1 slots=2` "
        "for "
        "each");
  CHECK(refusal("parallel", [](JobSpec& s) { s.gpus_per_task = 1; }) ==
        "--gpus-per-task: the engine parallel gives out no GPUs; all processes would use one; "
        "--tasks-per-node 1, "
        "or the engine slurm");
  CHECK(refusal("kubernetes", [](JobSpec& s) { s.claim.clear(); }) ==
        "--claim is missing: the volume claim that holds the project; it must be ReadWriteMany when there is "
        "more "
        "than one node");
  CHECK(refusal("kubernetes", [](JobSpec& s) {
          s.name = "Job";
        }).starts_with("--job-name: 'Job' cannot be the name of a Kubernetes job"));
  CHECK(refusal("slurm", [](JobSpec& s) { s.folder = "/a\\b"; }) ==
        "/a\\b: an #SBATCH line cannot carry a path with a backslash or a line break; move the project to "
        "another "
        "folder");
}

TEST_CASE("slurm's directives are quoted for sbatch, which is no shell") {
  auto spec = small_spec();
  spec.folder = "/data/it's \"my\" 100% $HOME";
  spec.log = spec.folder / "jobs/job-1.log";
  spec.items = {"r-1", "r-2", "r-3"};
  spec.nodes = 2;
  spec.gpus_per_task = 1;
  spec.memory = "8G";
  spec.time_s = 26 * 3600 + 61;
  spec.partition = "long";
  spec.extra = {"--exclusive", "--comment=a b"};
  auto text = job_engines().at("slurm").value()->script(spec);
  CHECK(text.substr(0, text.find("\n\n")) ==
        R"(#!/bin/bash
# about it
#SBATCH --job-name="job-1"
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=2
#SBATCH --cpus-per-task=2
#SBATCH --gpus-per-node=2
#SBATCH --mem=8G
#SBATCH --time=1-02:02:00
#SBATCH --partition="long"
#SBATCH --array=0-2
#SBATCH --chdir="/data/it's \"my\" 100% $HOME"
#SBATCH --output="/data/it's \"my\" 100%% $HOME/jobs/job-1.log"
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=B:USR1@120
#SBATCH --exclusive
#SBATCH --comment="a b")");
}

TEST_CASE("job ids and the commands about a job") {
  auto spec = small_spec();
  auto slurm = job_engines().at("slurm").value();
  CHECK(slurm->job_id(spec, "12;cluster") == "12");
  CHECK(slurm->submit_command(spec, "/j.sbatch") ==
        std::vector<std::string>{"sbatch", "--parsable", "/j.sbatch"});
  CHECK(slurm->cancel_command(spec, "12") == std::vector<std::string>{"scancel", "12"});
  spec.name_space = "team";
  auto kubernetes = job_engines().at("kubernetes").value();
  CHECK(kubernetes->job_id(spec, "job.batch/job-1 created") == "job-1");
  CHECK(kubernetes->cancel_command(spec, "job-1") ==
        std::vector<std::string>{"kubectl", "--namespace", "team", "delete", "jobs,services", "--selector",
                                 "ds-job=job-1"});
}

TEST_CASE("a program is found in PATH when it can be executed") {
  TemporaryFolder folder;
  write_file_atomically(folder.path() / "plain", "");
  std::string before = std::getenv("PATH");
  setenv("PATH", (folder.path().string() + ":/bin").c_str(), 1);
  CHECK(find_in_path("plain") == "");
  CHECK(find_in_path("sh") == "/bin/sh");
  CHECK(find_in_path("no-such-program") == "");
  setenv("PATH", before.c_str(), 1);
}
