#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/media/image_header.h"
#include "ds/media/image_io.h"
#include "ds/testing/shared_data.h"
#include "make_odd_images.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;

namespace {

using Color = std::array<int, 3>;  // red, green, blue

Color color_at(const cv::Mat& image, int x, int y) {
  auto pixel = image.at<cv::Vec3b>(y, x);
  return {pixel[2], pixel[1], pixel[0]};
}

void require_near(const Color& seen, const Color& expected, int tolerance) {
  CAPTURE(seen, expected);
  for (std::size_t c = 0; c < 3; ++c) REQUIRE(std::abs(seen[c] - expected[c]) <= tolerance);
}

std::string text_of(std::initializer_list<int> bytes) {
  std::string text;
  for (int byte : bytes) text += static_cast<char>(byte);
  return text;
}

// What is written to stderr meanwhile, by whoever.
std::string stderr_of(const std::function<void()>& work) {
  TemporaryFolder folder;
  auto file = folder.path() / "stderr";
  std::fflush(stderr);
  int kept = ::dup(2);
  int target = ::open(file.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  ::dup2(target, 2);
  work();
  std::fflush(stderr);
  ::dup2(kept, 2);
  ::close(kept);
  ::close(target);
  return read_file(file);
}

// A BMP header of 40 bytes, what stands behind it (masks, palette), and the pixels.
std::string bmp_of(int width, int height, int bits, int compression, const std::string& behind,
                   const std::string& pixels) {
  std::string bmp = "BM";
  auto data_at = static_cast<std::uint32_t>(54 + behind.size());
  for (std::uint32_t word : {data_at + static_cast<std::uint32_t>(pixels.size()), 0U, data_at, 40U})
    append_u32(bmp, word);
  append_u32(bmp, static_cast<std::uint32_t>(width));
  append_u32(bmp, static_cast<std::uint32_t>(height));
  append_u16(bmp, 1);
  append_u16(bmp, static_cast<std::uint32_t>(bits));
  append_u32(bmp, static_cast<std::uint32_t>(compression));
  return bmp + std::string(20, '\0') + behind + pixels;
}

std::map<std::string, std::string> one_of_each() {
  auto picture = quarters(64, 48);
  return {
      {"jpeg", encode_jpeg(picture)},
      {"png", encode_png(picture)},
      {"tiff", tiff_of(picture, 6)},
      {"webp", webp_file(webp_bitstream(picture))},
      {"animation", animated_webp({picture, picture})},
      {"bmp", bmp_of(4, 4, 24, 0, "", std::string(48, 'x'))},
      {"cmyk", cmyk_jpeg({10, 20, 30, 40}, true, true)},
      {"lzw", tiff_by("w",
                      [](TIFF* tiff) {
                        TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_LZW);
                        fill_page(tiff, 8, 1, PHOTOMETRIC_MINISBLACK, {"abcd", "efgh"});
                      })},
  };
}

}  // namespace

TEST_CASE("CMYK and YCCK JPEGs, with Adobe's inverted inks and without") {
  // Red = 255 (1 - cyan) (1 - key): inks 51 0 102 51 leave 0.8 * 0.8, 1 * 0.8 and 0.6 * 0.8 of the light.
  const Color expected = {163, 204, 122};
  for (bool adobe : {true, false}) {
    CAPTURE(adobe);
    auto image = decode_image(cmyk_jpeg({51, 0, 102, 51}, adobe, false), "x");
    require_near(color_at(image, 8, 8), expected, 3);
  }
  require_near(color_at(decode_image(cmyk_jpeg({51, 0, 102, 51}, true, true), "x"), 8, 8), expected, 3);
}

TEST_CASE("PNGs of every kind become 8-bit BGR") {
  // 1 bit: white, black, white, black in the first row, the opposite in the second
  auto bits = decode_image(png_of(4, 2, 1, 0, {"\xA0", "\x50"}), "x");
  REQUIRE(color_at(bits, 0, 0) == Color{255, 255, 255});
  REQUIRE(color_at(bits, 0, 1) == Color{0, 0, 0});
  // 16 bits: 255 / 257 is nearer to 1 than to 0
  auto deep = decode_image(png_of(1, 1, 16, 0, {text_of({0x00, 0xFF})}), "x");
  REQUIRE(color_at(deep, 0, 0) == Color{1, 1, 1});
  auto palette = png_chunk("PLTE", text_of({9, 8, 7, 200, 100, 50})) + png_chunk("tRNS", text_of({0, 128}));
  auto indexed = decode_image(png_of(2, 1, 4, 3, {text_of({0x01})}, palette), "x");
  REQUIRE(color_at(indexed, 0, 0) == Color{9, 8, 7});
  REQUIRE(color_at(indexed, 1, 0) == Color{200, 100, 50});
  // An alpha channel is dropped: the colour under it stays as it is stored.
  auto clear = decode_image(png_of(1, 1, 8, 6, {text_of({10, 20, 30, 0})}), "x");
  REQUIRE(color_at(clear, 0, 0) == Color{10, 20, 30});
  auto grey_alpha = decode_image(png_of(1, 1, 8, 4, {text_of({77, 3})}), "x");
  REQUIRE(color_at(grey_alpha, 0, 0) == Color{77, 77, 77});
}

TEST_CASE("BMPs: 1, 4, 8, 16, 24 and 32 bits, run lengths, from the top and from the bottom") {
  auto palette = text_of({7, 8, 9, 0, 200, 100, 50, 0});  // blue, green, red, unused
  const Color first = {9, 8, 7};
  const Color second = {50, 100, 200};
  auto bits = decode_image(bmp_of(2, 2, 1, 0, palette, text_of({0x40, 0, 0, 0, 0x80, 0, 0, 0})), "x");
  // rows from the bottom: 01 below, 10 above
  REQUIRE(color_at(bits, 0, 0) == second);
  REQUIRE(color_at(bits, 0, 1) == first);
  REQUIRE(color_at(bits, 1, 1) == second);
  auto from_top = decode_image(bmp_of(2, -2, 1, 0, palette, text_of({0x40, 0, 0, 0, 0x80, 0, 0, 0})), "x");
  REQUIRE(color_at(from_top, 0, 0) == first);
  auto nibbles = decode_image(bmp_of(3, 1, 4, 0, palette, text_of({0x01, 0x10, 0, 0})), "x");
  REQUIRE(color_at(nibbles, 1, 0) == second);
  REQUIRE(color_at(nibbles, 2, 0) == second);
  // 5 bits a channel: 31 becomes 255, 16 becomes 16 * 255 / 31 = 131.6
  auto packed = decode_image(bmp_of(1, 1, 16, 0, "", text_of({0x00, 0x7E, 0, 0})), "x");
  REQUIRE(color_at(packed, 0, 0) == Color{255, 132, 0});
  std::string masks;
  for (std::uint32_t mask : {0xFFU, 0xFF00U, 0xFF0000U}) append_u32(masks, mask);
  auto fields = decode_image(bmp_of(1, 1, 32, 3, masks, text_of({10, 20, 30, 0})), "x");
  REQUIRE(color_at(fields, 0, 0) == Color{10, 20, 30});
  // three of color 1, end of row; two literal pixels 0 1, then the end
  auto runs = text_of({3, 1, 0, 0, 1, 0, 1, 1, 0, 1});
  auto unpacked = decode_image(bmp_of(3, 2, 8, 1, palette, runs), "x");
  REQUIRE(color_at(unpacked, 2, 1) == second);
  REQUIRE(color_at(unpacked, 0, 0) == first);
  REQUIRE(color_at(unpacked, 1, 0) == second);
  REQUIRE(color_at(unpacked, 2, 0) == first);
  REQUIRE_THROWS_WITH(decode_image(bmp_of(3, 2, 8, 1, palette, runs.substr(0, 5)), "x.bmp"),
                      "x.bmp: the bmp cannot be decoded whole: its run lengths end early");
  REQUIRE_THROWS_WITH(decode_image(bmp_of(3, 2, 24, 4, "", "jpeg"), "x.bmp"),
                      "x.bmp: the bmp cannot be decoded: compression 4 with 24 bits is not known");
}

TEST_CASE("orientation is read from a PNG's eXIf and a WebP's EXIF") {
  auto picture = quarters(40, 24);
  for (int orientation = 1; orientation <= 8; ++orientation) {
    for (bool big : {false, true}) {
      auto exif = exif_block(orientation, big);
      auto png = encode_png(picture);
      constexpr std::size_t kAfterHeader = 33;
      png.insert(kAfterHeader, png_chunk("eXIf", exif));
      auto webp = webp_file(webp_canvas(8, 40, 24) + webp_bitstream(picture) + riff_chunk("EXIF", exif));
      for (const auto& bytes : {png, webp}) {
        auto image = decode_image(bytes, "x");
        REQUIRE(letters(image) == letters(apply_orientation(picture, orientation)));
        REQUIRE(image.cols == read_image_header(bytes, "x").width());
      }
    }
  }
}

TEST_CASE("TIFFs: BigTIFF, 1 bit, 16 bits, palette, CMYK, alpha; floats are refused") {
  auto decode = [](const char* mode, const std::function<void(TIFF*)>& fill) {
    return decode_image(tiff_by(mode, fill), "x.tif");
  };
  auto grey = [](TIFF* tiff) {
    fill_page(tiff, 8, 1, PHOTOMETRIC_MINISBLACK, {text_of({1, 2, 3, 4}), text_of({5, 6, 7, 8})});
  };
  for (const auto* mode : {"w", "wb", "w8", "w8b"}) {
    CAPTURE(mode);
    auto bytes = tiff_by(mode, grey);
    auto header = read_image_header(bytes, "x.tif");
    REQUIRE(header.width() == 4);
    REQUIRE(header.height() == 2);
    REQUIRE_FALSE(header.more_pictures);
    REQUIRE(color_at(decode_image(bytes, "x.tif"), 3, 1) == Color{8, 8, 8});
  }
  auto bits = decode("w", [](TIFF* tiff) {
    fill_page(tiff, 1, 1, PHOTOMETRIC_MINISWHITE, {"\x80", "\x40"});
  });
  REQUIRE(color_at(bits, 0, 0) == Color{0, 0, 0});
  REQUIRE(color_at(bits, 1, 0) == Color{255, 255, 255});
  auto deep = decode("wb", [](TIFF* tiff) {
    std::vector<std::uint16_t> row = {0, 0x4040, 0x8080, 0xFFFF};
    fill_page(tiff, 16, 1, PHOTOMETRIC_MINISBLACK, {std::string(reinterpret_cast<char*>(row.data()), 8)});
  });
  REQUIRE(color_at(deep, 2, 0) == Color{0x80, 0x80, 0x80});
  auto inks = decode("w", [](TIFF* tiff) {
    fill_page(tiff, 8, 4, PHOTOMETRIC_SEPARATED, {text_of({51, 0, 102, 51})}, 1);
  });
  require_near(color_at(inks, 0, 0), {163, 204, 122}, 2);
  auto clear = decode("w", [](TIFF* tiff) {
    std::uint16_t kind = EXTRASAMPLE_UNASSALPHA;
    TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &kind);
    fill_page(tiff, 8, 4, PHOTOMETRIC_RGB, {text_of({10, 20, 30, 0})}, 1);
  });
  REQUIRE(color_at(clear, 0, 0) == Color{10, 20, 30});
  REQUIRE_THROWS_WITH(decode("w",
                             [](TIFF* tiff) {
                               TIFFSetField(tiff, TIFFTAG_SAMPLEFORMAT, SAMPLEFORMAT_IEEEFP);
                               fill_page(tiff, 32, 1, PHOTOMETRIC_MINISBLACK, {std::string(16, '\0')});
                             }),
                      "x.tif: the tiff cannot be decoded: Sorry, can not handle images with 32-bit samples");
}

TEST_CASE("of several pictures the first is taken, and the header says that there are more") {
  auto first = quarters(16, 12);
  cv::Mat black(12, 16, CV_8UC3, cv::Scalar(0, 0, 0));
  auto webp = animated_webp({first, black});
  REQUIRE(read_image_header(webp, "x").more_pictures);
  REQUIRE(letters(decode_image(webp, "x")) == "bgrw");
  auto pages = [](int kind_of_second) {
    return tiff_by("w", [&](TIFF* tiff) {
      fill_page(tiff, 8, 1, PHOTOMETRIC_MINISBLACK, {text_of({9, 9, 9, 9})});
      TIFFWriteDirectory(tiff);
      TIFFSetField(tiff, TIFFTAG_SUBFILETYPE, kind_of_second);
      fill_page(tiff, 8, 1, PHOTOMETRIC_MINISBLACK, {text_of({1, 1, 1, 1})});
    });
  };
  REQUIRE(read_image_header(pages(FILETYPE_PAGE), "x").more_pictures);
  REQUIRE(color_at(decode_image(pages(FILETYPE_PAGE), "x"), 0, 0) == Color{9, 9, 9});
  REQUIRE_FALSE(read_image_header(pages(FILETYPE_REDUCEDIMAGE), "x").more_pictures);
  auto png = encode_png(first);
  png.insert(33, png_chunk("acTL", text_of({0, 0, 0, 2, 0, 0, 0, 0})));
  REQUIRE(read_image_header(png, "x").more_pictures);
  if (shared_is_absent("data/odd_images/pillow")) return;
  auto folder = shared_folder() / "data/odd_images/pillow";
  REQUIRE(read_image_header(folder / "frozenpond.mpo").more_pictures);
  REQUIRE(read_image_header(folder / "iss634.gif").more_pictures);
  REQUIRE_FALSE(read_image_header(folder / "hopper.gif").more_pictures);
  REQUIRE_FALSE(read_image_header(folder / "flower.jpg").more_pictures);
}

TEST_CASE("the limit of pixels comes from DS_MAX_IMAGE_PIXELS where it is set") {
  auto png = encode_png(quarters(40, 24));
  ::setenv("DS_MAX_IMAGE_PIXELS", "959", 1);
  REQUIRE_THROWS_WITH(decode_image(png, "x.png"), "x.png: 40x24 is 960 pixels, more than the 959 allowed");
  ::setenv("DS_MAX_IMAGE_PIXELS", "960", 1);
  REQUIRE(decode_image(png, "x.png").cols == 40);
  ::setenv("DS_MAX_IMAGE_PIXELS", "many", 1);
  REQUIRE_THROWS_WITH(decode_image(png, "x.png"),
                      "DS_MAX_IMAGE_PIXELS is 'many'; give a whole number of pixels");
  ::unsetenv("DS_MAX_IMAGE_PIXELS");
}

TEST_CASE("flipped bits inside a JPEG: refused by a strict reader, shown by the other, silent in both") {
  auto jpeg = encode_jpeg(quarters(256, 256), 95);
  for (std::size_t at = jpeg.size() - 300; at < jpeg.size() - 280; ++at) jpeg[at] = '\x55';
  auto said = stderr_of([&] {
    REQUIRE(decode_image(jpeg, "x.jpg").cols == 256);
    REQUIRE_THROWS_WITH(
        decode_image(jpeg, "x.jpg", {.strict = true}),
        Catch::Matchers::StartsWith("x.jpg: the jpeg cannot be decoded whole: Corrupt JPEG data"));
  });
  REQUIRE(said.empty());
}

TEST_CASE("every cut and many flips of every kind are decoded or refused, and nothing is printed") {
  auto said = stderr_of([] {
    for (const auto& [kind, bytes] : one_of_each()) {
      CAPTURE(kind);
      REQUIRE(decode_image(bytes, kind).type() == CV_8UC3);
      auto step = std::max<std::size_t>(1, bytes.size() / 200);
      // The last bytes of a TIFF only say that no further page follows.
      for (std::size_t length = 0; length < bytes.size() * 9 / 10; length += step)
        REQUIRE_THROWS_AS(decode_image(std::string_view(bytes).substr(0, length), kind), DataError);
      for (std::size_t at = 0; at < bytes.size(); at += step) {
        auto flipped = bytes;
        flipped[at] = static_cast<char>(flipped[at] ^ 0x41);
        try {
          decode_image(flipped, kind, {.max_pixels = 1'000'000});
        } catch (const DataError& error) {
          REQUIRE(std::string(error.what()).starts_with(kind + ": "));
        }
      }
    }
  });
  REQUIRE(said.empty());
}

TEST_CASE("each odd image is decoded, or refused for the reason that is true") {
  if (shared_is_absent("data/odd_images/pillow")) return;
  const std::map<std::string, std::string> refused = {
      {"broken.png", "broken png header: it states no size"},
      {"decompression_bomb.gif",
       "the gif is cut short or damaged: its first picture is missing or incomplete"},
      {"truncated_image.png", "the png is cut short or damaged: the chunk at byte 33 is incomplete"},
  };
  int decoded = 0;
  auto said = stderr_of([&] {
    for (const auto* part : {"exif_orientation", "pillow"}) {
      for (const auto& entry :
           std::filesystem::directory_iterator(shared_folder() / "data/odd_images" / part)) {
        if (!has_image_suffix(entry.path())) continue;
        auto name = entry.path().filename().string();
        CAPTURE(name);
        auto known = refused.find(name);
        if (known != refused.end()) {
          REQUIRE_THROWS_WITH(decode_image(read_file(entry.path()), name), name + ": " + known->second);
          continue;
        }
        auto header = read_image_header(entry.path());
        auto image = decode_image_file(entry.path());
        REQUIRE(image.cols == header.width());
        REQUIRE(image.rows == header.height());
        ++decoded;
      }
    }
  });
  REQUIRE(said.empty());
  // 18 orientations, and 27 pictures of which 3 are refused
  REQUIRE(decoded == 42);
}
