#include "ds/serve/service.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "ds/base/files.h"
#include "ds/base/text.h"
#include "ds/http/client.h"
#include "ds/media/image_header.h"
#include "fake_model.h"

#include <catch2/catch.hpp>

using namespace ds;
using Json = nlohmann::json;

namespace {

struct Fixture {
  explicit Fixture(const std::function<void(ServeOptions&)>& change = nullptr) {
    ServeOptions options;
    options.name = "gate-3";
    options.loader = fake_loader(world);
    options.admin = true;
    options.admin_token = "admin-secret";
    if (change) change(options);
    service = std::make_unique<Service>(options);
    service->start();
  }
  Fixture& loaded() {
    service->load({"m-1", "good", 1});
    return *this;
  }
  http::Response get(const std::string& path) const { return http::fetch(service->url() + path); }
  http::Response detect(const std::string& body, const std::string& query = "",
                        const std::string& type = "image/png") const {
    http::FetchOptions options;
    options.method = "POST";
    options.body = body;
    options.content_type = type;
    return http::fetch(service->url() + "/v1/detect" + query, options);
  }
  http::Response admin(const std::string& method, const std::string& path, const std::string& body = "",
                       const std::string& token = "admin-secret") const {
    http::FetchOptions options;
    options.method = method;
    options.body = body;
    options.token = token;
    return http::fetch(fmt::format("http://127.0.0.1:{}{}", service->admin_port(), path), options);
  }
  std::shared_ptr<FakeWorld> world = std::make_shared<FakeWorld>();
  std::unique_ptr<Service> service;
};

}  // namespace

TEST_CASE("live is not ready; ready is loaded and warmed") {
  Fixture f;
  REQUIRE(f.get("/v2/health/live").status == 200);
  auto loading = f.get("/v2/health/ready");
  REQUIRE(loading.status == 503);
  REQUIRE(loading.body == "{\"ready\":false,\"reason\":\"loading\"}\n");
  auto early = f.detect(picture(255));
  REQUIRE(early.status == 503);
  REQUIRE(early.body == "{\"error\":\"the model is loading\"}\n");
  REQUIRE(f.get("/v2/models/gate-3").status == 503);
  f.loaded();
  REQUIRE(f.get("/v2/health/ready").status == 200);
}

TEST_CASE("a picture is answered with its objects") {
  Fixture f;
  f.loaded();
  // Score 204 / 255 = 0.8; the input's left half, 16 of 32 wide, is 32 of the picture's 64.
  auto response = f.detect(picture(204, 1));
  REQUIRE(response.status == 200);
  REQUIRE(response.content_type == "application/json");
  REQUIRE(response.headers.find("X-DS-Generation") == "1");
  REQUIRE(response.headers.find("X-DS-Model") == "m-1");
  auto json = Json::parse(response.body);
  json.erase("inference_ms");
  REQUIRE(json == Json::parse(R"({"model":"m-1","generation":1,"width":64,"height":64,"score_threshold":0.5,
    "detections":[{"class":"dog","class_idx":1,"score":0.8,"box":[0.0,0.0,32.0,64.0]}]})"));
}

TEST_CASE("a form's file is the picture") {
  Fixture f;
  f.loaded();
  auto body = "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n" +
              picture(204) + "\r\n--B--\r\n";
  auto response = f.detect(body, "", "multipart/form-data; boundary=B");
  REQUIRE(response.status == 200);
  REQUIRE(Json::parse(response.body)["detections"].size() == 1);
}

TEST_CASE("the score limit is the model's unless the request says otherwise") {
  Fixture f;
  f.loaded();
  auto count = [&](int score, const std::string& query) {
    return Json::parse(f.detect(picture(score), query).body)["detections"].size();
  };
  REQUIRE(count(102, "") == 0);  // 0.4 < 0.5
  REQUIRE(count(102, "?score=0.3") == 1);
  REQUIRE(count(204, "?score=0.9") == 0);  // 0.8 < 0.9
  auto low = f.detect(picture(204), "?score=0.01");
  REQUIRE(low.status == 400);
  REQUIRE(low.body == "{\"error\":\"?score=0.01: expected a number from 0.05 to 1\"}\n");
}

TEST_CASE("draw returns the picture") {
  Fixture f;
  f.loaded();
  auto response = f.detect(picture(204), "?draw=1");
  REQUIRE(response.status == 200);
  REQUIRE(response.content_type == "image/jpeg");
  REQUIRE(response.headers.find("X-DS-Detections") == "1");
  auto header = read_image_header(response.body, "answer");
  REQUIRE(header.raw_width == 64);
  auto plain = decode_image(f.detect(picture(25), "?draw=1").body, "plain");  // nothing found
  auto drawn = decode_image(response.body, "drawn");
  REQUIRE(cv::norm(drawn, plain, cv::NORM_INF) > 50);
}

TEST_CASE("what is no picture is refused with the reason") {
  Fixture f([](ServeOptions& options) { options.max_pixels = 100'000; });
  f.loaded();
  auto empty = f.detect("");
  REQUIRE(empty.status == 422);
  REQUIRE(empty.body == "{\"error\":\"the body is empty: expected a JPEG or PNG picture\"}\n");
  REQUIRE(f.detect("hello").status == 422);
  auto cut = picture(204);
  cut.resize(cut.size() - 20);
  REQUIRE(f.detect(cut).status == 422);
  // 400 x 300 = 120,000 pixels
  auto big = f.detect(encode_png(cv::Mat(300, 400, CV_8UC3, cv::Scalar(0, 0, 0))));
  REQUIRE(big.status == 413);
  REQUIRE(big.body == "{\"error\":\"the picture has 400 x 300 = 120000 pixels, more than 100000\"}\n");
  REQUIRE(f.detect(picture(204), "?draw=maybe").status == 400);
  REQUIRE(f.detect(picture(204)).status == 200);
}

TEST_CASE("the model is described as the Open Inference Protocol asks") {
  Fixture f;
  f.loaded();
  auto response = f.get("/v2/models/gate-3");
  REQUIRE(response.status == 200);
  auto json = Json::parse(response.body);
  REQUIRE(json["name"] == "gate-3");
  REQUIRE(json["versions"] == Json{"1"});
  REQUIRE(json["parameters"]["classes"] == Json{"cat", "dog"});
  REQUIRE(f.get("/v2/models/m-1/versions/1").status == 200);
  auto old = f.get("/v2/models/m-1/versions/7");
  REQUIRE(old.status == 404);
  REQUIRE(old.body == "{\"error\":\"generation 7 is not in service; 1 is\"}\n");
  auto unknown = f.get("/v2/models/x");
  REQUIRE(unknown.status == 404);
  REQUIRE(unknown.body == "{\"error\":\"unknown model 'x'; known: gate-3, m-1\"}\n");
}

TEST_CASE("another model takes over between two requests, and the old one is freed") {
  Fixture f;
  f.loaded();
  REQUIRE(f.world->engines == 1);
  f.service->swap({"m-2", "good", 2}, 1);
  REQUIRE(f.world->engines == 1);
  auto json = Json::parse(f.detect(picture(204)).body);
  REQUIRE(json["model"] == "m-2");
  REQUIRE(json["generation"] == 2);
  REQUIRE_THROWS_WITH(f.service->swap({"m-3", "good", 3}, 1), "generation 2 is in service, expected 1");
  REQUIRE_THROWS_WITH(f.service->swap({"m-3", "good", 2}, 2), "generation 2: expected more than 2");
  REQUIRE_THROWS_WITH(f.service->swap({"m-3", "broken", 3}, 2), "broken: no such model");
  REQUIRE(f.service->serving().id == "m-2");
  REQUIRE(f.detect(picture(204)).status == 200);
}

TEST_CASE("the admin listener swaps by compare-and-swap, reports and drains, for its token only") {
  Fixture f;
  f.loaded();
  REQUIRE(f.admin("GET", "/status", "", "guess").status == 401);
  REQUIRE(http::fetch(f.service->url() + "/status").status == 404);  // not where clients come in
  auto swapped =
      f.admin("POST", "/swap", R"({"model":"m-2","path":"good","generation":2,"expected_generation":1})");
  REQUIRE(swapped.status == 200);
  REQUIRE(Json::parse(swapped.body)["generation"] == 2);
  auto late =
      f.admin("POST", "/swap", R"({"model":"m-3","path":"good","generation":2,"expected_generation":1})");
  REQUIRE(late.status == 409);
  REQUIRE(late.body == "{\"error\":\"generation 2 is in service, expected 1\"}\n");
  REQUIRE(
      f.admin("POST", "/swap", R"({"model":"m-3","path":"broken","generation":3,"expected_generation":2})")
          .status == 422);
  REQUIRE(f.admin("POST", "/swap", "{}").status == 400);
  auto status = Json::parse(f.admin("GET", "/status").body);
  REQUIRE(status["state"] == "ready");
  REQUIRE(status["model"] == "m-2");
  REQUIRE_FALSE(f.service->drain_requested());
  REQUIRE(f.admin("POST", "/drain").status == 202);
  REQUIRE(f.service->drain_requested());
}

TEST_CASE("metrics count what was answered") {
  Fixture f;
  f.loaded();
  f.detect(picture(204, 1));
  f.detect(picture(204, 1));
  f.detect(picture(25));
  f.detect("hello");
  auto text = f.get("/metrics").body;
  auto has = [&](const std::string& line) { return text.find("\n" + line + "\n") != std::string::npos; };
  REQUIRE(has("# TYPE ds_requests_total counter"));
  REQUIRE(has("ds_requests_total{route=\"/v1/detect\",code=\"200\"} 3"));
  REQUIRE(has("ds_requests_total{route=\"/v1/detect\",code=\"422\"} 1"));
  REQUIRE(has("ds_images_total 3"));
  REQUIRE(has("ds_empty_results_total 1"));
  REQUIRE(has("ds_detections_total{class=\"dog\"} 2"));
  REQUIRE(has("ds_model_info{deployment=\"gate-3\",model=\"m-1\",generation=\"1\"} 1"));
  REQUIRE(has("ds_model_generation 1"));
  REQUIRE(has("ds_ready 1"));
  REQUIRE(has("ds_queue_limit 64"));
  REQUIRE(has("ds_batch_images_bucket{le=\"1\"} 3"));
  REQUIRE(has("ds_batch_images_count 3"));
  REQUIRE(has("ds_request_seconds_count{route=\"/v1/detect\"} 4"));
}

TEST_CASE("each picture is a line of the request log") {
  TemporaryFolder folder;
  Fixture f([&](ServeOptions& options) { options.folder = folder.path(); });
  f.loaded();
  f.detect(picture(204));
  f.detect(picture(25));
  f.service->drain();
  auto lines = split(trim(read_file(folder.path() / "requests.jsonl")), '\n');
  REQUIRE(lines.size() == 2);
  auto first = Json::parse(lines[0]);
  REQUIRE(first["model"] == "m-1");
  REQUIRE(first["generation"] == 1);
  REQUIRE(first["detections"] == 1);
  REQUIRE(first["best_score"] == 0.8);
  REQUIRE(Json::parse(lines[1])["detections"] == 0);
}

TEST_CASE("a service that captures writes pictures beside what the model said") {
  TemporaryFolder folder;
  Fixture f([&](ServeOptions& options) {
    options.folder = folder.path();
    options.capture.uniform = 1;
  });
  f.loaded();
  f.detect(picture(204));
  f.detect(picture(204));
  f.service->drain();
  auto status = Json::parse(f.service->status_json());
  REQUIRE(status["captured"] == Json{{"uniform", 1}});
  REQUIRE(status["capture_dropped"] == Json{{"duplicate", 1}});
  REQUIRE(status["capture"] == "uniform=1");
}

TEST_CASE("options that cannot work are refused") {
  auto with = [](const std::function<void(ServeOptions&)>& change) {
    ServeOptions options;
    change(options);
    return std::make_unique<Service>(options);
  };
  REQUIRE_THROWS_WITH(with([](ServeOptions& o) { o.workers = 0; }), "workers 0: expected at least 1");
  REQUIRE_THROWS_WITH(with([](ServeOptions& o) { o.max_queue = 0; }), "queue 0: expected at least 1");
  REQUIRE_THROWS_WITH(with([](ServeOptions& o) { o.score_floor = 2; }),
                      "score floor 2: expected a number from 0 to 1");
  REQUIRE_THROWS_WITH(with([](ServeOptions& o) { o.admin = true; }), "the admin listener needs a token");
  REQUIRE_THROWS_WITH(with([](ServeOptions& o) { o.capture.uniform = 1; }),
                      "capturing needs a deployment's folder");
}
