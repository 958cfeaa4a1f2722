#include "ds/train/train_data.h"

#include <catch2/catch.hpp>

namespace {

ds::TrainImage image_with(std::vector<ds::TrainObject> objects, int width = 640, int height = 480) {
  ds::TrainImage image;
  image.name = "a.jpg";
  image.file = "/dev/null";
  image.width = width;
  image.height = height;
  image.objects = std::move(objects);
  return image;
}

}  // namespace

TEST_CASE("annotations become objects: crowds are ignored regions, proposals and empty boxes stay out") {
  ds::Image image;
  image.width = 100;
  image.height = 100;
  ds::Annotation plain;
  plain.shape = ds::Box{10, 10, 120, 50};
  ds::Annotation crowd;
  crowd.shape = ds::Box{0, 0, 50, 50};
  crowd.crowd = true;
  ds::Annotation proposal = plain;
  proposal.proposal = true;
  ds::Annotation empty;
  empty.shape = ds::Box{20, 20, 20, 40};
  image.annotations = {plain, crowd, proposal, empty};
  auto objects = ds::train_objects(image);
  REQUIRE(objects.size() == 2);
  REQUIRE(objects[0] == ds::TrainObject{{10, 10, 100, 50}, 0, false});
  REQUIRE(objects[1] == ds::TrainObject{{0, 0, 50, 50}, 0, true});
}

TEST_CASE("the common aspect needs nearly all images") {
  std::vector<ds::TrainImage> images(40, image_with({}));
  REQUIRE(ds::common_aspect(images) == Approx(640.0 / 480));
  for (int i = 0; i < 3; ++i) images[static_cast<std::size_t>(i)] = image_with({}, 480, 640);
  // 37 of 40 are 92.5 %
  REQUIRE(ds::common_aspect(images) == 1);
}

TEST_CASE("repeat factors follow the rarest class of an image") {
  std::vector<ds::TrainImage> images(4, image_with({{{0, 0, 9, 9}, 0}}));
  images[3].objects.push_back({{0, 0, 9, 9}, 1});
  auto factors = ds::repeat_factors(images, 2, 1.0);
  // Class 0 is on all images: sqrt(1 / 1) = 1; class 1 on a quarter: sqrt(1 / 0.25) = 2
  REQUIRE(factors == std::vector<double>{1, 1, 1, 2});
  REQUIRE(ds::repeat_factors(images, 2, 0).empty());
}
