#include "ds/submit/job_spec.h"

#include <functional>

#include "ds/base/error.h"
#include "ds/config/option_set.h"
#include "spec_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

std::string refusal(const std::function<void(JobSpec&)>& change) {
  auto spec = small_spec();
  change(spec);
  try {
    spec.validate();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

}  // namespace

TEST_CASE("values out of range are named with what is allowed") {
  CHECK(refusal([](JobSpec&) {}) == "");
  CHECK(refusal([](JobSpec& s) { s.nodes = 0; }) == "--nodes is 0; it must be between 1 and 10000");
  CHECK(refusal([](JobSpec& s) { s.gpus_per_task = -1; }) ==
        "--gpus-per-task is -1; it must be between 0 and 64");
  CHECK(refusal([](JobSpec& s) { s.name = "../x"; }) ==
        "--job-name: '../x' is no name; letters, digits, '-', '_' and '.' may stand in it");
  for (const char* memory : {"8", "G", "0G", "8GB", "-8G", "8 G"})
    CHECK(refusal([&](JobSpec& s) { s.memory = memory; }) ==
          std::string("--mem: '") + memory + "' is no size; write 500M or 8G");
  CHECK(refusal([](JobSpec& s) { s.memory = "8G"; }) == "");
  CHECK(refusal([](JobSpec& s) { s.partition = "a\n#SBATCH --uid=0"; }) ==
        "--partition: a line break or control character cannot stand there");
  CHECK(refusal([](JobSpec& s) { s.extra = {"--qos=a\nrm"}; }) ==
        "--extra: a line break or control character cannot stand there");
  CHECK(refusal([](JobSpec& s) { s.hosts = "/no/such/hosts"; }) ==
        "--hosts: there is no file /no/such/hosts");
  CHECK(refusal([](JobSpec& s) { s.environment = {"A"}; }) == "--env: 'A' has no '='; write NAME=VALUE");
  CHECK(refusal([](JobSpec& s) { s.environment = {"1A=2"}; }) == "--env: '1A' is no name of a variable");
}

TEST_CASE("a variable's value may hold commas, and reads back from a file") {
  JobSpec spec;
  OptionSet options;
  spec.bind(options);
  options.at("env").assign({"A=1,2", "B=x=[y]"});
  const std::vector<std::pair<std::string, std::string>> expected = {{"A", "1,2"}, {"B", "x=[y]"}};
  CHECK(spec.variables() == expected);

  JobSpec again;
  OptionSet again_options;
  again.bind(again_options);
  again_options.read_yaml_text(options.dump_yaml(), "dump.yaml");
  CHECK(again.variables() == expected);
}
