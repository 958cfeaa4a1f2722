#include "ds/importing/shard.h"

#include <cstdlib>
#include <map>
#include <vector>

#include "ds/base/error.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

const std::vector<const char*> kVariables = {"SLURM_ARRAY_TASK_ID", "SLURM_ARRAY_TASK_MIN",
                                             "SLURM_ARRAY_TASK_STEP", "SLURM_ARRAY_TASK_COUNT",
                                             "JOB_COMPLETION_INDEX"};

// As the job that has these variables would read it: "2/8", or what is wrong.
std::string parsed(const std::string& text, const std::map<std::string, std::string>& variables = {}) {
  for (const char* name : kVariables) ::unsetenv(name);
  for (const auto& [name, value] : variables) ::setenv(name.c_str(), value.c_str(), 1);
  std::string result;
  try {
    result = Shard::parse(text).to_string();
  } catch (const UsageError& error) {
    result = error.what();
  }
  for (const char* name : kVariables) ::unsetenv(name);
  return result;
}

}  // namespace

TEST_CASE("a shard is written as its index, counted from 0, and the count") {
  REQUIRE(parsed("0/8") == "0/8");
  REQUIRE(parsed("7/8") == "7/8");
  REQUIRE(parsed("0/1") == "0/1");
  REQUIRE(parsed("8/8") == "--shard: 8/8 is no shard; those of 8 are 0/8 to 7/8");
  REQUIRE(parsed("-1/8") == "--shard: -1/8 is no shard; those of 8 are 0/8 to 7/8");
  REQUIRE(parsed("0/0") == "--shard: 0/0 is no shard; the count must be 1 or more");
  for (const char* text : {"", "3", "a/8", "1/b", "/", "1/8/2"})
    REQUIRE(parsed(text) == std::string("--shard is '") + text + "'; write 0/8 to 7/8, auto or auto/8");
}

TEST_CASE("auto reads what an array job is told") {
  REQUIRE(parsed("auto", {{"SLURM_ARRAY_TASK_ID", "5"}, {"SLURM_ARRAY_TASK_COUNT", "8"}}) == "5/8");
  // --array=1-8: the first is 1.
  REQUIRE(parsed("auto", {{"SLURM_ARRAY_TASK_ID", "8"},
                          {"SLURM_ARRAY_TASK_MIN", "1"},
                          {"SLURM_ARRAY_TASK_COUNT", "8"}}) == "7/8");
  // --array=10-30:10 are 10, 20 and 30.
  REQUIRE(parsed("auto", {{"SLURM_ARRAY_TASK_ID", "30"},
                          {"SLURM_ARRAY_TASK_MIN", "10"},
                          {"SLURM_ARRAY_TASK_STEP", "10"},
                          {"SLURM_ARRAY_TASK_COUNT", "3"}}) == "2/3");
  REQUIRE(parsed("auto/4", {{"SLURM_ARRAY_TASK_ID", "3"}}) == "3/4");
  REQUIRE(parsed("auto/4", {{"JOB_COMPLETION_INDEX", "3"}}) == "3/4");
}

TEST_CASE("auto says what is missing or wrong") {
  REQUIRE(parsed("auto") == "--shard auto: neither SLURM_ARRAY_TASK_ID nor JOB_COMPLETION_INDEX is set");
  REQUIRE(parsed("auto", {{"SLURM_ARRAY_TASK_ID", "1"}}) ==
          "--shard auto: SLURM_ARRAY_TASK_COUNT is not set");
  REQUIRE(parsed("auto", {{"JOB_COMPLETION_INDEX", "1"}}) ==
          "--shard auto: JOB_COMPLETION_INDEX is set, but a Kubernetes job is not told its count");
  REQUIRE(parsed("auto/4", {{"JOB_COMPLETION_INDEX", "4"}}) ==
          "--shard: JOB_COMPLETION_INDEX 4 of 4 is no shard; those of 4 are 0/4 to 3/4");
  REQUIRE(parsed("auto/4", {{"SLURM_ARRAY_TASK_ID", "x"}}) ==
          "SLURM_ARRAY_TASK_ID is 'x', which is no whole number");
}

TEST_CASE("every name falls to one shard, and about as many to each") {
  std::vector<int> of(4);
  for (int i = 0; i < 4000; ++i) {
    auto name = "cam/" + std::to_string(i) + ".jpg";
    int takers = 0;
    for (int shard = 0; shard < 4; ++shard)
      if (Shard{shard, 4}.takes(name)) ++takers, ++of[static_cast<std::size_t>(shard)];
    REQUIRE(takers == 1);
    REQUIRE(Shard{}.takes(name));
  }
  // 1000 each, with a standard deviation of sqrt(4000 * 1/4 * 3/4) = 27: five of them.
  for (int count : of) REQUIRE(std::abs(count - 1000) < 137);
}
