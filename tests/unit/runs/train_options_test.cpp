#include "ds/runs/train_options.h"

#include "ds/base/error.h"

#include <catch2/catch.hpp>

TEST_CASE("input sizes are read and rounded up to the network's multiple") {
  REQUIRE(ds::parse_input_size("416", 32) == ds::InputSize{416, 416});
  REQUIRE(ds::parse_input_size("400", 32) == ds::InputSize{416, 416});
  REQUIRE(ds::parse_input_size("416x320", 32) == ds::InputSize{416, 320});
  // 640x480 images: 416 * 0.75 = 312, up to 320
  REQUIRE(ds::parse_input_size("416", 32, 4.0 / 3) == ds::InputSize{416, 320});
  REQUIRE(ds::parse_input_size("320", 32, 3.0 / 4) == ds::InputSize{256, 320});
  REQUIRE_THROWS_WITH(ds::parse_input_size("big", 32),
                      "--input-size: 'big' is not a size; write 416 or 416x320 (32 to 4096)");
  REQUIRE_THROWS_AS(ds::parse_input_size("10", 32), ds::UsageError);
  REQUIRE_THROWS_AS(ds::parse_input_size("1x2x3", 32), ds::UsageError);
  REQUIRE_THROWS_AS(ds::parse_input_size("", 32), ds::UsageError);
}

TEST_CASE("values out of range name the flag") {
  ds::TrainOptions options;
  options.validate();
  options.batch = 0;
  REQUIRE_THROWS_WITH(options.validate(), "--batch is 0; it must be between 1 and 1024");
  options = {};
  options.augment.mosaic = 1.5;
  REQUIRE_THROWS_WITH(options.validate(), "--mosaic is 1.5; it must be between 0 and 1");
  options = {};
  options.augment.scale_min = 2;
  REQUIRE_THROWS_WITH(options.validate(), "--scale-min is 2; it must be positive and at most the largest");
}

TEST_CASE("every installed recipe reads, validates and has a source for what it sets") {
  auto names = ds::recipe_names();
  REQUIRE(names == std::vector<std::string>{"accuracy", "balanced", "speed"});
  for (const auto& name : names) {
    ds::TrainOptions options;
    ds::OptionSet set;
    options.bind(set);
    set.read_yaml(ds::find_recipe(name));
    options.validate();
    REQUIRE(set.at("epochs").source == ds::ValueSource::file);
  }
  REQUIRE_THROWS_WITH(ds::find_recipe("fast"), "unknown recipe 'fast'; known: accuracy, balanced, speed");
}

TEST_CASE("options survive being written and read") {
  ds::TrainOptions options;
  options.budget_s = 900;
  options.augment.flip_vertical = 0.5;
  options.input_size = "416x320";
  ds::OptionSet set;
  options.bind(set);
  auto text = set.dump_yaml();
  ds::TrainOptions again;
  ds::OptionSet other;
  again.bind(other);
  other.read_yaml_text(text, "config.yaml");
  REQUIRE(other.dump_yaml().size() > 100);
  REQUIRE(again.budget_s == 900);
  REQUIRE(again.augment.flip_vertical == 0.5);
  REQUIRE(again.input_size == "416x320");
}
