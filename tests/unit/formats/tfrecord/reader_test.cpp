// TFRecord: broken records, pictures inside, label maps, float32 numbers.
#include <sstream>

#include "ds/media/synthetic_scene.h"
#include "ds/testing/packed.h"
#include "ds/tfrecord/records.h"
#include "fixtures/format_fixture.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using namespace ds::testing;
namespace fs = std::filesystem;
using Names = std::vector<std::string>;

struct Written {
  TemporaryFolder folder;
  Dataset dataset;
  std::vector<fs::path> files;

  explicit Written(int images = 3) {
    dataset =
        write_scene_images({.images = images, .width = 80, .height = 60, .negative_share = 0}, path("in"));
    for (auto& image : dataset.images) {
      image.split = Split::train;
      files.push_back(path("in") / image.name);
    }
  }
  fs::path path(const std::string& name) const { return folder.path() / name; }
  WriteReport write(const WriteOptions& options = {.with_images = true}) const {
    return write_dataset(dataset, files, path("out"), "tfrecord", options);
  }
  ReadResult read(const ReadOptions& options = {}) const {
    return read_dataset(path("out"), "tfrecord", options);
  }
};

// A field of a protobuf message that holds bytes, of less than 128.
std::string field(int number, const std::string& bytes) {
  REQUIRE(bytes.size() < 128);
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
}

}  // namespace

TEST_CASE("tfrecord: the shared fixture: three splits, pictures inside, an object without a class") {
  if (assets_are_absent()) return;
  auto result = read_dataset(asset("tf_detection_api_dataset"), "auto");
  REQUIRE(result.format == "tfrecord");
  REQUIRE(result.dataset.images.size() == 3);
  // ten of the label map, and the one for objects that have none
  REQUIRE(result.dataset.classes.size() == 11);
  REQUIRE(result.dataset.classes[0].name == "label_0");
  REQUIRE(result.dataset.classes[10].name == "(no label)");
  REQUIRE(image_named(result, "1.jpg").split == Split::train);
  REQUIRE(image_named(result, "2.jpg").split == Split::val);
  REQUIRE(image_named(result, "3.jpg").split == Split::test);
  REQUIRE(image_named(result, "3.jpg").state == ImageState::unlabelled);
  REQUIRE(result.embedded.size() == 3);
  REQUIRE(image_bytes(result, 0).size() == 631);
  // 16 x 16: xmin 0, 0, 0.125; ymin 0.25; xmax 0.25, 0.25, 0.375; ymax 0.75, 0.5, 0.5
  REQUIRE(objects_of(result, "1.jpg") == std::vector<Object>{{"label_2", {0, 4, 4, 8}},
                                                             {"label_3", {0, 4, 4, 4}},
                                                             {"(no label)", {2, 4, 4, 4}}});
  auto texts = issue_texts(result);
  REQUIRE(std::count(texts.begin(), texts.end(),
                     "warning EMPTY_LABEL train.tfrecord: record 1, object 3: neither a class id nor a name; "
                     "kept as class (no label)") == 1);
}

TEST_CASE("tfrecord: roboflow's three images, sizes declared, pictures missing, 0.2 and not 0.20000000298") {
  if (assets_are_absent()) return;
  auto result = read_dataset(asset("roboflow_dataset/tfrecord"), "auto");
  REQUIRE(result.format == "tfrecord");
  REQUIRE(result.dataset.classes.names() == Names{"label_0", "label_1"});
  REQUIRE(result.dataset.images.size() == 3);
  REQUIRE(image_named(result, "train_001.jpg").split == Split::train);
  REQUIRE(image_named(result, "val_001.jpg").split == Split::val);
  auto near = [](const std::vector<Object>& seen, const std::vector<Object>& expected) {
    REQUIRE(seen.size() == expected.size());
    for (std::size_t i = 0; i < seen.size(); ++i) {
      REQUIRE(seen[i].first == expected[i].first);
      // 0.2 as a float32 would be off by 3e-9
      for (std::size_t k = 0; k < 4; ++k)
        REQUIRE(std::abs(seen[i].second[k] - expected[i].second[k]) < 1e-14);
    }
  };
  near(objects_of(result, "train_001.jpg"), {{"label_0", {2, 1, 3, 1}}});
  near(objects_of(result, "train_002.jpg"), {{"label_1", {0, 0, 2, 4}}});
  near(objects_of(result, "val_001.jpg"), {{"label_0", {0, 0, 1, 2}}, {"label_1", {0, 0, 9, 1}}});
  REQUIRE(count_of(result.issues, Severity::error) == 3);  // MISSING_IMAGE
}

TEST_CASE("tfrecord is not seen in other formats' folders") {
  if (assets_are_absent()) return;
  REQUIRE(false_alarms("tfrecord", {"tf_detection_api_dataset", "roboflow_dataset"}).empty());
  REQUIRE(detect_format(asset("roboflow_dataset/coco"))->name == "coco");
}

TEST_CASE("tfrecord: what is written reads back with the pictures' own bytes, twice the same") {
  Written made;
  auto& first = made.dataset.images[0];
  first.name = "a folder/grün.jpg";
  first.attributes = {{"weather", "rain"}};
  first.tags = {{0, true}, {2, false}};
  first.annotations = {
      {.class_idx = 0, .shape = Box{0, 0, 80, 60}, .crowd = true, .truncated = 1.0},
      {.class_idx = 1, .shape = Box{10.25, -3, 20.1, 70}, .difficult = true, .occluded = 0.0, .score = 0.25},
      {.class_idx = 2,
       .shape = RunLengthMask{60, 80, {130, 7, 4663}},
       .track_id = 12,
       .attributes = {{"colour", "red"}, {"n", "007"}}}};
  made.dataset.images[1].annotations.clear();
  made.dataset.images[2].annotations.clear();
  made.dataset.images[2].state = ImageState::unlabelled;
  made.dataset.images[2].split = Split::none;
  auto report = made.write();
  REQUIRE(report.losses.empty());
  REQUIRE(report.image_files == 3);
  auto once = read_file(made.path("out/train.tfrecord"));
  made.write();
  REQUIRE(read_file(made.path("out/train.tfrecord")) == once);

  auto read = read_dataset(made.path("out"), "auto");
  REQUIRE(read.format == "tfrecord");
  REQUIRE(read.issues.size() == 1);  // the box that reaches outside
  REQUIRE(read.dataset.classes.names() == made.dataset.classes.names());
  const auto& same = image_named(read, first.name);
  REQUIRE(same.split == Split::train);
  REQUIRE(same.tags == first.tags);
  REQUIRE(same.attributes == first.attributes);
  REQUIRE(same.annotations[0].shape == first.annotations[0].shape);
  REQUIRE(same.annotations[0].crowd);
  REQUIRE(same.annotations[0].truncated == 1);
  REQUIRE_FALSE(same.annotations[0].occluded);
  // a float32 share of 80 is off by at most 80 * 2^-25
  REQUIRE(same.annotations[1].box().x0 == Approx(10.25).margin(3e-6));
  REQUIRE(same.annotations[1].box().y1 == Approx(70).margin(6e-6));
  REQUIRE(same.annotations[1].difficult);
  REQUIRE(same.annotations[1].occluded == 0);
  REQUIRE_FALSE(same.annotations[1].truncated);
  REQUIRE(same.annotations[1].score == 0.25);
  REQUIRE_FALSE(same.annotations[0].score);
  REQUIRE(same.annotations[2].shape == first.annotations[2].shape);
  REQUIRE(same.annotations[2].track_id == 12);
  REQUIRE(same.annotations[2].attributes == first.annotations[2].attributes);
  REQUIRE(image_named(read, made.dataset.images[1].name).state == ImageState::done);
  REQUIRE(image_named(read, made.dataset.images[2].name).state == ImageState::unlabelled);
  REQUIRE(image_named(read, made.dataset.images[2].name).split == Split::none);
  for (std::size_t i = 0; i < read.dataset.images.size(); ++i) {
    REQUIRE(read.files[i].empty());
    REQUIRE(read.dataset.images[i].width == 80);
  }
  REQUIRE(image_bytes(read, 1) == read_file(made.files[0]));  // none.tfrecord comes before train.tfrecord
}

TEST_CASE("tfrecord: without pictures the files beside the records are found by name") {
  Written made;
  made.write({});
  auto read = made.read();
  REQUIRE(count_of(read.issues, Severity::error) == 3);
  REQUIRE(read.dataset.images[0].width == 80);
  REQUIRE(read.embedded.empty());
  read = made.read({.images = made.path("in")});
  REQUIRE(read.issues.empty());
  REQUIRE(read.files[0] == made.files[0]);
  REQUIRE(objects_of(read, made.dataset.images[0].name).size() == made.dataset.images[0].annotations.size());
}

TEST_CASE("tfrecord: a record with a broken checksum is left out, the others stay") {
  Written made;
  made.write();
  auto whole = read_file(made.path("out/train.tfrecord"));
  std::size_t second = 0;
  for_each_tf_record(made.path("out/train.tfrecord"), [&](TfRecord& record) {
    if (record.number == 2) second = record.offset;
  });
  auto broken = whole;
  broken[second + 100] = static_cast<char>(broken[second + 100] ^ 1);
  write_file_atomically(made.path("out/train.tfrecord"), broken);
  auto read = made.read();
  REQUIRE(read.dataset.images.size() == 2);
  REQUIRE(issue_texts(read) ==
          Names{"error BAD_ROW train.tfrecord: record 2: the checksum of its data is wrong; "
                "it is left out"});
  // and a broken length ends the file there
  broken = whole;
  broken[second] = static_cast<char>(broken[second] ^ 1);
  write_file_atomically(made.path("out/train.tfrecord"), broken);
  read = made.read();
  REQUIRE(read.dataset.images.size() == 1);
  auto file = made.path("out/train.tfrecord").string();
  REQUIRE(issue_texts(read) == Names{"error BAD_FILE train.tfrecord: record 2: " + file +
                                     ": record 2: the checksum of its length is wrong; the rest of the file "
                                     "cannot be read"});
}

TEST_CASE("tfrecord: a file cut anywhere keeps its whole records") {
  Written made;
  made.write();
  auto whole = read_file(made.path("out/train.tfrecord"));
  for (std::size_t part = 0; part < 24; ++part) {
    write_file_atomically(made.path("out/train.tfrecord"), whole.substr(0, whole.size() * part / 24));
    auto read = made.read();
    REQUIRE(read.dataset.images.size() == part / 8);
    REQUIRE(count_of(read.issues, Severity::error) == (part == 0 ? 0 : 1));
  }
}

TEST_CASE("tfrecord: the id counts when the name beside it is another's; an unknown id keeps the name") {
  Written made(1);
  made.dataset.images[0].annotations = {{.class_idx = 0, .shape = Box{0, 0, 8, 6}},
                                        {.class_idx = 2, .shape = Box{8, 6, 16, 12}}};
  made.write();
  write_file_atomically(made.path("out/label_map.pbtxt"),
                        "# a comment\nitem { id: 2 name: 'two' keypoints { id: 1 label: 'k' } }\n"
                        "item: <\n name: \"/m/1\"\n id: 1\n display_name: 'Caf\\303\\251'\n>\n");
  auto read = made.read();
  auto third = made.dataset.classes[2].name;
  REQUIRE(read.dataset.classes.names() == Names{"Café", "two", third});
  REQUIRE(objects_of(read, made.dataset.images[0].name) ==
          std::vector<Object>{{"Café", {0, 0, 8, 6}}, {third, {8, 6, 8, 6}}});
  REQUIRE(issue_texts(read) ==
          Names{"warning LABEL_CONFLICT train.tfrecord: record 1, object 1: class id 1 is 'Café' in "
                "label_map.pbtxt, the name beside it is '" +
                    made.dataset.classes[0].name + "'; the id counts",
                "warning UNKNOWN_CLASS train.tfrecord: record 1, object 2: class id 3 is not in "
                "label_map.pbtxt; '" +
                    third + "' becomes a class"});
  write_file_atomically(made.path("out/label_map.pbtxt"), "item { id: 1\n name 'one' }\n");
  read = made.read();
  REQUIRE(issue_texts(read)[0].starts_with("error BAD_FILE label_map.pbtxt:2:"));
  // without a map the ids beside the names say the order
  REQUIRE(read.dataset.classes.names() == Names{made.dataset.classes[0].name, third});
}

TEST_CASE("tfrecord: what a record cannot say is counted") {
  Written made(1);
  made.dataset.images[0].annotations = {{.class_idx = 0,
                                         .shape = Polygon{{{{1, 1}, {9, 1}, {9, 7}}}},
                                         .occluded = 0.5,
                                         .score = 0.123456789012},
                                        {.class_idx = 0, .shape = Box{1, 1, 5, 5}, .group_id = 3, .z = 1}};
  REQUIRE_THROWS_WITH(
      made.write({}),
      "tfrecord cannot hold everything: 1 group (lose it), 1 occluded (become yes or no), 1 polygon "
      "(become their bounding box), 1 score (rounded to 7 digits), 1 z (lose it)");
}

TEST_CASE("tfrecord: key points are not read, which is said once with their count") {
  Written made(2);
  made.write();
  std::vector<std::string> records;
  for_each_tf_record(made.path("out/train.tfrecord"),
                     [&](TfRecord& record) { records.push_back(record.data); });
  REQUIRE(made.read().notes == Names{"train.tfrecord: label map label_map.pbtxt"});
  // Two messages behind each other are merged: features { feature { key, value { float_list { 0.5 } } } }
  auto feature = [](const std::string& name, const std::string& numbers) {
    return field(1, field(1, field(1, name) + field(2, field(2, numbers.empty() ? "" : field(1, numbers)))));
  };
  std::string half = {0, 0, 0, 0x3f};
  std::ostringstream out;
  write_tf_record(
      out, records[0] + feature("image/object/keypoint/x", half) + feature("image/object/keypoint/y", half));
  write_tf_record(out, records[1] + feature("image/object/keypoint/x", ""));
  write_file_atomically(made.path("out/train.tfrecord"), out.str());
  auto read = made.read();
  REQUIRE(read.dataset.annotation_count() == made.dataset.annotation_count());
  REQUIRE(read.notes ==
          Names{"train.tfrecord: label map label_map.pbtxt",
                "1 record with key points (image/object/keypoint/*): they are not read, the boxes are"});
}

TEST_CASE("tfrecord: files packed as a whole, pictures inside, named as they are") {
  for (int bits : {kGzip, kZlib}) {
    CAPTURE(bits);
    Written written;
    written.write();
    auto plain = written.read();
    auto file = written.path("out/train.tfrecord");
    auto bytes = read_file(file);
    write_file_atomically(file, packed(bytes, bits));
    auto detected = detect_format(written.path("out"));
    REQUIRE(detected);
    REQUIRE(detected->evidence ==
            "train.tfrecord is packed and begins as a TFRecord, its length with the right checksum");
    auto result = written.read();
    REQUIRE(result.dataset.images.size() == 3);
    for (std::size_t i = 0; i < 3; ++i) {
      REQUIRE(result.dataset.images[i].annotations.size() == plain.dataset.images[i].annotations.size());
      REQUIRE(image_bytes(result, i) == read_file(written.files[i]));
      REQUIRE(result.dataset.images[i].origin == plain.dataset.images[i].origin);
    }
    // Under the name that TensorFlow's users give them, too.
    fs::rename(file, written.path("out/train.tfrecord.gz"));
    REQUIRE(read_dataset(written.path("out"), "auto").dataset.images.size() == 3);
    REQUIRE(read_dataset(written.path("out/train.tfrecord.gz"), "auto").dataset.images.size() == 3);
  }
}

TEST_CASE("tfrecord: a packed file that is damaged is named, not the copy that it was unpacked to") {
  Written written;
  written.write();
  auto file = written.path("out/train.tfrecord");
  auto bytes = read_file(file);
  auto message = [&](const std::string& content) {
    write_file_atomically(file, content);
    auto texts = issue_texts(written.read());
    REQUIRE(texts.size() == 1);
    return texts[0];
  };
  auto whole = packed(bytes, kGzip);
  REQUIRE(message(whole.substr(0, whole.size() / 2)) ==
          "error BAD_FILE train.tfrecord: " + file.string() + ": it ends in the middle of what is packed");
  REQUIRE(message(packed(bytes.substr(0, bytes.size() - 3), kGzip)) ==
          "error BAD_FILE train.tfrecord: record 3: " + file.string() +
              ": record 3: the file ends inside the record");
}
