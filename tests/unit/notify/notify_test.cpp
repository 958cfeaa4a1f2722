#include "ds/notify/notify.h"

#include <fmt/format.h>

#include <mutex>
#include <nlohmann/json.hpp>

#include "ds/base/files.h"
#include "ds/http/server.h"
#include "ds/project/project.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

const Event kFailed{
    "2026-01-02T03:04:05.000Z", "run-failed", "run r-1 failed: loss is NaN", {{"run-id", "r-1"}}};
const NotifyOptions kQuickTry{3, 5, 0.001};

/// A web server that keeps what it is given and answers with `statuses` in turn, then 200.
struct Receiver {
  explicit Receiver(std::vector<int> statuses = {}) : server({}), waiting(std::move(statuses)) {
    server.route("POST", "/hook", [this](const http::Request& request) {
      std::lock_guard guard(mutex);
      requests.push_back(request);
      int status = 200;
      if (!waiting.empty()) {
        status = waiting.front();
        waiting.erase(waiting.begin());
      }
      return http::Response::text("", status);
    });
    server.start();
  }
  NotificationSettings settings() const { return {"webhook", server.url() + "/hook", {}, {}}; }

  std::mutex mutex;
  std::vector<http::Request> requests;
  http::Server server;
  std::vector<int> waiting;
};

}  // namespace

TEST_CASE("a webhook gets the event as JSON, with its token") {
  Receiver receiver;
  TemporaryFolder folder;
  write_file_atomically(folder.path() / "token", "secret\n");
  auto settings = receiver.settings();
  settings.parameters["token_file"] = (folder.path() / "token").string();
  auto deliveries = send_notifications({settings}, kFailed, kQuickTry);
  REQUIRE(deliveries.size() == 1);
  REQUIRE(deliveries[0].delivered);
  REQUIRE(deliveries[0].attempts == 1);
  REQUIRE(receiver.requests.size() == 1);
  REQUIRE(receiver.requests[0].headers.find("Authorization") == "Bearer secret");
  REQUIRE(receiver.requests[0].headers.find("Content-Type") == "application/json");
  auto body = nlohmann::json::parse(receiver.requests[0].body);
  REQUIRE(body == nlohmann::json{{"time", "2026-01-02T03:04:05.000Z"},
                                 {"kind", "run-failed"},
                                 {"message", "run r-1 failed: loss is NaN"},
                                 {"fields", {{"run-id", "r-1"}}},
                                 {"text", "run r-1 failed: loss is NaN"}});
}

TEST_CASE("a webhook that is busy is tried again, one that refuses is not, and the tries are bounded") {
  Receiver busy({503, 429});
  auto delivery = send_notifications({busy.settings()}, kFailed, kQuickTry).at(0);
  REQUIRE(delivery.delivered);
  REQUIRE(delivery.attempts == 3);

  Receiver refusing({403});
  delivery = send_notifications({refusing.settings()}, kFailed, kQuickTry).at(0);
  REQUIRE_FALSE(delivery.delivered);
  REQUIRE(delivery.attempts == 1);
  REQUIRE(delivery.error == "the server answered 403");

  Receiver broken({500, 500, 500, 500});
  delivery = send_notifications({broken.settings()}, kFailed, kQuickTry).at(0);
  REQUIRE_FALSE(delivery.delivered);
  REQUIRE(delivery.attempts == 3);
  REQUIRE(broken.requests.size() == 3);
}

TEST_CASE("a command sees the event in its environment and its output goes nowhere") {
  TemporaryFolder folder;
  auto out = (folder.path() / "out").string();
  NotificationSettings settings{
      "command",
      fmt::format("echo noise; echo \"$DS_EVENT|$DS_EVENT_MESSAGE|$DS_EVENT_RUN_ID\" > '{}'", out),
      {},
      {}};
  auto delivery = send_notifications({settings}, kFailed, kQuickTry).at(0);
  REQUIRE(delivery.delivered);
  REQUIRE(read_file(out) == "run-failed|run r-1 failed: loss is NaN|r-1\n");
}

TEST_CASE("a command that fails or hangs is an error and is not repeated") {
  auto run = [](const std::string& command) {
    return send_notifications({{"command", command, {}, {}}}, kFailed, {3, 0.3, 0.001}).at(0);
  };
  auto failed = run("echo first >&2; echo 'no such room' >&2; exit 7");
  REQUIRE_FALSE(failed.delivered);
  REQUIRE(failed.attempts == 1);
  REQUIRE(failed.error == "exit code 7: no such room");
  REQUIRE(run("exec sleep 30").error == "not finished after 0.3 s, or exit code 124");
}

TEST_CASE("targets get the events they ask for, else those that people wait for") {
  auto sent_to = [](std::vector<std::string> events, const std::string& kind) {
    return !send_notifications({{"command", "true", std::move(events), {}}}, {"", kind, "", {}}, kQuickTry)
                .empty();
  };
  REQUIRE(sent_to({}, "all-runs-done"));
  REQUIRE(sent_to({}, "review-waiting"));
  REQUIRE_FALSE(sent_to({}, "run-started"));
  REQUIRE(sent_to({"run-started"}, "run-started"));
  REQUIRE_FALSE(sent_to({"run-started"}, "all-runs-done"));
}

TEST_CASE("settings that cannot work say what is known") {
  REQUIRE_THROWS_WITH(check_notifications({{"pager", "x", {}, {}}}),
                      "unknown notification kind 'pager'; known: command, webhook, mail");
  REQUIRE_THROWS_WITH(check_notifications({{"webhook", "example.org", {}, {}}}),
                      "webhook 'example.org': expected an http:// or https:// address");
  REQUIRE_THROWS_WITH(check_notifications({{"command", "true", {"run-faild"}, {}}}),
                      Catch::StartsWith("unknown event 'run-faild'; known: run-started, run-done, "));
}

TEST_CASE("a delivery that fails is logged in the project and the others are still made") {
  TemporaryFolder folder;
  auto out = (folder.path() / "out").string();
  ProjectSettings settings{.name = "p"};
  settings.notifications = {{"command", "exit 3", {}, {}},
                            {"command", fmt::format("echo $DS_EVENT > '{}'", out), {}, {}}};
  Project::init(folder.path() / "p", settings, {"a"});
  Project project(folder.path() / "p");
  notify(project, {{}, "review-waiting", "2 images wait for review", {}}, kQuickTry);
  REQUIRE(read_file(out) == "review-waiting\n");
  auto events = project.events().list();
  REQUIRE(events.size() >= 2);
  REQUIRE(events[events.size() - 2].kind == "review-waiting");
  REQUIRE(events.back().kind == "notification-failed");
  REQUIRE(events.back().message ==
          "review-waiting by command to exit 3 was not delivered after 1 attempt: exit code 3");
}
