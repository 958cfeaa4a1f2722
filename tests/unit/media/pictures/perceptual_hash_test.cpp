#include "ds/media/perceptual_hash.h"

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "ds/media/image_io.h"
#include "ds/media/synthetic_scene.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("hashes survive rescaling, compression and brightness, and tell pictures apart") {
  SceneOptions options{.noise = 2, .negative_share = 0};
  cv::Mat picture;
  cv::Mat other;
  make_scene(options, 1, &picture);
  make_scene(options, 2, &other);
  cv::Mat small;
  cv::resize(picture, small, {}, 0.5, 0.5, cv::INTER_AREA);
  auto compressed = decode_image(encode_jpeg(picture, 40), "x");
  cv::Mat brighter = picture * 0.8 + cv::Scalar::all(20);
  for (auto hash : {difference_hash, perceptual_hash}) {
    REQUIRE(hamming_distance(hash(picture), hash(picture)) == 0);
    REQUIRE(hamming_distance(hash(picture), hash(small)) <= 6);
    REQUIRE(hamming_distance(hash(picture), hash(compressed)) <= 6);
    REQUIRE(hamming_distance(hash(picture), hash(brighter)) <= 8);
    REQUIRE(hamming_distance(hash(picture), hash(other)) >= 12);
  }
}

TEST_CASE("distance counts differing bits") {
  REQUIRE(hamming_distance(0b1011, 0b0010) == 2);
  REQUIRE(hamming_distance(0, ~std::uint64_t{0}) == 64);
}
