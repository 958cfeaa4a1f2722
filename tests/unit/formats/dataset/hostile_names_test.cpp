// Names that mean something to a format, or that it cannot write down: every writer gives them back through
// its own reader, or counts a loss of kind `name`.
#include <algorithm>
#include <set>

#include "ds/base/files.h"
#include "ds/formats/annotation_format.h"
#include "ds/formats/proof.h"
#include "ds/media/synthetic_scene.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
namespace fs = std::filesystem;

const std::vector<std::string>& hostile_image_names() {
  static const std::vector<std::string> names = {
      // signs
      "plain.jpg", "#1.jpg", "a#1.jpg", ";1.jpg", "q?a=1.jpg", "100%.jpg", "a%20b.jpg", "x&y=z+1.jpg",
      "a,b.jpg", "a;b.jpg", "a\"b.jpg", "a'b.jpg", "a:b.jpg", "file:a.jpg", "a|b.jpg", "a<b>.jpg",
      "$HOME.jpg", "*.jpg", "[1].jpg", "~a.jpg", "-a.jpg", "@a.jpg", "!a.jpg", "{a}.jpg", "a\\b.jpg",
      "c\\a.jpg", "a\tb.jpg", "a\nb.jpg", "a\rb.jpg",
      "a\x01"
      "b.jpg",
      // blanks
      " lead.jpg", "trail .jpg", "x 1.jpg", "x -1.jpg", "in the middle.jpg", " both /a1.jpg", " .jpg",
      // dots
      ".hid.jpg", "..two.jpg", "...jpg", "a..b.jpg", "two.dots.jpg", "two.jpg.jpg", "a/.hid/b.jpg",
      "end./a1.jpg", "../up.jpg", "a/../up.jpg", "./dot.jpg", "/abs.jpg", "a//b.jpg", "._a.jpg", ".jpg",
      // words
      "images/a1.jpg", "images/images/a1.jpg", "images/deep/a1.jpg", "deep/images/a1.jpg", "labels/a1.jpg",
      "deep/labels/a1.jpg", "Images/a1.jpg", "Labels/a1.jpg", "labelTxt/a1.jpg", "labelTxt-v1/a1.jpg",
      "label_2/a1.jpg", "image_2/a1.jpg", "deep/image_2/a1.jpg", "ImageSets/a1.jpg", "ImageSets/Main/a1.jpg",
      "JPEGImages/a1.jpg", "Annotations/a1.jpg", "annotations/a1.jpg", "SegmentationClass/a1.jpg",
      "SegmentationObject/a1.jpg", "masks/a1.jpg", "deep/masks/a1.jpg", "Masks/a1.jpg", "Scribbles/a1.jpg",
      "img1/a1.jpg", "gt/a1.jpg", "det/a1.jpg", "obj_data/a1.jpg", "data/a1.jpg", "none/a1.jpg",
      "other/a1.jpg", "default/a1.jpg", "__MACOSX/a1.jpg", "all/a1.jpg",
      // splits
      "a1.jpg", "train/a1.jpg", "Train/a1.jpg", "train2017/a1.jpg", "training/a1.jpg", "val/a1.jpg",
      "valid/a1.jpg", "validation/a1.jpg", "test/a1.jpg", "deep/val/a1.jpg", "train/val/a1.jpg",
      "train/images/a1.jpg", "images/train/a1.jpg", "images/val/a1.jpg", "train.jpg", "val.jpg",
      // files of formats
      "words/data.yaml.jpg", "data.yaml/a1.jpg", "classes.txt/a1.jpg", "labels.txt/a1.jpg",
      "words/classes.jpg", "words/labels.jpg", "words/_annotations.txt.jpg", "_annotations.txt/a1.jpg",
      "_annotations.coco.json/a1.jpg", "words/annotations.jpg", "annotations.xml/a1.jpg", "obj.names/a1.jpg",
      "instances_train.json/a1.jpg", "labelmap.jpg", "Thumbs.db/a1.jpg", "desktop.ini/a1.jpg",
      // only the case or the extension differs
      "same.jpg", "SAME.jpg", "Same.jpg", "same.png", "same.JPG", "same.jpeg", "same/a1.jpg", "Same/a1.jpg",
      "1.jpg", "01.jpg", "000001.jpg", "frame_000001.jpg",
      // other letters, composed and not
      "gr\xC3\xBCn.jpg", "gru\xCC\x88n.jpg", "\xE6\x97\xA5\xE6\x9C\xAC/\xE5\x86\x99.jpg",
      "\xF0\x9F\x90\xB1.jpg", "\xC2\xA0nbsp.jpg", "a\xE2\x80\x8B.jpg",
      // long
      std::string(251, 'l') + ".jpg", std::string(124, 'u') + "\xC3\xBC" + std::string(125, 'v') + ".jpg",
      std::string(255, 'f') + "/a1.jpg", std::string(250, 'm') + ".jpeg",
      // no picture by name
      "noext", "photo.dat", "words/data.yaml", "words/classes.txt", "words/_annotations.txt"};
  return names;
}

constexpr int kSide = 64;

struct Hostile {
  TemporaryFolder folder;
  Dataset dataset;
  std::vector<fs::path> files;
  fs::path out() const { return folder.path() / "out"; }

  explicit Hostile(const std::vector<std::string>& names, std::vector<Split> splits = {Split::train}) {
    write_scene_images({.images = 1, .width = kSide, .height = kSide}, folder.path() / "in");
    dataset.classes.add({.name = "cup"});
    for (std::size_t i = 0; i < names.size(); ++i) {
      Image image{.name = names[i], .width = kSide, .height = kSide, .raw_width = kSide, .raw_height = kSide};
      image.state = ImageState::done;
      image.split = splits[i % splits.size()];
      image.annotations = {{.class_idx = 0, .shape = box_of(i)}};
      dataset.images.push_back(std::move(image));
      files.push_back(folder.path() / "in" / "scene_0000.jpg");
    }
  }
  // Another one for each image, so that no image's labels pass for another's.
  static Box box_of(std::size_t i) {
    double x = static_cast<double>(i % 50);
    double y = static_cast<double>(i / 50);
    return {x, y, x + 8, y + 16};
  }
  WriteReport write(const std::string& format) const {
    return write_dataset(dataset, files, out(), format, {.allow_loss = {"all"}, .with_images = true});
  }
};

// Read names have the folders in front that the format keeps pictures in.
bool is_called(const Image& read, const std::string& name, Split split) {
  for (const auto& before :
       {std::string(), to_string(split) + "/", std::string("obj_data/"), "images/" + to_string(split) + "/"})
    if (read.name == before + name) return true;
  return false;
}

bool same_box(const Box& a, const Box& b) {
  auto near = [](double x, double y) { return std::abs(x - y) < 1e-3; };
  return near(a.x0, b.x0) && near(a.y0, b.y0) && near(a.x1, b.x1) && near(a.y1, b.y1);
}

/// What does not come back as it was written; empty: everything does.
std::vector<std::string> not_read_back(const Hostile& hostile, const std::string& format,
                                       const WriteReport& report) {
  std::vector<std::string> wrong;
  auto read = read_dataset(hostile.out(), format);
  for (const auto& issue : read.issues)
    if (issue.severity == Severity::error) wrong.push_back(issue.to_string());
  std::map<std::string, std::size_t> by_file;
  for (std::size_t k = 0; k < read.files.size(); ++k)
    by_file[read.files[k].lexically_relative(hostile.out()).generic_string()] = k;
  std::map<std::size_t, std::string> path_of;
  for (const auto& [path, index] : report.image_paths) path_of[index] = path;
  for (std::size_t i = 0; i < hostile.dataset.images.size(); ++i) {
    const auto& image = hostile.dataset.images[i];
    auto other = report.renamed.find(i);
    auto name = other == report.renamed.end() ? image.name : other->second;
    const Image* found = nullptr;
    if (path_of.contains(i)) {
      if (auto at = by_file.find(path_of[i]); at != by_file.end()) found = &read.dataset.images[at->second];
    } else {
      for (const auto& one : read.dataset.images)
        if (one.name == name) found = &one;
    }
    if (found == nullptr) {
      wrong.push_back(name + " is not there");
      continue;
    }
    if (!is_called(*found, name, image.split)) wrong.push_back(name + " is called " + found->name);
    if (found->split != image.split && !report.losses.kinds.contains("split"))
      wrong.push_back(name + " is in " + to_string(found->split));
    if (found->annotations.size() != 1 || !same_box(found->annotations[0].box(), Hostile::box_of(i)))
      wrong.push_back(name + " has other objects");
  }
  if (read.dataset.images.size() != hostile.dataset.images.size())
    wrong.push_back(std::to_string(read.dataset.images.size()) + " images are read");
  return wrong;
}

void require_names_kept(const std::vector<Split>& splits) {
  for (const auto& entry : annotation_formats().entries()) {
    if (!entry.value.write) continue;
    DYNAMIC_SECTION(entry.name) {
      Hostile hostile(hostile_image_names(), splits);
      auto report = hostile.write(entry.name);
      REQUIRE(report.losses.kinds["name"].count >= report.renamed.size());
      REQUIRE(report.images == hostile_image_names().size());
      REQUIRE(report.image_files == hostile_image_names().size());
      CHECK(not_read_back(hostile, entry.name, report) == std::vector<std::string>{});
      std::string said = "proven";
      try {
        prove_dataset(hostile.dataset, hostile.out(), entry.name, report, {.files = hostile.files});
      } catch (const Error& error) {
        said = error.what();
      }
      CHECK(said == "proven");
      // One by one, no name is given up that could be kept.
      CHECK(report.renamed.count(0) == 0);
    }
  }
}

}  // namespace

TEST_CASE("hostile names: every image comes back, by its name or by one that is counted", "[names]") {
  require_names_kept({Split::train});
}

TEST_CASE("hostile names: without a split as well", "[names]") {
  require_names_kept({Split::none});
}

TEST_CASE("hostile names: in all splits at once", "[names]") {
  require_names_kept({Split::train, Split::val, Split::none, Split::test});
}

TEST_CASE("hostile names: a loss of names is refused unless it is allowed", "[names]") {
  for (const auto& entry : annotation_formats().entries()) {
    if (!entry.value.write) continue;
    CAPTURE(entry.name);
    Hostile hostile({"plain.jpg", "../up.jpg"});
    REQUIRE_THROWS_WITH(write_dataset(hostile.dataset, hostile.files, hostile.out(), entry.name, {}),
                        Catch::Contains("1 name (written as others: '../up.jpg' as '__/up.jpg')"));
    REQUIRE_FALSE(fs::exists(hostile.out()));
  }
}

TEST_CASE("hostile names: classes", "[names]") {
  const std::vector<std::string> classes = {"cup",
                                            " lead",
                                            "trail ",
                                            "a b",
                                            "a  b",
                                            "#1",
                                            "a:b",
                                            "a,b",
                                            "a;b",
                                            "\"q\"",
                                            "it's",
                                            "tab\tin",
                                            "two\nlines",
                                            "\n",
                                            "CUP",
                                            "-1",
                                            "7",
                                            "1e5",
                                            "true",
                                            "null",
                                            "~",
                                            "- a",
                                            "{a: b}",
                                            "[a]",
                                            "a: b",
                                            "a #b",
                                            "&a",
                                            "*a",
                                            "!a",
                                            "%a",
                                            "@a",
                                            "`a`",
                                            "background",
                                            "ignored",
                                            "__ignore__",
                                            "_background_",
                                            "none",
                                            "DontCare",
                                            "object",
                                            "(no label)",
                                            "<b>&amp;",
                                            "/m/01abc",
                                            "gr\xC3\xBCn",
                                            "gru\xCC\x88n",
                                            "\xE6\x97\xA5",
                                            "\xF0\x9F\x90\xB1",
                                            "\xC2\xA0nbsp",
                                            std::string(300, 'k'),
                                            "cr\rin",
                                            "bell\x07",
                                            "back\\slash",
                                            "per%20cent",
                                            "a/b",
                                            "."};
  for (const auto& entry : annotation_formats().entries()) {
    if (!entry.value.write) continue;
    DYNAMIC_SECTION(entry.name) {
      std::vector<std::string> names;
      for (std::size_t i = 0; i < classes.size(); ++i) names.push_back("i" + std::to_string(i) + ".jpg");
      Hostile hostile(names);
      hostile.dataset.classes = ClassList(classes);
      for (std::size_t i = 0; i < classes.size(); ++i)
        hostile.dataset.images[i].annotations[0].class_idx = static_cast<int>(i);
      WriteReport report;
      try {
        report = hostile.write(entry.name);
      } catch (const DataError& error) {
        // Said by name.
        REQUIRE(std::string(error.what()).find("would both be called") != std::string::npos);
        continue;
      }
      auto read = read_dataset(hostile.out(), entry.name);
      std::size_t changed = 0;
      std::set<std::string> seen;
      for (std::size_t i = 0; i < classes.size(); ++i) {
        auto at = std::find_if(read.dataset.images.begin(), read.dataset.images.end(),
                               [&](const Image& image) { return is_called(image, names[i], Split::train); });
        CAPTURE(classes[i]);
        CHECK(at != read.dataset.images.end());
        if (at == read.dataset.images.end()) continue;
        bool region =
            classes[i] == "DontCare" && report.losses.kinds["classes"].count > 0;  // KITTI's own word
        CHECK(at->annotations.size() == (region ? 0 : 1));
        if (at->annotations.empty()) continue;
        const auto& name = read.dataset.classes[at->annotations[0].class_idx].name;
        CHECK(seen.insert(name).second);
        if (name == classes[i]) continue;
        ++changed;
        CAPTURE(name);
        CHECK(report.losses.kinds["name"].count > 0);
      }
      CHECK(changed <= report.losses.kinds["name"].count + report.losses.kinds["classes"].count);
    }
  }
}

TEST_CASE("hostile names: attributes of objects", "[names]") {
  const std::vector<std::string> keys = {"colour",
                                         " lead",
                                         "trail ",
                                         "a b",
                                         "#1",
                                         "a:b",
                                         "a,b",
                                         "a;b",
                                         "\"q\"",
                                         "tab\tin",
                                         "two\nlines",
                                         "class",
                                         "Class",
                                         "label",
                                         "name",
                                         "category",
                                         "object",
                                         "type",
                                         "score",
                                         "confidence",
                                         "difficult",
                                         "truncated",
                                         "occluded",
                                         "crowd",
                                         "is_crowd",
                                         "iscrowd",
                                         "ignore",
                                         "track_id",
                                         "group_id",
                                         "z_order",
                                         "z",
                                         "rotation",
                                         "id",
                                         "image",
                                         "filename",
                                         "file_name",
                                         "split",
                                         "subset",
                                         "state",
                                         "pose",
                                         "source",
                                         "keyframe",
                                         "cuboid",
                                         "area",
                                         "instance",
                                         "description",
                                         "flags.night",
                                         "kie_linking",
                                         "action.run",
                                         "action.two words",
                                         "visibility",
                                         "is_depiction",
                                         "is_inside",
                                         "is_group_of",
                                         "label_name",
                                         "XMin",
                                         "Clicks",
                                         "XClick1X",
                                         "yolo.extra",
                                         "coco.segmentation",
                                         "difficulty",
                                         "alpha",
                                         "tags",
                                         "absent_tags",
                                         "rectangle",
                                         "polygon",
                                         "meta",
                                         "text",
                                         "outside",
                                         "frame",
                                         "label_id",
                                         "points",
                                         "bbox",
                                         "shape_type",
                                         "mask",
                                         "attributes",
                                         "grouped",
                                         "direction",
                                         "box",
                                         "number",
                                         "\xE6\x97\xA5",
                                         std::string(300, 'k')};
  const std::vector<std::string> values = {"red",        " lead",       "trail ", "a,b", "a;b", "\"q\"",
                                           "two\nlines", "1",           "1.50",   "007", "yes", "true",
                                           "[1]",        "{\"a\": 1}",  "null",   "-1",  "{}",  "1e3",
                                           "1 2 3",      "Unspecified", "unknown"};
  for (const auto& entry : annotation_formats().entries()) {
    if (!entry.value.write) continue;
    DYNAMIC_SECTION(entry.name) {
      std::vector<std::string> names;
      for (std::size_t i = 0; i < keys.size() * values.size(); ++i)
        if (i % 7 == 0 || i < keys.size()) names.push_back("i" + std::to_string(i) + ".jpg");
      Hostile hostile(names);
      std::vector<std::pair<std::string, std::string>> given;
      for (std::size_t i = 0; i < names.size(); ++i) {
        auto number = static_cast<std::size_t>(std::stoul(names[i].substr(1)));
        given.emplace_back(keys[number % keys.size()], values[number / 7 % values.size()]);
        hostile.dataset.images[i].annotations[0].attributes = {given.back()};
      }
      auto report = hostile.write(entry.name);
      auto read = read_dataset(hostile.out(), entry.name);
      REQUIRE(read.dataset.images.size() == names.size());
      std::vector<std::string> lost;
      for (std::size_t i = 0; i < names.size(); ++i) {
        auto at = std::find_if(read.dataset.images.begin(), read.dataset.images.end(),
                               [&](const Image& image) { return is_called(image, names[i], Split::train); });
        REQUIRE(at != read.dataset.images.end());
        if (at->annotations.size() != 1) {
          lost.push_back("an object with " + given[i].first);
          continue;
        }
        const auto& attributes = at->annotations[0].attributes;
        auto found = attributes.find(given[i].first);
        if (found == attributes.end() || found->second != given[i].second)
          lost.push_back(given[i].first + " = " + given[i].second);
      }
      if (lost.size() > report.losses.kinds["attributes"].count) {
        CAPTURE(report.losses.kinds["attributes"].count);
        CHECK(lost == std::vector<std::string>{});
      }
    }
  }
}
