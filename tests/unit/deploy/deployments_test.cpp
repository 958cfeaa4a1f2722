#include "ds/deploy/deployments.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <thread>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/process.h"
#include "ds/config/option_set.h"
#include "ds/deploy/register_model.h"
#include "ds/http/client.h"
#include "ds/media/image_io.h"
#include "ds/project/find_model.h"
#include "ds/project/project.h"
#include "ds/serve/audit_log.h"
#include "ds/testing/shared_data.h"

#include <catch2/catch.hpp>

using namespace ds;
namespace fs = std::filesystem;
using Json = nlohmann::json;

namespace {

struct Fixture {
  Fixture() {
    Project::init(folder.path() / "p", ProjectSettings{.name = "p"}, {"cat", "dog"});
    project = std::make_unique<Project>(folder.path() / "p", OpenOptions{.user = "ada"});
    deployments = std::make_unique<Deployments>(*project);
    cat = register_model(*project, model_path("left-cat"));
    dog = register_model(*project, model_path("right-dog"));
  }
  ~Fixture() {
    for (const auto& status : deployments->list())
      if (status.pid > 0) deployments->stop(status.record.name);
  }
  static std::string model_path(const std::string& name) {
    return (testing::source_folder() / "tests/data/models" / name).string();
  }
  void create(const std::string& capture = "off") {
    ServeSettings settings;
    settings.port = 0;
    settings.capture = capture;
    deployments->create("gate", cat, settings, "ada");
  }
  /// The class that the running server finds.
  std::string ask() {
    http::FetchOptions options;
    options.method = "POST";
    options.body = encode_png(cv::Mat(64, 64, CV_8UC3, cv::Scalar(1, 2, 3)));
    auto answer = http::fetch(deployments->status("gate").url + "/v1/detect", options);
    REQUIRE(answer.status == 200);
    return Json::parse(answer.body)["detections"][0]["class"];
  }
  ModelChange by_ada(const std::string& reason = "") {
    ModelChange change;
    change.user = "ada";
    change.reason = reason;
    change.proof = "verdict of c-1";
    return change;
  }
  std::vector<AuditEntry> audit() {
    return AuditLog(project->deployments().get("gate").folder / "audit.jsonl").read();
  }

  TemporaryFolder folder;
  std::unique_ptr<Project> project;
  std::unique_ptr<Deployments> deployments;
  std::string cat, dog;
};

}  // namespace

TEST_CASE("a model of a path is registered once") {
  Fixture f;
  REQUIRE(f.cat != f.dog);
  REQUIRE(register_model(*f.project, Fixture::model_path("left-cat")) == f.cat);
  REQUIRE(f.project->models().list().size() == 2);
  REQUIRE(find_model(f.project.get(), "left-cat").id == f.cat);  // by its name now
  REQUIRE_THROWS_AS(find_model(f.project.get(), "nothing"), UsageError);
  REQUIRE_THROWS_WITH(
      find_model(nullptr, "nothing"),
      "no model 'nothing': there is no such file or folder, and no project here to look it up in");
}

TEST_CASE("a deployment starts, answers, drains and starts again") {
  Fixture f;
  f.create("uniform=1");
  REQUIRE(f.project->models().alias("champion") == f.cat);
  REQUIRE(f.deployments->status("gate").state == DeploymentState::stopped);
  auto started = f.deployments->start("gate", 60);
  REQUIRE(started.state == DeploymentState::ready);
  REQUIRE(started.live_model == f.cat);
  REQUIRE(started.live_generation == 1);
  REQUIRE(f.ask() == "cat");
  REQUIRE(f.deployments->start("gate", 60).pid == started.pid);  // nothing to do
  auto mode = fs::status(started.record.folder / "server.json").permissions();
  REQUIRE(mode == (fs::perms::owner_read | fs::perms::owner_write));  // it holds the admin's token
  REQUIRE_THROWS_WITH(f.deployments->destroy("gate", true), "deployment gate is running");

  REQUIRE(f.deployments->stop("gate"));
  REQUIRE_FALSE(f.deployments->stop("gate"));
  auto stopped = f.deployments->status("gate");
  REQUIRE(stopped.state == DeploymentState::stopped);
  REQUIRE(stopped.url.empty());
  REQUIRE_FALSE(fs::exists(stopped.record.folder / "server.json"));
  int captured = 0;
  for (const auto& entry : fs::recursive_directory_iterator(stopped.record.folder / "captures"))
    captured += entry.path().extension() == ".json";
  REQUIRE(captured == 1);
  f.deployments->start("gate", 60);
  REQUIRE(f.ask() == "cat");
  f.deployments->stop("gate");
  auto plan = f.deployments->look_at_destroy("gate");
  REQUIRE(plan.captures == 1);
  REQUIRE(plan.model_id == f.cat);
  REQUIRE(std::count(plan.going.begin(), plan.going.end(), "audit.jsonl") == 1);
  f.deployments->destroy("gate", false);
  REQUIRE(f.deployments->list().empty());
  REQUIRE(f.deployments->look_at_destroy("gate").going.empty());
  REQUIRE(f.deployments->look_at_destroy("gate").captures == 1);
  REQUIRE_FALSE(f.project->models().alias("champion.gate").has_value());
  f.deployments->destroy("gate", true);
  REQUIRE_FALSE(fs::exists(stopped.record.folder));
}

TEST_CASE("a killed server is told from a stopped one and starts again") {
  Fixture f;
  f.create();
  auto started = f.deployments->start("gate", 60);
  REQUIRE(::kill(started.pid, SIGKILL) == 0);
  for (int i = 0; i < 1000 && f.deployments->status("gate").pid != 0; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  REQUIRE(f.deployments->status("gate").state == DeploymentState::failed);
  REQUIRE(f.deployments->start("gate", 60).state == DeploymentState::ready);
}

TEST_CASE("a server that cannot start says why") {
  Fixture f;
  http::Server taken({});
  taken.start();
  ServeSettings settings;
  settings.port = taken.port();
  f.deployments->create("gate", f.cat, settings, "ada");
  REQUIRE_THROWS_AS(f.deployments->start("gate", 60), Busy);
  REQUIRE(f.deployments->status("gate").state == DeploymentState::failed);
  REQUIRE(f.deployments->log_tail("gate", 2).find(fmt::format("port {} is in use", taken.port())) !=
          std::string::npos);
  REQUIRE_FALSE(f.deployments->stop("gate"));
  REQUIRE(f.deployments->status("gate").state == DeploymentState::stopped);
}

TEST_CASE("a promotion switches the running server, record, champion and audit log; a rollback goes back") {
  Fixture f;
  f.create();
  f.deployments->start("gate", 60);
  auto promoted = f.deployments->change_model("gate", f.dog, f.by_ada("better"));
  REQUIRE(promoted.changed);
  REQUIRE(promoted.live);
  REQUIRE(promoted.from_model == f.cat);
  REQUIRE(promoted.generation == 2);
  REQUIRE(f.ask() == "dog");
  REQUIRE(f.project->deployments().get("gate").model_id == f.dog);
  REQUIRE(f.project->models().alias("champion") == f.dog);

  auto again = f.deployments->change_model("gate", f.dog, f.by_ada());
  REQUIRE_FALSE(again.changed);
  REQUIRE(again.generation == 2);
  REQUIRE(f.audit().size() == 2);

  auto back = f.deployments->roll_back("gate", f.by_ada("worse after all"));
  REQUIRE(back.to_model == f.cat);
  REQUIRE(back.generation == 3);
  REQUIRE(f.ask() == "cat");
  REQUIRE(f.project->models().alias("champion") == f.cat);
  auto entries = f.audit();
  REQUIRE(entries.size() == 3);
  REQUIRE(entries[0].action == "create");
  REQUIRE(entries[1].action == "promote");
  REQUIRE(entries[1].reason == "better");
  REQUIRE(entries[1].user == "ada");
  REQUIRE(entries[2].action == "rollback");
  REQUIRE(entries[2].generation == 3);

  REQUIRE_THROWS_WITH(f.deployments->change_model("gate", f.dog, f.by_ada()),
                      fmt::format("model {} was rolled back from deployment gate", f.dog));
  auto forced = f.by_ada("fixed the camera");
  forced.force = true;
  REQUIRE(f.deployments->change_model("gate", f.dog, forced).changed);
  f.deployments->stop("gate");
  f.deployments->start("gate", 60);
  REQUIRE(f.ask() == "dog");  // what is promoted survives a restart
}

TEST_CASE("a promotion is compare-and-swap") {
  Fixture f;
  f.create();
  auto change = f.by_ada();
  change.expected_generation = 7;
  REQUIRE_THROWS_WITH(f.deployments->change_model("gate", f.dog, change),
                      "deployment gate is at generation 1, expected 7");
  change = f.by_ada();
  change.expected_model = f.dog;
  REQUIRE_THROWS_WITH(f.deployments->change_model("gate", f.dog, change),
                      fmt::format("deployment gate serves {}, expected {}", f.cat, f.dog));
  change.expected_model = f.cat;
  auto report = f.deployments->change_model("gate", f.dog, change);
  REQUIRE(report.changed);
  REQUIRE_FALSE(report.live);  // no server runs
  REQUIRE_THROWS_WITH(Deployments(*f.project).change_model("door", f.dog, f.by_ada()),
                      Catch::StartsWith("unknown deployment 'door'; known: gate"));
}

TEST_CASE("a model that does not load leaves production as it was") {
  Fixture f;
  f.create();
  f.deployments->start("gate", 60);
  write_file_atomically(f.project->models().get(f.dog).folder / "model.onnx", "no longer a network");
  REQUIRE_THROWS_AS(f.deployments->change_model("gate", f.dog, f.by_ada()), DataError);
  REQUIRE(f.ask() == "cat");
  REQUIRE(f.project->deployments().get("gate").generation == 1);
  REQUIRE(f.project->models().alias("champion") == f.cat);
  REQUIRE(f.audit().size() == 1);
}

TEST_CASE("a promotion that was killed half-way is completed by running it again") {
  Fixture f;
  f.create();
  SECTION("after the server had switched") {
    auto started = f.deployments->start("gate", 60);
    auto server = Json::parse(read_file(started.record.folder / "server.json"));
    http::FetchOptions options;
    options.method = "POST";
    options.token = server["admin_token"];
    options.body = Json{
        {"model", f.dog},
        {"path", fs::absolute(f.project->models().get(f.dog).folder).string()},
        {"generation", 2},
        {"expected_generation",
         1}}.dump();
    REQUIRE(http::fetch(fmt::format("http://127.0.0.1:{}/swap", server["admin_port"].get<int>()), options)
                .status == 200);
  }
  SECTION("after the record had changed") {
    f.project->deployments().swap_model("gate", f.dog, 1);
  }
  auto report = f.deployments->change_model("gate", f.dog, f.by_ada("again"));
  REQUIRE(report.generation == 2);
  REQUIRE(f.project->deployments().get("gate").model_id == f.dog);
  auto entries = f.audit();
  REQUIRE(entries.size() == 2);
  REQUIRE(entries[1].action == "promote");
  REQUIRE(entries[1].from_model == f.cat);
  REQUIRE(entries[1].generation == 2);
}

TEST_CASE("creating is refused before anything is made") {
  Fixture f;
  ServeSettings settings;
  REQUIRE_THROWS_AS(f.deployments->create("gate", "no-such-model", settings, "ada"), UsageError);
  settings.capture = "uniform=3";
  REQUIRE_THROWS_WITH(f.deployments->create("gate", f.cat, settings, "ada"),
                      "capture policy: uniform=3: expected a number from 0 to 1");
  settings.capture = "off";
  settings.workers = 0;
  REQUIRE_THROWS_WITH(f.deployments->create("gate", f.cat, settings, "ada"),
                      "workers 0: expected at least 1");
  REQUIRE(f.deployments->list().empty());
  settings.workers = 1;
  settings.port = 99999;
  REQUIRE_THROWS_WITH(f.deployments->create("gate", f.cat, settings, "ada"),
                      "--port 99999: expected 0 to 65535");
  settings.port = 0;
  auto models = f.project->models().list().size();
  TemporaryFolder other;
  fs::copy(Fixture::model_path("left-cat"), other.path() / "m");
  auto card = read_file(other.path() / "m/model.yaml");
  write_file_atomically(other.path() / "m/model.yaml", card.replace(card.find("left-cat"), 8, "other"));
  REQUIRE_THROWS_AS(f.deployments->create("Gate 3", (other.path() / "m").string(), settings, "ada"),
                    UsageError);
  REQUIRE(f.project->models().list().size() == models);  // nor is the model of a mistyped name registered
  REQUIRE_FALSE(f.project->models().alias("champion").has_value());
  f.create();
  REQUIRE_THROWS_WITH(f.create(), "deployment 'gate' is there already");
}

TEST_CASE("nothing is promoted without proof, and what is refused is not registered") {
  Fixture f;
  f.create();
  ModelChange change;
  change.user = "ada";
  REQUIRE_THROWS_WITH(
      f.deployments->change_model("gate", f.dog, change),
      fmt::format("no verdict says that {} passes against {}, which gate serves", f.dog, f.cat));
  TemporaryFolder other;
  fs::copy(Fixture::model_path("right-dog"), other.path() / "m");
  auto card = read_file(other.path() / "m/model.yaml");
  write_file_atomically(other.path() / "m/model.yaml", card.replace(card.find("right-dog"), 9, "other"));
  REQUIRE_THROWS_AS(f.deployments->change_model("gate", (other.path() / "m").string(), change), UsageError);
  REQUIRE(f.project->models().list().size() == 2);
  REQUIRE(f.project->deployments().get("gate").model_id == f.cat);
  change.force = true;
  change.reason = "the camera was turned round";
  REQUIRE(f.deployments->change_model("gate", f.dog, change).changed);
}

TEST_CASE("weights that changed since the model was measured are not promoted, not even by force") {
  Fixture f;
  f.create();
  auto forced = f.by_ada("now");
  forced.force = true;
  REQUIRE(f.deployments->change_model("gate", f.dog, forced).changed);  // keeps its golden answer
  REQUIRE(f.deployments->change_model("gate", f.cat, forced).changed);
  auto folder = f.project->models().get(f.dog).folder;
  auto golden = Json::parse(read_file(folder / "golden.json"));
  golden["mean_score"] = golden["mean_score"].get<double>() + 0.1;
  write_file_atomically(folder / "golden.json", golden.dump());
  REQUIRE_THROWS_WITH(f.deployments->change_model("gate", f.dog, forced),
                      Catch::Contains("is not what was measured"));
  REQUIRE(f.project->deployments().get("gate").model_id == f.cat);
}

TEST_CASE("each deployment has its champion; the project has one while they serve the same") {
  Fixture f;
  f.create();
  ServeSettings settings;
  settings.port = 0;
  f.deployments->create("door", f.cat, settings, "ada");
  auto& models = f.project->models();
  REQUIRE(models.alias("champion") == f.cat);
  REQUIRE(models.alias("champion.door") == f.cat);
  REQUIRE(f.deployments->change_model("door", f.dog, f.by_ada()).changed);
  REQUIRE(models.alias("champion.door") == f.dog);
  REQUIRE(models.alias("champion.gate") == f.cat);
  REQUIRE_FALSE(models.alias("champion").has_value());
  try {
    models.get("champion");
    FAIL("two champions are one");
  } catch (const UsageError& error) {
    REQUIRE(error.advice() == fmt::format("say whose: champion.door ({}), champion.gate ({})", f.dog, f.cat));
  }
  REQUIRE(models.get("champion.door").id == f.dog);
  REQUIRE(f.deployments->change_model("gate", f.dog, f.by_ada()).changed);  // gate is not stopped by door's
  REQUIRE(models.alias("champion") == f.dog);
  REQUIRE(f.deployments->roll_back("door", f.by_ada()).to_model == f.cat);
  f.deployments->destroy("door", true);
  REQUIRE(models.alias("champion") == f.dog);
  REQUIRE_FALSE(models.alias("champion.door").has_value());
}

TEST_CASE("settings change without destroying anything") {
  Fixture f;
  f.create();
  auto before = f.project->deployments().get("gate");
  OptionSet given;
  ServeSettings said;
  said.bind(given);
  given.assign(given.at("capture"), {"uniform=0.5"}, ValueSource::flag, "--capture");
  given.assign(given.at("batch"), {"8"}, ValueSource::flag, "--batch");
  auto settings = ServeSettings::from_yaml(before.options, "gate");
  auto changes = settings.take(given);
  REQUIRE(changes.size() == 1);  // the batch was 8
  REQUIRE(changes[0].name == "capture");
  REQUIRE(changes[0].from == "off");
  REQUIRE(changes[0].to == "uniform=0.5");
  REQUIRE(settings.port == 0);  // what was not said stays
  f.deployments->change_settings("gate", settings);
  auto now = f.project->deployments().get("gate");
  REQUIRE(ServeSettings::from_yaml(now.options, "gate").capture == "uniform=0.5");
  REQUIRE(now.generation == before.generation);
  settings.workers = 0;
  REQUIRE_THROWS_AS(f.deployments->change_settings("gate", settings), UsageError);
  REQUIRE_THROWS_WITH(f.deployments->change_settings("gat", ServeSettings{}),
                      Catch::StartsWith("unknown deployment 'gat'"));
}
