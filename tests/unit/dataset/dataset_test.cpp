#include "ds/dataset/dataset.h"

#include "ds/base/error.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("a summary counts states, splits, classes and negatives") {
  Dataset dataset;
  dataset.classes = ClassList({"a", "b"});
  Image full{.name = "1.jpg", .split = Split::train, .state = ImageState::done};
  full.annotations = {{.class_idx = 1}, {.class_idx = 1}, {.class_idx = 0}};
  Image negative{.name = "2.jpg", .split = Split::test, .state = ImageState::done};
  Image fresh{.name = "3.jpg"};
  dataset.images = {full, negative, fresh};
  auto summary = summarize(dataset);
  REQUIRE(summary.images == 3);
  REQUIRE(summary.negatives == 1);
  REQUIRE(summary.annotations == 3);
  REQUIRE(summary.classes[1].annotations == 2);
  REQUIRE(summary.classes[1].images == 1);
  REQUIRE(summary.images_of_state[static_cast<int>(ImageState::unlabelled)] == 1);
  REQUIRE(summary.images_of_split[static_cast<int>(Split::train)] == 1);
}

TEST_CASE("states, splits and sources read back from their names") {
  for (const auto& name : image_state_names()) REQUIRE(to_string(image_state_from_string(name)) == name);
  for (const auto& name : split_names()) REQUIRE(to_string(split_from_string(name)) == name);
  for (const auto* name : {"manual", "automatic", "import", "capture"})
    REQUIRE(to_string(source_from_string(name)) == name);
  REQUIRE_THROWS_AS(image_state_from_string("finished"), UsageError);
}
