#include <future>
#include <nlohmann/json.hpp>
#include <thread>

#include "ds/http/client.h"
#include "ds/serve/service.h"
#include "fake_model.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

struct Busy1 {
  explicit Busy1(const std::function<void(ServeOptions&)>& change = nullptr) {
    ServeOptions options;
    options.loader = fake_loader(world);
    if (change) change(options);
    service = std::make_unique<Service>(options);
    service->start();
    service->load({"m-1", "good", 1});
  }
  ~Busy1() { world->open_gate(); }
  /// A request on a thread of its own.
  std::future<http::Response> send(const std::string& body) const {
    return std::async(std::launch::async, [url = service->url() + "/v1/detect", body] {
      http::FetchOptions options;
      options.method = "POST";
      options.body = body;
      return http::fetch(url, options);
    });
  }
  void wait_until_waiting(int count) const {
    for (int i = 0; i < 2000; ++i) {
      if (nlohmann::json::parse(service->status_json())["waiting"] == count) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    FAIL("the queue never held " << count);
  }
  std::shared_ptr<FakeWorld> world = std::make_shared<FakeWorld>();
  std::unique_ptr<Service> service;
};

}  // namespace

TEST_CASE("a full queue answers 429 and loses nothing it took") {
  Busy1 f([](ServeOptions& options) { options.max_queue = 2; });
  f.world->close_gate();
  auto running = f.send(picture(204, 0, 1));
  f.world->wait_until_inside(1);
  auto first = f.send(picture(204));
  auto second = f.send(picture(204));
  f.wait_until_waiting(2);
  auto refused = f.send(picture(204)).get();
  REQUIRE(refused.status == 429);
  REQUIRE(refused.headers.find("Retry-After") == "1");
  REQUIRE(refused.body == "{\"error\":\"the queue of 2 pictures is full\"}\n");
  REQUIRE(http::fetch(f.service->url() + "/v2/health/ready").status == 200);  // health does not queue
  f.world->open_gate();
  REQUIRE(running.get().status == 200);
  REQUIRE(first.get().status == 200);
  REQUIRE(second.get().status == 200);
}

TEST_CASE("what waits runs as one batch, up to the limit") {
  Busy1 f([](ServeOptions& options) { options.max_batch = 3; });
  f.world->close_gate();
  std::vector<std::future<http::Response>> answers;
  answers.push_back(f.send(picture(204, 0, 1)));
  f.world->wait_until_inside(1);
  for (int i = 0; i < 4; ++i) answers.push_back(f.send(picture(204, 0, 1)));
  f.wait_until_waiting(4);
  f.world->open_gate();
  for (auto& answer : answers) REQUIRE(answer.get().status == 200);
  REQUIRE(f.world->batches == std::vector<int>{1, 3, 1});
}

TEST_CASE("a picture that breaks its batch fails alone") {
  Busy1 f;
  f.world->close_gate();
  auto running = f.send(picture(204, 0, 1));
  f.world->wait_until_inside(1);
  auto good = f.send(picture(204));
  auto bad = f.send(picture(204, 0, 2));
  auto cut = f.send(picture(204).substr(0, 60));
  f.wait_until_waiting(3);
  f.world->open_gate();
  REQUIRE(running.get().status == 200);
  REQUIRE(good.get().status == 200);
  auto failed = bad.get();
  REQUIRE(failed.status == 500);
  REQUIRE(failed.body == "{\"error\":\"the fake engine was told to fail\"}\n");
  REQUIRE(cut.get().status == 422);
}

TEST_CASE("draining answers what was taken") {
  Busy1 f;
  f.world->close_gate();
  auto running = f.send(picture(204, 0, 1));
  f.world->wait_until_inside(1);
  auto queued = f.send(picture(204));
  f.wait_until_waiting(1);
  auto drained = std::async(std::launch::async, [&] { return f.service->drain(); });
  while (f.service->ready()) std::this_thread::yield();
  f.world->open_gate();
  REQUIRE(running.get().status == 200);
  REQUIRE(queued.get().status == 200);
  REQUIRE(drained.get());
}

TEST_CASE("requests that run during a swap keep their generation") {
  Busy1 f;
  f.world->close_gate();
  auto running = f.send(picture(204, 0, 1));
  f.world->wait_until_inside(1);
  f.service->swap({"m-2", "good", 2}, 1);
  REQUIRE(f.world->engines == 2);  // the old one still works
  f.world->open_gate();
  REQUIRE(running.get().headers.find("X-DS-Generation") == "1");
  REQUIRE(f.send(picture(204)).get().headers.find("X-DS-Generation") == "2");
  REQUIRE(f.world->engines == 1);
}

TEST_CASE("several workers answer at the same time") {
  Busy1 f([](ServeOptions& options) {
    options.workers = 2;
    options.max_batch = 1;
  });
  REQUIRE(f.world->engines == 2);
  f.world->close_gate();
  auto first = f.send(picture(204, 0, 1));
  auto second = f.send(picture(204, 0, 1));
  f.world->wait_until_inside(2);
  {
    std::lock_guard guard(f.world->mutex);
    REQUIRE(f.world->inside == 2);
  }
  f.world->open_gate();
  REQUIRE(first.get().status == 200);
  REQUIRE(second.get().status == 200);
}

TEST_CASE("a port that is taken is found before a model is loaded") {
  Busy1 f;
  ServeOptions options;
  options.http.port = f.service->port();
  options.loader = fake_loader(f.world);
  Service second(options);
  REQUIRE_THROWS_AS(second.start(), Busy);
  REQUIRE(f.world->engines == 1);
}
