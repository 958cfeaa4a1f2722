// MOTS: ids in 16-bit pictures, run lengths in tables.
#include <png.h>

#include "ds/geometry/run_length_mask.h"
#include "ds/media/synthetic_scene.h"
#include "fixtures/format_fixture.h"
#include "fixtures/label_tools.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;
using Texts = std::vector<std::string>;

namespace {

// Pixels are big-endian, and no gamma is meant: libpng's simplified writer would store the numbers otherwise.
void append(png_structp png, png_bytep data, png_size_t size) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<char*>(data), size);
}

// Ids in a picture of 64x48.
struct Ids {
  std::vector<std::uint16_t> ids = std::vector<std::uint16_t>(64 * 48);

  Ids& fill(int x0, int y0, int x1, int y1, std::uint16_t id) {
    for (int y = y0; y < y1; ++y)
      for (int x = x0; x < x1; ++x) ids[static_cast<std::size_t>(y * 64 + x)] = id;
    return *this;
  }
  std::string png() const {
    std::string bytes;
    auto* writer = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    auto* info = png_create_info_struct(writer);
    png_set_write_fn(writer, &bytes, &append, nullptr);
    png_set_IHDR(writer, info, 64, 48, 16, PNG_COLOR_TYPE_GRAY, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(writer, info);
    for (int y = 0; y < 48; ++y) {
      std::string row;
      for (int x = 0; x < 64; ++x) {
        auto id = ids[static_cast<std::size_t>(y * 64 + x)];
        row += {static_cast<char>(id >> 8), static_cast<char>(id & 255)};
      }
      png_write_row(writer, reinterpret_cast<png_const_bytep>(row.data()));
    }
    png_write_end(writer, info);
    png_destroy_write_struct(&writer, &info);
    return bytes;
  }
};

}  // namespace

TEST_CASE(
    "mots: the shared fixture: classes of labels.txt; masks of another size than their pictures are left out") {
  if (assets_are_absent()) return;
  auto result = read_dataset(asset("mots_dataset"), "auto");
  REQUIRE(result.format == "mots");
  REQUIRE(result.dataset.classes.names() == Texts{"a", "b", "c", "d"});
  REQUIRE(result.dataset.images.size() == 3);
  // Its pictures are 1x5 and the masks 5x1.
  REQUIRE(std::count_if(result.issues.begin(), result.issues.end(), [](const Issue& issue) {
            return issue.code == "BAD_SEGMENTATION" && issue.severity == Severity::error;
          }) == 3);
  REQUIRE(image_named(result, "val/3.jpg").split == Split::val);
  REQUIRE(image_named(result, "val/3.jpg").state == ImageState::review);
}

TEST_CASE("mots: classes of a labels.txt beside the masks") {
  LabelFolder data;
  data.remove("a.jpg");
  data.image("train/images/1.jpg");
  data.write("train/instances/labels.txt", "a\nb\nc\n");
  data.write("train/instances/1.png", Ids().fill(2, 0, 3, 1, 3002).fill(3, 0, 5, 1, 1001).png());
  auto result = read_dataset(data.path(), "auto");
  REQUIRE(data.issues(result) == Texts{});
  REQUIRE(result.dataset.classes.names() == Texts{"a", "b", "c"});
  REQUIRE(objects_of(result, "train/1.jpg") == std::vector<Object>{{"a", {3, 0, 2, 1}}, {"c", {2, 0, 1, 1}}});
  REQUIRE(image_named(result, "train/1.jpg").annotations[1].track_id == 3002);
}

TEST_CASE("mots: KITTI's sequences, a region to be ignored, a frame without objects, one without a picture") {
  LabelFolder data;
  for (auto* name : {"training/image_02/0002/000000.png", "training/image_02/0002/000001.png",
                     "training/image_02/0003/000000.png"})
    data.image(name);
  data.remove("a.jpg");
  data.write("instances/0002/000000.png",
             Ids().fill(2, 3, 12, 9, 1005).fill(20, 3, 30, 9, 2001).fill(40, 3, 45, 9, 10000).png());
  data.write("instances/0002/000001.png", Ids().png());
  data.write("instances/0002/000002.png", Ids().fill(0, 0, 1, 1, 3001).png());
  auto detected = detect_format(data.path());
  REQUIRE(detected);
  REQUIRE(detected->name == "mots");
  REQUIRE(detected->evidence == "instances/0002/000000.png is a 16-bit picture of ids");
  auto result = read_dataset(data.path(), "auto");
  REQUIRE(
      data.issues(result) ==
      Texts{"error UNKNOWN_CLASS instances/0002/000002.png: id 3001: id 3001 is of class 3, which is none of "
            "the 2; left out",
            "error MISSING_IMAGE " + data.path().string() +
                ": 1 frame has no picture (first: 0002/000002); say with --images where the pictures are"});
  REQUIRE(result.dataset.classes.names() == Texts{"car", "pedestrian", "ignored"});
  const auto& first = image_named(result, "training/image_02/0002/000000.png");
  REQUIRE(objects_of(result, first.name) == std::vector<Object>{{"car", {2, 3, 10, 6}},
                                                                {"pedestrian", {20, 3, 10, 6}},
                                                                {"ignored", {40, 3, 5, 6}}});
  REQUIRE(first.annotations[0].track_id == 1005);
  REQUIRE(!first.annotations[0].ignore);
  REQUIRE(first.annotations[2].ignore);
  REQUIRE(first.group == "0002");
  REQUIRE(first.split == Split::train);
  const auto& mask = std::get<RunLengthMask>(first.annotations[0].shape);
  REQUIRE(mask.area() == 60);
  REQUIRE(mask == mask_from_runs(mask.counts, 48, 64));
  REQUIRE(image_named(result, "training/image_02/0002/000001.png").state == ImageState::done);
  REQUIRE(image_named(result, "training/image_02/0003/000000.png").state == ImageState::unlabelled);
}

TEST_CASE("mots: tables of run lengths, MOTSChallenge's and KITTI's; rows with their place") {
  LabelFolder data;
  data.image("train/MOTS20-02/img1/000001.jpg");
  data.image("train/MOTS20-02/img1/000002.jpg");
  data.remove("a.jpg");
  std::vector<std::uint32_t> runs = {48 * 2 + 3, 6, 42, 6, 48 * 64 - 153};
  auto text = encode_run_length(mask_from_runs(runs, 48, 64));
  data.write("train/MOTS20-02/gt/gt.txt", "1 2029 2 48 64 " + text +
                                              "\n1 2030 2 48 64 x!\n1 2031 2 48\n2 1 0 48 64 " + text +
                                              "\n1 2032 2 40 64 " + text + "\n");
  auto detected = detect_format(data.path());
  REQUIRE(detected);
  REQUIRE(detected->name == "mots");
  auto result = read_dataset(data.path(), "auto");
  auto issues = data.issues(result);
  const std::string at = " train/MOTS20-02/gt/gt.txt:";
  REQUIRE(issues.size() == 4);
  REQUIRE(issues[0].starts_with("error BAD_SEGMENTATION" + at + "2: "));
  REQUIRE(issues[1] ==
          "error BAD_ROW" + at +
              "3: found 4 words, expected frame, id, class, height, width and run lengths; left out");
  REQUIRE(issues[2] == "error BAD_SEGMENTATION" + at + "5: the mask is 64x40, its picture 64x48; left out");
  REQUIRE(issues[3] ==
          "error UNKNOWN_CLASS" + at + "4: id 1 is of class 0, which is none of the 2; left out");
  REQUIRE(result.incomplete == std::vector<std::size_t>{0, 1});
  REQUIRE(result.dataset.images.size() == 2);
  const auto& first = result.dataset.images[0];
  REQUIRE(first.name == "train/MOTS20-02/img1/000001.jpg");
  REQUIRE(first.split == Split::train);
  REQUIRE(first.group == "MOTS20-02");
  REQUIRE(objects_of(result, first.name) == std::vector<Object>{{"pedestrian", {2, 3, 2, 6}}});
}
