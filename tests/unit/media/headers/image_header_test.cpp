#include "ds/media/image_header.h"

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/media/image_io.h"
#include "ds/testing/shared_data.h"
#include "make_images.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;

TEST_CASE("orientation is read from both byte orders and swaps the displayed sides") {
  auto jpeg = encode_jpeg(quarters(40, 24));
  for (bool big : {false, true}) {
    for (int orientation = 1; orientation <= 8; ++orientation) {
      auto header = read_image_header(with_exif(jpeg, orientation, big), "x.jpg");
      REQUIRE(header.orientation == orientation);
      REQUIRE(header.raw_width == 40);
      REQUIRE(header.width() == (orientation >= 5 ? 24 : 40));
      REQUIRE(header.height() == (orientation >= 5 ? 40 : 24));
    }
  }
  REQUIRE(read_image_header(with_exif(jpeg, 9), "x.jpg").orientation == 1);
  REQUIRE(read_image_header(with_exif(jpeg, 0), "x.jpg").orientation == 1);
}

TEST_CASE("sizes come from the header alone, and too many pixels are refused before decoding") {
  // A PNG of 33 bytes that claims 60000 x 60000 pixels.
  std::string bomb = "\x89PNG\r\n\x1a\n";
  append_u32(bomb, 13, true);
  bomb += "IHDR";
  append_u32(bomb, 60000, true);
  append_u32(bomb, 60000, true);
  bomb += std::string("\x08\x02\0\0\0\0\0\0\0", 9);
  REQUIRE_THROWS_WITH(read_image_header(bomb, "bomb.png"),
                      "bomb.png: 60000x60000 is 3600000000 pixels, more than the 268435456 allowed");
  REQUIRE(read_image_header(bomb, "bomb.png", 4'000'000'000).raw_width == 60000);
}

TEST_CASE("what is no image is named") {
  REQUIRE_THROWS_WITH(read_image_header("", "a.jpg"), "a.jpg: the file is empty");
  REQUIRE_THROWS_WITH(read_image_header("hello", "a.jpg"),
                      "a.jpg: not an image (known: jpeg, png, bmp, tiff, webp, gif)");
  REQUIRE_THROWS_WITH(read_image_header("\xFF\xD8\xFF\xD9", "a.jpg"),
                      "a.jpg: broken jpeg header: it states no size");
}

TEST_CASE("HEIC and AVIF are called what they are; a JPEG of that name is a JPEG") {
  using namespace std::string_literals;
  REQUIRE_THROWS_WITH(read_image_header("\0\0\0\x18"
                                        "ftypheic\0\0\0\0mif1heic"s,
                                        "a.heic"),
                      "a.heic: a picture in HEIC, which is not read");
  REQUIRE_THROWS_WITH(read_image_header("\0\0\0\x18"
                                        "ftypavif\0\0\0\0mif1avif"s,
                                        "a.jpg"),
                      "a.jpg: a picture in AVIF, which is not read");
  REQUIRE(has_image_suffix("IMG_1.HEIC"));
  REQUIRE(!suffix_fits("IMG_1.HEIC", ImageFormat::jpeg));
}

TEST_CASE("every cut of a JPEG and of a PNG is found") {
  auto picture = quarters(64, 48);
  for (const auto& [name, bytes] :
       {std::pair{std::string("jpeg"), encode_jpeg(picture)}, {"png", encode_png(picture)}}) {
    auto header = read_image_header(bytes, name);
    require_whole_image(bytes, header, name);
    auto least = name == "png" ? std::size_t{33} : bytes.size() / 2;  // the header must stay
    for (std::size_t length = least; length < bytes.size(); ++length)
      REQUIRE_THROWS_AS(require_whole_image(bytes.substr(0, length), header, name), DataError);
  }
}

TEST_CASE("a JPEG's embedded thumbnail does not pass for its end") {
  auto jpeg = encode_jpeg(quarters(64, 48));
  auto thumbnail = encode_jpeg(quarters(16, 12));
  std::string segment = "\xFF\xE2";
  append_u16(segment, static_cast<std::uint32_t>(thumbnail.size() + 2), true);
  auto whole = jpeg.substr(0, 2) + segment + thumbnail + jpeg.substr(2);
  auto header = read_image_header(whole, "x");
  REQUIRE(header.raw_width == 64);
  require_whole_image(whole, header, "x");
  REQUIRE_THROWS_WITH(require_whole_image(whole.substr(0, whole.size() - 2), header, "x"),
                      "x: the jpeg is cut short or damaged: no end marker");
}

TEST_CASE("a flipped byte in a PNG is found by its checksum") {
  auto png = encode_png(quarters(64, 48));
  png[45] = static_cast<char>(png[45] ^ 1);
  auto header = read_image_header(png, "x.png");
  REQUIRE_THROWS_WITH(require_whole_image(png, header, "x.png"),
                      Catch::Matchers::StartsWith(
                          "x.png: the png is cut short or damaged: the chunk at byte 33 has checksum"));
}

TEST_CASE("BMP, TIFF, WebP and GIF that end early are found") {
  auto tiff = tiff_of(quarters(16, 12), 1);
  auto header = read_image_header(tiff, "x.tif");
  REQUIRE(header.raw_width == 16);
  REQUIRE_THROWS_WITH(require_whole_image(tiff.substr(0, tiff.size() - 1), header, "x.tif"),
                      "x.tif: the tiff is cut short or damaged: strip 0 is 576 bytes from byte 134 of 709");
  if (shared_is_absent("data/odd_images/pillow")) return;
  for (const std::string name : {"hopper.bmp", "flower.webp", "hopper.gif"}) {
    auto file = shared_folder() / "data/odd_images/pillow" / name;
    auto bytes = read_file(file);
    auto found = read_image_header(bytes, name);
    require_whole_image(bytes, found, name);
    REQUIRE_THROWS_AS(require_whole_image(std::string_view(bytes).substr(0, bytes.size() / 2), found, name),
                      DataError);
  }
}

TEST_CASE("kinds of files by their names") {
  REQUIRE(has_image_suffix("a/B.JPG"));
  REQUIRE_FALSE(has_image_suffix("jpg"));
  REQUIRE_FALSE(has_image_suffix(".jpg"));
  REQUIRE(has_video_suffix("x.MP4"));
  REQUIRE(has_archive_suffix("x.tar.gz"));
  REQUIRE_FALSE(has_archive_suffix("x.gz"));
}
