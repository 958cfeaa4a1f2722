#include "ds/media/image_io.h"

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/media/letterbox_image.h"
#include "ds/testing/shared_data.h"
#include "make_images.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;

namespace {

double mean_difference(const cv::Mat& a, const cv::Mat& b) {
  REQUIRE(a.size() == b.size());
  return cv::norm(a, b, cv::NORM_L1) / static_cast<double>(a.total() * 3);
}

// Where the quarters b g / r w go: the standard's definition of each orientation.
const char* kTurned[] = {"", "bgrw", "gbwr", "wrgb", "rwbg", "brgw", "rbwg", "wgrb", "gwbr"};

}  // namespace

TEST_CASE("all eight orientations are applied once, in JPEG and TIFF, for both byte orders") {
  auto picture = quarters(40, 24);
  auto jpeg = encode_jpeg(picture, 95);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    CAPTURE(orientation);
    for (bool big : {false, true}) {
      for (const auto& bytes : {with_exif(jpeg, orientation, big), tiff_of(picture, orientation, big)}) {
        auto image = decode_image(bytes, "x");
        REQUIRE(image.cols == (orientation >= 5 ? 24 : 40));
        REQUIRE(image.rows == (orientation >= 5 ? 40 : 24));
        REQUIRE(letters(image) == kTurned[orientation]);
      }
    }
  }
}

TEST_CASE("the same photo in all orientations decodes to the same picture") {
  if (shared_is_absent("data/odd_images/exif_orientation")) return;
  auto folder = shared_folder() / "data/odd_images/exif_orientation";
  for (const std::string kind : {"Landscape", "Portrait"}) {
    auto upright = decode_image_file(folder / (kind + "_1.jpg"), {.reduction = 4});
    for (int i = 0; i <= 8; ++i) {
      auto other = decode_image_file(folder / (kind + "_" + std::to_string(i) + ".jpg"), {.reduction = 4});
      REQUIRE(mean_difference(upright, other) < 3);
    }
  }
}

TEST_CASE("odd images decode to 8-bit BGR") {
  if (shared_is_absent("data/odd_images/pillow")) return;
  auto folder = shared_folder() / "data/odd_images/pillow";
  auto hopper = decode_image_file(folder / "hopper.bmp");
  for (const std::string name :
       {"hopper.tif", "hopper.webp", "hopper.gif", "hopper_16bit_qtables.jpg", "hopper_orientation_2.jpg",
        "hopper_orientation_5.webp", "hopper_orientation_7.jpg"}) {
    CAPTURE(name);
    REQUIRE(mean_difference(decode_image_file(folder / name), hopper) < 12);
  }
  for (const std::string name :
       {"16bit.cropped.tif", "1_trns.png", "p_16.png", "l_trns.png", "p_trns_single.png", "hopper_gray.jpg",
        "transparent.webp", "frozenpond.mpo", "exif.png", "invalid-exif.jpg", "hopper_bad_exif.jpg"}) {
    CAPTURE(name);
    REQUIRE(decode_image_file(folder / name).type() == CV_8UC3);
  }
}

TEST_CASE("truncated and broken images are refused with their name") {
  if (shared_is_absent("data/odd_images/pillow")) return;
  auto folder = shared_folder() / "data/odd_images/pillow";
  REQUIRE_THROWS_WITH(decode_image_file(folder / "truncated_image.png"),
                      (folder / "truncated_image.png").string() +
                          ": the png is cut short or damaged: the chunk at byte 33 is incomplete");
  REQUIRE_THROWS_AS(decode_image_file(folder / "broken.png"), DataError);
  REQUIRE_THROWS_AS(decode_image_file(folder / "decompression_bomb.gif"), DataError);
  REQUIRE_THROWS_AS(decode_image_file(folder / "no_such.png"), Error);
}

TEST_CASE("reduced decoding divides the sides, rounded up") {
  auto jpeg = encode_jpeg(quarters(41, 26));
  auto png = encode_png(quarters(41, 26));
  for (int reduction : {2, 4, 8}) {
    for (const auto& bytes : {jpeg, png}) {
      auto image = decode_image(bytes, "x", {.reduction = reduction});
      REQUIRE(image.cols == (41 + reduction - 1) / reduction);
      REQUIRE(image.rows == (26 + reduction - 1) / reduction);
    }
  }
  REQUIRE_THROWS_WITH(decode_image(jpeg, "x", {.reduction = 3}), "reduction is 3; it can be 1, 2, 4 or 8");
}

TEST_CASE("PNG keeps every pixel, JPEG nearly") {
  auto picture = quarters(30, 20);
  REQUIRE(mean_difference(decode_image(encode_png(picture), "x"), picture) == 0);
  REQUIRE(mean_difference(decode_image(encode_jpeg(picture, 95), "x"), picture) < 12);
}

TEST_CASE("write_image chooses by extension") {
  TemporaryFolder folder;
  write_image(folder.path() / "a.PNG", quarters(8, 8));
  REQUIRE(read_image_header(folder.path() / "a.PNG").format == ImageFormat::png);
  REQUIRE_THROWS_AS(write_image(folder.path() / "a.bmp", quarters(8, 8)), UsageError);
}

TEST_CASE("an encoded picture is written under the format of its new name") {
  TemporaryFolder folder;
  const auto jpeg = encode_jpeg(quarters(8, 8));
  write_image(folder.path() / "a.JPEG", jpeg);
  REQUIRE(read_file(folder.path() / "a.JPEG") == jpeg);  // no second loss
  write_image(folder.path() / "a.png", jpeg);
  const auto png = read_file(folder.path() / "a.png");
  REQUIRE(read_image_header(png, "a.png").format == ImageFormat::png);
  REQUIRE(mean_difference(decode_image(png, "a.png"), decode_image(jpeg, "a.jpg")) == 0);
  REQUIRE_THROWS_WITH(require_picture_name("a.gif"), "a.gif does not end in .jpg, .jpeg or .png");
  REQUIRE_THROWS_AS(write_image(folder.path() / "a.gif", jpeg), UsageError);
  REQUIRE_THROWS_AS(write_image(folder.path() / "b.png", std::string_view("no picture")), DataError);
  REQUIRE_FALSE(std::filesystem::exists(folder.path() / "b.png"));
}

TEST_CASE("letterbox places the image top-left and pads with 114") {
  auto picture = quarters(40, 20);
  auto box = letterbox_top_left(40, 20, 32, 32);
  auto input = letterbox_image(picture, box);
  REQUIRE(input.cols == 32);
  REQUIRE(input.rows == 32);
  // scale 32/40 = 0.8: the image covers 32 x 16
  REQUIRE(letters(input(cv::Rect(0, 0, 32, 16))) == "bgrw");
  REQUIRE(cv::norm(input(cv::Rect(0, 16, 32, 16)), cv::Mat(16, 32, CV_8UC3, cv::Scalar::all(114)),
                   cv::NORM_INF) == 0);
  cv::Mat resized;
  cv::resize(picture, resized, {32, 16}, 0, 0, cv::INTER_LINEAR);
  REQUIRE(cv::norm(input(cv::Rect(0, 0, 32, 16)), resized, cv::NORM_INF) == 0);
  REQUIRE_THROWS_WITH(letterbox_image(quarters(20, 20), box),
                      "the letterbox is for 40x20, the image is 20x20");
}
