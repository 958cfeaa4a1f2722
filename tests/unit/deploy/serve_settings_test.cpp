#include "ds/deploy/serve_settings.h"

#include "ds/base/error.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("serve settings read back from their text, paths made absolute") {
  ServeSettings settings;
  settings.port = 0;
  settings.workers = 3;
  settings.capture = "uniform=0.5,interest";
  settings.token_file = "tokens.txt";
  auto again = ServeSettings::from_yaml(settings.to_yaml(), "test");
  REQUIRE(again.port == 0);
  REQUIRE(again.workers == 3);
  REQUIRE(again.capture == "uniform=0.5,interest");
  REQUIRE(again.token_file == std::filesystem::absolute("tokens.txt"));
  REQUIRE(again.tls_cert.empty());
  REQUIRE(again.deadline_s == settings.deadline_s);
}

TEST_CASE("serve settings become limits in bytes and pixels") {
  ServeSettings settings;
  settings.max_body_mb = 0.5;
  settings.max_megapixels = 2;
  settings.queue = 5;
  auto options = settings.to_options(2);
  REQUIRE(options.http.max_body_bytes == 500000);
  REQUIRE(options.max_pixels == 2000000);
  REQUIRE(options.max_queue == 5);
  REQUIRE(options.detector.threads == 2);
  settings.queue = 0;
  REQUIRE_THROWS_WITH(settings.to_options(0), "--queue 0: expected at least 1");
  settings.queue = 1;
  settings.max_body_mb = 0;
  REQUIRE_THROWS_WITH(settings.to_options(0), "--max-body 0: expected more than 0");
  REQUIRE_THROWS_AS(ServeSettings::from_yaml("prt: 5\n", "test"), UsageError);
}
