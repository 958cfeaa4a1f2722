#include "ds/train/plan.h"

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/project/project.h"

#include <catch2/catch.hpp>

namespace {

/// A project without images: a dry run asks no more of it.
class EmptyProject {
 public:
  EmptyProject() { ds::Project::init(folder_.path() / "p", {.name = "p", .split_key = "key"}, {"disc"}); }
  ds::TrainingPlan plan(ds::TrainRequest request) const {
    ds::Project project(folder_.path() / "p", {.user = "ann", .tool = "test"});
    request.dry_run = true;
    return ds::prepare_training(project, request);
  }

 private:
  ds::TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("a plan has the recipe's values below the given ones, and notes where each came from") {
  ds::TrainRequest request;
  request.recipe = "speed";
  request.name = "mine";
  request.seed = 7;
  request.threads = 2;
  request.given = {{"batch", {"4"}, ds::ValueSource::flag},
                   {"epochs", {"9"}, ds::ValueSource::file, "mine.yaml:3"},
                   {"ranks", {"off"}, ds::ValueSource::flag}};  // none of training's
  const auto jobs = EmptyProject().plan(request).jobs;
  REQUIRE(jobs.size() == 1);
  const auto& [config, origins] = jobs[0];
  REQUIRE(config.recipe == "speed");
  REQUIRE(config.name == "mine");
  REQUIRE(config.snapshot.empty());
  REQUIRE(config.options.batch == 4);
  REQUIRE(config.options.epochs == 9);
  REQUIRE(config.options.seed == 7);
  REQUIRE(config.options.threads == 2);
  REQUIRE(origins.at("batch") == "--batch");
  REQUIRE(origins.at("epochs") == "mine.yaml:3");
  REQUIRE(origins.at("mosaic").find("speed.yaml:") != std::string::npos);
  REQUIRE_FALSE(origins.contains("device"));
  REQUIRE_FALSE(origins.contains("ranks"));
}

TEST_CASE("candidates share a budget, and a pinned size stays as it was written") {
  ds::TrainRequest request;
  request.custom = {"yolox-nano:416", "yolox-tiny:320:accuracy"};
  request.given = {{"input-size", {"416x320"}, ds::ValueSource::flag},
                   {"budget", {"100"}, ds::ValueSource::flag}};
  request.threads = 1;
  const auto jobs = EmptyProject().plan(request).jobs;
  REQUIRE(jobs.size() == 2);
  REQUIRE(jobs[0].config.options.input_size == "416x320");
  REQUIRE(jobs[1].config.options.input_size == "320x320");
  REQUIRE(jobs[1].config.options.arch == "yolox-tiny");
  REQUIRE(jobs[1].config.recipe == "accuracy");
  for (const auto& job : jobs) {
    REQUIRE(job.config.options.budget_s == 50);
    REQUIRE(job.config.group_budget_s == 100);
  }
}

TEST_CASE("ranks compare every option but those of their own machine") {
  ds::TrainRequest request;
  request.given = {{"batch", {"4"}, ds::ValueSource::flag}};
  const auto facts = ds::request_facts(request, "");
  auto value_of = [&](const std::string& name) -> std::optional<std::string> {
    for (const auto& [key, value] : facts)
      if (key == name) return value;
    return std::nullopt;
  };
  REQUIRE(value_of("--batch") == "4");
  REQUIRE(value_of("--resume") == "");
  REQUIRE_FALSE(value_of("--device"));
  REQUIRE_FALSE(value_of("--threads"));
  REQUIRE(ds::request_facts(request, "r-1").size() == 3);
  request.given = {{"batch", {"0"}, ds::ValueSource::flag}};
  REQUIRE_THROWS_WITH(ds::request_facts(request, ""), "--batch is 0; it must be between 1 and 1024");
}
