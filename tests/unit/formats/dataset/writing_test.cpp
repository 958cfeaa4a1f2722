// Round trips of every format, losses, and what may be overwritten.
#include <algorithm>
#include <set>

#include "ds/base/files.h"
#include "ds/formats/annotation_format.h"
#include "ds/formats/coco/options.h"
#include "ds/formats/proof.h"
#include "ds/formats/voc/options.h"
#include "ds/formats/yolo/options.h"
#include "ds/media/synthetic_scene.h"
#include "fixtures/format_fixture.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using ds::testing::tree;
namespace fs = std::filesystem;

struct OnDisk {
  TemporaryFolder folder;
  Dataset dataset;
  std::vector<fs::path> files;
  fs::path out() const { return folder.path() / "out"; }
};

void fill(OnDisk& disk) {
  SceneOptions options{.images = 6, .width = 96, .height = 64, .negative_share = 0.2};
  disk.dataset = write_scene_images(options, disk.folder.path() / "in");
  const Split splits[] = {Split::train, Split::train, Split::val, Split::test, Split::train, Split::val};
  for (std::size_t i = 0; i < disk.dataset.images.size(); ++i) {
    disk.dataset.images[i].split = splits[i];
    disk.files.push_back(disk.folder.path() / "in" / disk.dataset.images[i].name);
  }
}

}  // namespace

TEST_CASE("every format reads back what it wrote, twice the same bytes") {
  for (const auto& entry : annotation_formats().entries()) {
    if (!entry.value.write) continue;
    CAPTURE(entry.name);
    OnDisk disk;
    fill(disk);
    WriteOptions options{.with_images = true};
    auto report = write_dataset(disk.dataset, disk.files, disk.out(), entry.name, options);
    REQUIRE(report.losses.empty());
    REQUIRE(report.image_files == 6);
    auto once = tree(disk.out());
    write_dataset(disk.dataset, disk.files, disk.out(), entry.name, options);
    REQUIRE(tree(disk.out()) == once);

    auto read = read_dataset(disk.out(), "auto", {.empty_is_negative = true});
    REQUIRE(read.format == entry.name);
    REQUIRE(count_of(read.issues, Severity::error) == 0);
    for (const auto& issue : read.issues) REQUIRE_FALSE(issue.code.starts_with("UNREAD_"));
    REQUIRE(read.dataset.classes.names() == disk.dataset.classes.names());
    REQUIRE(read.dataset.images.size() == 6);
    for (const auto& image : disk.dataset.images) {
      auto same = std::find_if(read.dataset.images.begin(), read.dataset.images.end(),
                               [&](const Image& other) { return other.name.ends_with(image.name); });
      REQUIRE(same != read.dataset.images.end());
      REQUIRE(same->split == image.split);
      REQUIRE(same->state == ImageState::done);
      REQUIRE(same->annotations.size() == image.annotations.size());
      for (std::size_t i = 0; i < image.annotations.size(); ++i) {
        REQUIRE(same->annotations[i].class_idx == image.annotations[i].class_idx);
        // YOLO rows have six decimals: 96 * (0.5 + 0.25) * 1e-6 = 7.2e-5
        REQUIRE(same->annotations[i].box().x0 == Approx(image.annotations[i].box().x0).margin(7.3e-5));
        REQUIRE(same->annotations[i].box().y1 == Approx(image.annotations[i].box().y1).margin(7.3e-5));
      }
    }
  }
}

TEST_CASE("every format writes and reads a dataset without objects") {
  for (const auto& entry : annotation_formats().entries()) {
    if (!entry.value.write) continue;
    CAPTURE(entry.name);
    OnDisk disk;
    fill(disk);
    for (auto& image : disk.dataset.images) image.annotations.clear();
    write_dataset(disk.dataset, disk.files, disk.out(), entry.name, {.with_images = true});
    auto read = read_dataset(disk.out(), entry.name, {.empty_is_negative = true});
    REQUIRE(read.dataset.annotation_count() == 0);
    REQUIRE(summarize(read.dataset).negatives == 6);
  }
}

TEST_CASE("a label file cut anywhere gives issues or one error with its path, never a crash") {
  for (const auto& entry : annotation_formats().entries()) {
    if (!entry.value.write) continue;
    OnDisk disk;
    fill(disk);
    write_dataset(disk.dataset, disk.files, disk.out(), entry.name, {.with_images = true});
    for (const auto& file : fs::recursive_directory_iterator(disk.out())) {
      auto suffix = file.path().extension();
      if (suffix != ".json" && suffix != ".xml" && suffix != ".txt" && suffix != ".yaml" &&
          suffix != ".data" && suffix != ".names")
        continue;
      CAPTURE(entry.name, file.path().string());
      auto whole = read_file(file.path());
      for (std::size_t part = 0; part < 8; ++part) {
        write_file_atomically(file.path(), whole.substr(0, whole.size() * part / 8));
        try {
          auto read = read_dataset(disk.out(), entry.name);
          REQUIRE(read.dataset.images.size() <= 6);
        } catch (const Error& error) {
          REQUIRE(std::string(error.what()).find(disk.out().string()) == 0);
        }
      }
      write_file_atomically(file.path(), whole);
    }
  }
}

TEST_CASE("polygons, masks, crowd and flags survive COCO") {
  OnDisk disk;
  fill(disk);
  auto& image = disk.dataset.images[0];
  image.annotations = {
      {.class_idx = 0, .shape = Polygon{{{{1, 1}, {9.5, 1}, {9.5, 7}}, {{20, 20}, {30, 20}, {30, 30}}}}},
      {.class_idx = 1, .shape = decode_run_length("<37000n4", 10, 20), .crowd = true},
      {.class_idx = 2,
       .shape = RotatedBox{30, 30, 20, 10, 30},
       .occluded = 1.0,
       .attributes = {{"colour", "red"}, {"n", "3"}}},
      {.class_idx = 2, .shape = KeyPoints{{{1, 2}, {3, 4}}, {2, 0}, {0, 0, 9, 9}}, .score = 0.25}};
  auto report = write_dataset(disk.dataset, disk.files, disk.out(), "coco", {.with_images = true});
  REQUIRE(report.losses.empty());
  auto read = read_dataset(disk.out(), "coco");
  auto same = std::find_if(read.dataset.images.begin(), read.dataset.images.end(), [&](const Image& i) {
    return i.annotations.size() == 4 && i.name.ends_with(image.name);
  });
  REQUIRE(same != read.dataset.images.end());
  for (std::size_t i = 0; i < 4; ++i) {
    REQUIRE(same->annotations[i].shape == image.annotations[i].shape);
    REQUIRE(same->annotations[i].crowd == image.annotations[i].crowd);
    REQUIRE(same->annotations[i].attributes == image.annotations[i].attributes);
    REQUIRE(same->annotations[i].score == image.annotations[i].score);
  }
}

TEST_CASE("annotation ids begin at 1 and category ids where asked") {
  OnDisk disk;
  fill(disk);
  write_dataset(disk.dataset, disk.files, disk.out().string() + ".json", "coco",
                {.own = CocoWriting{.first_id = 0}});
  auto text = read_file(disk.out().string() + ".json");
  REQUIRE(text.find("\"annotations\": [\n  {\n   \"id\": 1,") != std::string::npos);
  REQUIRE(text.find("\"categories\": [\n  {\n   \"id\": 0,") != std::string::npos);
}

TEST_CASE("loss is refused with counts, unless it is allowed by kind") {
  OnDisk disk;
  fill(disk);
  for (auto& image : disk.dataset.images) image.annotations.clear();
  disk.dataset.images[0].annotations = {{.class_idx = 0, .shape = Polygon{{{{1, 1}, {9, 1}, {9, 7}}}}},
                                        {.class_idx = 0, .shape = Box{1, 1, 5, 5}, .crowd = true}};
  REQUIRE_THROWS_WITH(
      write_dataset(disk.dataset, disk.files, disk.out(), "voc"),
      "voc cannot hold everything: 1 crowd (become ordinary objects), 1 polygon (become their bounding box)");
  REQUIRE_FALSE(fs::exists(disk.out()));
  REQUIRE_THROWS_WITH(write_dataset(disk.dataset, disk.files, disk.out(), "voc", {.allow_loss = {"crowd"}}),
                      "voc cannot hold everything: 1 polygon (become their bounding box)");
  auto report =
      write_dataset(disk.dataset, disk.files, disk.out(), "voc", {.allow_loss = {"crowd", "polygon"}});
  REQUIRE(report.losses.to_string() ==
          "1 crowd (become ordinary objects), 1 polygon (become their bounding box)");
}

TEST_CASE("YOLO: boxes that others would refuse are cut and zero-size ones left out, both counted") {
  OnDisk disk;
  fill(disk);
  for (auto& image : disk.dataset.images) image.annotations.clear();
  // The second ends at 2 * 96, so its width is 1.5 of the image's: over 1.01.
  disk.dataset.images[0].annotations = {{.class_idx = 1, .shape = Box{-8, 0, 48, 32}},
                                        {.class_idx = 2, .shape = Box{48, 0, 192, 32}},
                                        {.class_idx = 0, .shape = Box{5, 5, 5, 9}}};
  REQUIRE_THROWS_WITH(
      write_dataset(disk.dataset, disk.files, disk.out(), "yolo"),
      "yolo cannot hold everything: 1 outside (cut at the image's edge: other tools would "
      "drop all labels of the image), 1 zero-size (left out: other tools would drop all labels "
      "of the image)");
  write_dataset(disk.dataset, disk.files, disk.out(), "yolo", {.allow_loss = {"all"}});
  // -8..48 of 96 as it is: centre 20/96, size 56/96. 48..96: centre 72/96, size 48/96. 0..32 of 64: 0.25,
  // 0.5.
  REQUIRE(read_file(disk.out() / "labels/train/scene_0000.txt") ==
          "1 0.208333 0.25 0.583333 0.5\n2 0.75 0.25 0.5 0.5\n");
}

TEST_CASE("VOC devkit coordinates are recorded and read back") {
  OnDisk disk;
  fill(disk);
  for (auto& image : disk.dataset.images) image.annotations.clear();
  disk.dataset.images[0].annotations = {{.class_idx = 1, .shape = Box{2, 3, 10, 20}}};
  write_dataset(disk.dataset, disk.files, disk.out(), "voc",
                {.with_images = true, .own = VocWriting{.coords = "devkit"}});
  auto xml = read_file(disk.out() / "Annotations/scene_0000.xml");
  REQUIRE(xml.find("<xmin>3</xmin>") != std::string::npos);
  REQUIRE(xml.find("<xmax>10</xmax>") != std::string::npos);
  auto read = read_dataset(disk.out(), "auto");
  auto same = std::find_if(read.dataset.images.begin(), read.dataset.images.end(),
                           [](const Image& i) { return !i.annotations.empty(); });
  REQUIRE(same->annotations[0].box() == Box{2, 3, 10, 20});
}

TEST_CASE("a folder that no export made is never replaced") {
  OnDisk disk;
  fill(disk);
  write_file_atomically(disk.out() / "notes.txt", "mine");
  REQUIRE_THROWS_WITH(write_dataset(disk.dataset, disk.files, disk.out(), "yolo"),
                      disk.out().string() + " is there already and no export made it");
  REQUIRE(read_file(disk.out() / "notes.txt") == "mine");
}

TEST_CASE("what says no is no loss, in any format") {
  for (const auto& entry : annotation_formats().entries()) {
    if (!entry.value.write) continue;
    if (!entry.value.write) continue;
    CAPTURE(entry.name);
    OnDisk disk;
    fill(disk);
    disk.dataset.classes = ClassList();
    // As Roboflow writes them: the project first, and every class below it.
    disk.dataset.classes.add({.name = "disc", .supercategory = "none"});
    disk.dataset.classes.add({.name = "square", .supercategory = "disc"});
    disk.dataset.classes.add({.name = "triangle", .supercategory = "disc"});
    for (auto& image : disk.dataset.images) {
      image.attributes = {{"license", "1"}, {"date_captured", "2020-11-07T22:45:04+00:00"}, {"night", "no"}};
      for (auto& a : image.annotations) {
        a.truncated = a.occluded = 0.0;
        a.attributes = {{"rotation", "0.0"}, {"parked", "false"}, {"seen", "no"}, {"note", ""}, {"n", "0"}};
      }
    }
    auto report = write_dataset(disk.dataset, disk.files, disk.out(), entry.name, {.with_images = true});
    REQUIRE(report.losses.empty());
    REQUIRE(prove_dataset(disk.dataset, disk.out(), entry.name, report, {.files = disk.files}).images == 6);
  }
}

TEST_CASE("a value that says something is a loss where it has no place") {
  OnDisk disk;
  fill(disk);
  for (auto& image : disk.dataset.images) image.annotations.clear();
  disk.dataset.images[0].annotations = {{.class_idx = 0,
                                         .shape = Box{1, 1, 9, 9},
                                         .truncated = 0.5,
                                         .occluded = 1.0,
                                         .attributes = {{"n", "2"}}}};
  disk.dataset.images[0].attributes = {{"weather", "rain"}};
  REQUIRE(
      plan_dataset(disk.dataset, "yolo").losses.to_string() ==
      "1 attributes (lose them), 1 image-attributes (lose them), 1 occluded (lose it), 1 truncated (lose it)");
}

TEST_CASE("images that nobody has looked at are written where they can be, else the reason is given") {
  const std::set<std::string> refused = {"yolo", "darknet", "voc", "kitti", "dota", "labelme", "createml"};
  for (const auto& entry : annotation_formats().entries()) {
    if (!entry.value.write) continue;
    if (!entry.value.write) continue;
    CAPTURE(entry.name);
    OnDisk disk;
    fill(disk);
    for (auto& image : disk.dataset.images) {
      image.annotations.clear();
      image.state = ImageState::unlabelled;
    }
    auto write = [&] {
      return write_dataset(disk.dataset, disk.files, disk.out(), entry.name, {.with_images = true});
    };
    if (refused.contains(entry.name)) {
      REQUIRE_THROWS_WITH(write(), "no image has labels; nothing was written as " + entry.name);
      REQUIRE_FALSE(fs::exists(disk.out()));
      continue;
    }
    auto report = write();
    REQUIRE(report.images == 6);
    REQUIRE(detect_format(disk.out())->name == entry.name);
    REQUIRE(prove_dataset(disk.dataset, disk.out(), entry.name, report, {.files = disk.files}).images == 6);
  }
}

TEST_CASE("images are counted as they are written") {
  OnDisk disk;
  fill(disk);
  disk.dataset.images[1].annotations.clear();
  disk.dataset.images[1].state = ImageState::unlabelled;
  for (const std::string format : {"yolo", "darknet"})
    REQUIRE(plan_dataset(disk.dataset, format, {.with_images = true}).images == 5);
  REQUIRE(plan_dataset(disk.dataset, "yolo", {.own = YoloWriting{.unlabelled = true}}).images == 6);
  REQUIRE(plan_dataset(disk.dataset, "coco").images == 6);
}
