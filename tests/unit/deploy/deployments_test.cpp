#include "ds/deploy/deployments.h"

#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <thread>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/process.h"
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
  REQUIRE_THROWS_WITH(f.deployments->destroy("gate"), "deployment gate is running");

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
  f.deployments->destroy("gate");
  REQUIRE(f.deployments->list().empty());
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
  REQUIRE_FALSE(f.project->models().alias("champion").has_value());
  f.create();
  REQUIRE_THROWS_WITH(f.create(), "deployment 'gate' is there already");
}
