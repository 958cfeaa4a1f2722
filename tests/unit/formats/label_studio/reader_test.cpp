// Label Studio: tasks, annotators, predictions, percentages, brush masks.
#include "ds/base/hash.h"
#include "ds/base/text.h"
#include "ds/formats/label_studio/options.h"
#include "fixtures/label_tools.h"
#include "label_studio/brush_rle.h"
#include "shared/pictures/mask_pixels.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using namespace ds::testing;

std::string task(const std::string& annotations, const std::string& more = {}) {
  return R"({"id": 1, "data": {"image": "/data/local-files/?d=a.jpg"}, "annotations": [)" + annotations +
         "]" + (more.empty() ? "" : ", " + more) + "}";
}

std::string annotation(const std::string& results, const std::string& more = {}) {
  return R"({"result": [)" + results + "]" + (more.empty() ? "" : ", " + more) + "}";
}

std::string region(const std::string& type, const std::string& value, const std::string& more = {}) {
  return R"({"type": ")" + type + R"(", "from_name": "label", "to_name": "image", "original_width": 64,
    "original_height": 48, "value": {)" +
         value + "}" + (more.empty() ? "" : ", " + more) + "}";
}

std::string cat(const std::string& x) {
  return region("rectanglelabels",
                R"("x": )" + x + R"(, "y": 0, "width": 50, "height": 50, "rectanglelabels": ["cat"])");
}

ReadResult read(LabelFolder& f, const std::string& tasks, const ReadOptions& options = {}) {
  f.write("tasks.json", "[" + tasks + "]");
  auto result = read_dataset(f.path(), "auto", options);
  REQUIRE(result.format == "label-studio");
  return result;
}

const std::vector<Annotation>& objects(const ReadResult& result) {
  return result.dataset.images.at(0).annotations;
}

}  // namespace

TEST_CASE("label studio: rotation is about the top-left corner, in pixels") {
  LabelFolder f;
  write_scene_images({.images = 1, .width = 1000, .height = 500}, f.path("big"));
  std::filesystem::rename(f.path("big/scene_0000.jpg"), f.path("a.jpg"));
  auto result =
      read(f, task(annotation(region("rectanglelabels", R"("x": 20, "y": 20, "width": 30, "height": 20,
      "rotation": 90, "rectanglelabels": ["cat"])"))));
  // p0 = (200, 100); w = 300 goes down to (200, 400), h = 100 to the left, to x = 100.
  auto box = objects(result)[0].box();
  REQUIRE(std::abs(box.x0 - 100) < 1e-9);
  REQUIRE(std::abs(box.y0 - 100) < 1e-9);
  REQUIRE(std::abs(box.width() - 100) < 1e-9);
  REQUIRE(std::abs(box.height() - 300) < 1e-9);
  // As YOLO: centre (150, 250) of 1000x500 = 0.15 0.5, size 0.1 0.6
  REQUIRE(std::abs(box.center_x() / 1000 - 0.15) < 1e-12);
  REQUIRE(std::abs(box.center_y() / 500 - 0.5) < 1e-12);
  const auto& rotated = std::get<RotatedBox>(objects(result)[0].shape);
  REQUIRE(rotated.angle_deg == 90);
  REQUIRE(rotated.width == 300);
  REQUIRE(rotated.height == 100);
}

TEST_CASE("label studio: every region type becomes its shape") {
  LabelFolder f;
  auto shape = [&](const std::string& type, const std::string& value) {
    auto result = read(f, task(annotation(region(type, value))));
    // A point has no size, which is said.
    REQUIRE(result.issues.size() == (type == "keypointlabels" ? 1 : 0));
    REQUIRE(objects(result).size() == 1);
    REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"cat"});
    return objects(result)[0].shape;
  };
  // 25 % of 64 = 16, of 48 = 12
  REQUIRE(shape("rectanglelabels", R"("x": 25, "y": 25, "width": 50, "height": 75, "rotation": 0,
                "rectanglelabels": ["cat"])") == Shape(Box{16, 12, 48, 48}));
  REQUIRE(shape("rectanglelabels",
                R"("x": 0, "y": 0, "width": 100, "height": 100, "rectanglelabels": ["cat"])") ==
          Shape(Box{0, 0, 64, 48}));
  REQUIRE(shape("labels", R"("x": 25, "y": 25, "width": 50, "height": 75, "labels": ["cat"])") ==
          Shape(Box{16, 12, 48, 48}));
  REQUIRE(shape("polygonlabels", R"("points": [[0, 0], [50, 0], [50, 50]], "polygonlabels": ["cat"])") ==
          Shape(Polygon{{{{0, 0}, {32, 0}, {32, 24}}}}));
  REQUIRE(shape("ellipselabels", R"("x": 50, "y": 50, "radiusX": 25, "radiusY": 25, "rotation": 10,
                "ellipselabels": ["cat"])") == Shape(Ellipse{32, 24, 16, 12, 10}));
  REQUIRE(shape("keypointlabels", R"("x": 50, "y": 50, "width": 1, "keypointlabels": ["cat"])") ==
          Shape(KeyPoints{{{32, 24}}, {2}, {32, 24, 32, 24}}));
  REQUIRE(
      shape("vectorlabels", R"("vertices": [{"id": "1", "x": 50, "y": 50}, {"id": "2", "x": 100, "y": 75}],
                "closed": false, "vectorlabels": ["cat"])") == Shape(Polyline{{{32, 24}, {64, 36}}}));
}

TEST_CASE("label studio: brush masks are bit-packed RGBA runs") {
  // A picture of 2x1 pixels, the second inside: 8 values, runs of 4.
  // 00000000 00000000 00000000 00001000 | 00111 | 0010 0011 0111 1111 | 1 00 011 00000000 | 1 00 011 11111111
  // The bits behind the first 32: 00111001 00011011 11111100 01100000 00010001 11111111 1(0000000)
  const std::vector<std::uint8_t> bytes = {0, 0, 0, 8, 0x39, 0x1B, 0xFC, 0x60, 0x11, 0xFF, 0x80};
  RunLengthMask expected{1, 2, {1, 1}};
  REQUIRE(detail::decode_brush(bytes, 2, 1) == expected);
  REQUIRE(detail::encode_brush(expected) == bytes);
  // The second run as four values that differ: 0 00 011 then 1, 2, 3, 4; alpha 4 is inside.
  // ... 1 00 011 00000000 | 0 00 011 00000001 00000010 00000011 00000100
  // 00111001 00011011 11111100 01100000 00000001 10000000 10000001 00000001 10000010 0(0000000)
  const std::vector<std::uint8_t> literal = {0,    0,    0,    8,    0x39, 0x1B, 0xFC,
                                             0x60, 0x01, 0x80, 0x81, 0x01, 0x82, 0x00};
  REQUIRE(detail::decode_brush(literal, 2, 1) == expected);
  REQUIRE_THROWS_WITH(detail::decode_brush({0, 0, 0, 8, 0x39, 0x1B, 0xFC, 0x60}, 2, 1),
                      "the brush mask ends in the middle");
  REQUIRE_THROWS_WITH(detail::decode_brush(bytes, 3, 1),
                      "the brush mask holds 8 values, a picture of 3x1 needs 12");
  // Long runs are cut at 65536 values.
  RunLengthMask large{300, 200, {7, 30000, 20000, 9993}};
  REQUIRE(detail::decode_brush(detail::encode_brush(large), 200, 300) == large);

  LabelFolder f;
  std::string list;
  for (auto byte : detail::encode_brush({48, 64, {100, 50, 2922}}))
    list += (list.empty() ? "" : ",") + std::to_string(byte);
  auto result = read(f, task(annotation(region("brushlabels", R"("format": "rle", "rle": [)" + list + R"(],
      "brushlabels": ["cat"])"))));
  REQUIRE(objects(result)[0].shape == Shape(RunLengthMask{48, 64, {100, 50, 2922}}));
}

TEST_CASE("label studio: states of tasks") {
  LabelFolder f;
  auto state = [&](const std::string& text) { return read(f, text).dataset.images.at(0).state; };
  REQUIRE(state(task("")) == ImageState::unlabelled);
  REQUIRE(state(task(annotation(""))) == ImageState::done);  // a negative
  REQUIRE(state(task(annotation(cat("0")))) == ImageState::done);
  REQUIRE(state(task(annotation("", R"("was_cancelled": true)"))) == ImageState::rejected);
  // Somebody skipped it, somebody else did not.
  REQUIRE(state(task(annotation("", R"("was_cancelled": true)") + "," + annotation(cat("0")))) ==
          ImageState::done);
}

TEST_CASE("label studio: one annotator counts for a task") {
  LabelFolder f;
  auto tasks = task(annotation(cat("10"), R"("completed_by": 1, "updated_at": "2024-03-01T00:00:00Z")") +
                    "," + annotation(cat("20"), R"("completed_by": {"id": 2, "email": "b@x.org"},
                                              "updated_at": "2024-02-01T00:00:00Z")") +
                    "," + annotation("", R"("completed_by": 1, "was_cancelled": true)"));
  auto left = [&](const std::string& text, const ReadOptions& options = {}) {
    return objects(read(f, text, options)).at(0).box().x0 / 64 * 100;
  };
  REQUIRE(std::abs(left(tasks) - 10) < 1e-9);  // the latest
  REQUIRE(std::abs(left(tasks, {.own = LabelStudioReading{.annotator = "2"}}) - 20) < 1e-9);
  REQUIRE(std::abs(left(tasks, {.own = LabelStudioReading{.annotator = "b@x.org"}}) - 20) < 1e-9);
  REQUIRE(read(f, tasks, {.own = LabelStudioReading{.annotator = "nobody"}}).dataset.images[0].state ==
          ImageState::unlabelled);
  REQUIRE(read(f, tasks).notes.back() ==
          "2 annotations are not used: others of the same tasks are (choose with --annotator)");
  auto truth = task(annotation(cat("10"), R"("ground_truth": true)") + "," + annotation(cat("20")));
  REQUIRE(std::abs(left(truth) - 10) < 1e-9);
  // Old exports say completions.
  auto old = task(annotation(cat("30")));
  REQUIRE(std::abs(left(old.replace(old.find("annotations"), 11, "completions")) - 30) < 1e-9);
}

TEST_CASE("label studio: predictions are proposals, unless a person has answered") {
  LabelFolder f;
  auto predictions =
      R"("predictions": [{"model_version": "m1", "score": 0.5, "result": [)" + cat("10") + "," +
      region("rectanglelabels", R"("x": 20, "y": 0, "width": 50, "height": 50, "rectanglelabels": ["cat"])",
             R"("score": 0.25)") +
      "]}]";
  auto result = read(f, task("", predictions));
  REQUIRE(result.dataset.images[0].state == ImageState::unlabelled);
  REQUIRE(objects(result).size() == 2);
  REQUIRE(objects(result)[0].proposal);
  REQUIRE(objects(result)[0].score == 0.5);
  REQUIRE(objects(result)[0].model_id == "m1");
  REQUIRE(objects(result)[1].score == 0.25);
  result = read(f, task(annotation(cat("0")), predictions));
  REQUIRE(objects(result).size() == 1);
  REQUIRE_FALSE(objects(result)[0].proposal);
}

TEST_CASE("label studio: several labels, fields of a region, and choices") {
  LabelFolder f;
  auto both =
      annotation(region("rectanglelabels",
                        R"("x": 0, "y": 0, "width": 50, "height": 50, "rectanglelabels": ["dog", "cat"])",
                        R"("id": "r1", "meta": {"text": ["seen", "twice"], "occluded": 1})") +
                 R"(, {"id": "r1", "type": "choices", "from_name": "mood", "value": {"choices": ["calm"]}},
         {"id": "r1", "type": "textarea", "from_name": "note", "value": {"text": ["a", "b"]}},
         {"id": "x", "type": "choices", "from_name": "weather", "value": {"choices": ["rain", "wind"]}},
         {"id": "y", "type": "choices", "from_name": "contains", "value": {"choices": ["cat"]}},
         {"id": "z", "type": "number", "from_name": "count", "value": {"number": 3}},
         {"type": "relation", "from_id": "r1", "to_id": "r1"})");
  auto result = read(f, task(both));
  REQUIRE(result.issues.empty());
  REQUIRE(result.dataset.classes.names() == std::vector<std::string>{"cat", "dog"});
  REQUIRE(objects(result).size() == 2);
  REQUIRE(objects(result)[0].class_idx == 1);
  REQUIRE(objects(result)[1].class_idx == 0);
  REQUIRE(objects(result)[0].shape == objects(result)[1].shape);
  REQUIRE(objects(result)[0].occluded == 1.0);
  REQUIRE(objects(result)[0].provenance.original_id == "r1");
  REQUIRE(objects(result)[0].attributes == std::map<std::string, std::string>{{"mood", "calm"},
                                                                              {"note", "a\nb"},
                                                                              {"meta.text", "seen\ntwice"}});
  const auto& image = result.dataset.images[0];
  REQUIRE(image.tags == std::vector<ImageTag>{{0, true}});
  REQUIRE(image.attributes == std::map<std::string, std::string>{{"weather", "rain, wind"}, {"count", "3"}});
  REQUIRE(result.notes ==
          std::vector<std::string>{result.notes[0],
                                   "1 regions have several labels; each becomes an object for every label",
                                   "1 relations between regions are left out"});
  // A dataset of nothing but choices is about images.
  result = read(
      f, task(annotation(R"({"type": "choices", "from_name": "animal", "value": {"choices": ["cat"]}})")));
  REQUIRE(result.dataset.images[0].tags == std::vector<ImageTag>{{0, true}});
}

TEST_CASE("label studio: one bad region does not discard its neighbours") {
  LabelFolder f;
  auto results =
      region("rectanglelabels", R"("x": null, "y": 0, "width": 5, "height": 5, "rectanglelabels": ["cat"])") +
      "," +
      region("rectanglelabels", R"("x": "a", "y": 0, "width": 5, "height": 5, "rectanglelabels": ["cat"])") +
      "," + region("rectangle", R"("x": 0, "y": 0, "width": 5, "height": 5)") + "," +
      region("polygonlabels", R"("points": [[0, 0], [50, 0]], "polygonlabels": ["cat"])") + "," +
      region("brushlabels", R"("rle": [0, 0], "brushlabels": ["cat"])") + "," +
      region("videorectangle", R"("sequence": [{"frame": 1}], "labels": ["cat"])") + ", 7, " + cat("0");
  auto result = read(f, task(annotation(results)) + R"(, {"data": {"text": "x"}, "annotations": []})");
  REQUIRE(
      f.issues(result) ==
      std::vector<std::string>{
          "error BAD_ROW tasks.json: /0/annotations/0/result/6: a result needs a type and a value; left out",
          "error BAD_ROW tasks.json: /0/annotations/0/result/0/value: a region needs x and y; left out",
          "error BAD_NUMBER tasks.json: /0/annotations/0/result/1/value/x: found \"a\", expected a finite "
          "number; left out",
          "error BAD_ROW tasks.json: /0/annotations/0/result/2: a region without a label; left out",
          "error BAD_ROW tasks.json: /0/annotations/0/result/3/value: 2 points are no outline; left out",
          "error BAD_SEGMENTATION tasks.json: /0/annotations/0/result/4/value/rle: the brush mask ends in "
          "the "
          "middle; left out",
          "error VIDEO_REGION tasks.json: /0/annotations/0/result/5: a region that moves through a video; "
          "label "
          "the frames as images; left out",
          "error BAD_ROW tasks.json: /1/data: a task needs the address of a picture; left out"});
  REQUIRE(objects(result).size() == 1);
  for (const auto& issue : result.issues) REQUIRE(issue_codes().contains(issue.code));
}

TEST_CASE("label studio: a video's frames are images when they are there") {
  LabelFolder f;
  for (int i = 0; i < 5; ++i) f.image("clip/frame_00000" + std::to_string(i) + ".jpg");
  f.remove("a.jpg");
  auto key = [](int frame, int x, const std::string& enabled) {
    return R"({"frame": )" + std::to_string(frame) + R"(, "enabled": )" + enabled + R"(, "x": )" +
           std::to_string(x) + R"(, "y": 0, "width": 25, "height": 50, "rotation": 0})";
  };
  auto video = [&](const std::string& frames) {
    f.write(
        "tasks.json",
        R"([{"data": {"video": "/data/upload/1/0a1b2c3d-clip.mp4"}, "annotations": [{"result": [{"id": "v1",
                "type": "videorectangle", "value": {"framesCount": )" +
            frames + R"(, "labels": ["car"], "sequence": [)" + key(1, 0, "true") + "," + key(3, 50, "false") +
            "," + key(5, 75, "true") + R"(, {"frame": 0}]}}]}]}])");
    return read_dataset(f.path(), "auto");
  };
  auto result = video("5");
  REQUIRE(f.issues(result) ==
          std::vector<std::string>{
              "error BAD_ROW tasks.json: /0/annotations/0/result/0/value/sequence/3: a key frame "
              "needs a frame from 1, and finite x, y, width and height; left out"});
  REQUIRE(result.dataset.images.size() == 5);
  std::vector<std::string> seen;
  for (const auto& image : result.dataset.images) {
    REQUIRE(image.group == "video:1/0a1b2c3d-clip.mp4");
    REQUIRE(image.state == ImageState::done);
    for (const auto& a : image.annotations) {
      REQUIRE(a.track_id == 1);
      seen.push_back(image.name + " " + std::to_string(static_cast<int>(a.box().x0)));
    }
  }
  // 64 pixels: 0 % at frame 1, 50 % at frame 3, half way between: 25 % = 16; gone in frame 4; 75 % = 48.
  REQUIRE(seen == std::vector<std::string>{"clip/frame_000000.jpg 0", "clip/frame_000001.jpg 16",
                                           "clip/frame_000002.jpg 32", "clip/frame_000004.jpg 48"});
  result = video("7");
  REQUIRE(f.issues(result)[1] ==
          "error VIDEO_REGION tasks.json: /0/data/video: 2 of 7 frames are not there as pictures called "
          "clip/frame_000000.jpg and so on; their regions are left out");
}

TEST_CASE("label studio: addresses of pictures") {
  LabelFolder f;
  f.image("upload/1/c d.jpg");
  auto name = [&](const std::string& address, const ReadOptions& options = {}) {
    f.write("tasks.json", R"([{"data": {"picture": ")" + address + R"("}, "annotations": []}])");
    auto result = read_dataset(f.path("tasks.json"), "auto", options);
    return result.files.empty() ? "none" : result.files[0].lexically_relative(f.path()).string();
  };
  REQUIRE(name("/data/local-files/?d=upload/1/c%20d.jpg") == "upload/1/c d.jpg");
  REQUIRE(name("/data/upload/1/0a1b2c3d-a.jpg") == "a.jpg");
  REQUIRE(name("https://host.example/some/where/a.jpg?token=1") == "a.jpg");
  REQUIRE(name("s3://bucket/x/a.jpg") == "a.jpg");
  REQUIRE(name("/data/upload/1/c d.jpg", {.images = f.path("upload/1")}) == "upload/1/c d.jpg");
  REQUIRE(name("s3://bucket/b.jpg") == "none");
  f.write("tasks.json",
          R"([{"data": {"image": "/image2"}, "file_upload": "e97d4735-a.jpg", "annotations": []}])");
  REQUIRE(read_dataset(f.path("tasks.json"), "auto").files.at(0) == f.path("a.jpg"));
  // The picture itself.
  auto bytes = read_file(f.path("a.jpg"));
  f.write("tasks.json", R"([{"id": 5, "data": {"image": "data:image/jpeg;base64,)" + base64_encode(bytes) +
                            R"("}, "annotations": []}])");
  auto result = read_dataset(f.path("tasks.json"), "auto");
  REQUIRE(result.dataset.images[0].name == "task-5.jpg");
  REQUIRE(image_bytes(result, 0) == bytes);
}

TEST_CASE("label studio: a missing picture keeps its labels when a region tells the size") {
  LabelFolder f;
  f.remove("a.jpg");
  auto result = read(f, task(annotation(cat("25"))));
  REQUIRE(f.issues(result) ==
          std::vector<std::string>{
              "error MISSING_IMAGE tasks.json: /0/data/image: '/data/local-files/?d=a.jpg' is "
              "not there; say with --images where the pictures are"});
  REQUIRE(objects(result)[0].shape == Shape(Box{16, 0, 48, 24}));
}

TEST_CASE("label studio: everything it can say reads back, and the rest is named") {
  EveryKind kinds;
  kinds.dataset.images[1].tags = {{0, true}, {1, false}, {2, true}};
  kinds.dataset.images[3].annotations = {
      {.class_idx = 1, .shape = Box{1, 2, 3, 4}, .score = 0.75, .model_id = "m1", .proposal = true}};
  REQUIRE_THROWS_WITH(
      write_dataset(kinds.dataset, kinds.files, kinds.out(), "label-studio"),
      "label-studio cannot hold everything: 1 crowd (become ordinary objects), 1 ignore (lose the "
      "mark), 1 parts (become regions that only ds takes for one object)");
  write_dataset(kinds.dataset, kinds.files, kinds.out(), "label-studio",
                {.allow_loss = {"all"}, .with_images = true});
  auto config = read_file(kinds.out() / "label_config.xml");
  REQUIRE(config.starts_with("<View>\n  <Image name=\"image\" value=\"$image\" />\n  <RectangleLabels "));
  auto read_back = read_dataset(kinds.out(), "auto");
  REQUIRE(read_back.format == "label-studio");
  REQUIRE(count_of(read_back.issues, Severity::error) == 0);
  REQUIRE(read_back.dataset.classes.names() == kinds.dataset.classes.names());
  REQUIRE(read_back.dataset.images.size() == 6);
  for (const auto& image : kinds.dataset.images) {
    CAPTURE(image.name);
    const auto* same = image_called(read_back.dataset, image.name);
    REQUIRE(same != nullptr);
    REQUIRE(same->name == image.name);
    REQUIRE(same->split == image.split);
    REQUIRE(same->state == image.state);
    REQUIRE(same->tags == image.tags);
    REQUIRE(same->attributes == image.attributes);
    REQUIRE(same->annotations.size() == image.annotations.size());
    for (std::size_t i = 0; i < image.annotations.size(); ++i) {
      CAPTURE(i, kind_name(image.annotations[i].shape));
      REQUIRE(difference_of_marks(image.annotations[i], same->annotations[i]).empty());
      REQUIRE(same->annotations[i].proposal == image.annotations[i].proposal);
      // Percentages with every digit: 96 pixels times 1e-9 is the promise, rounding is far below it.
      REQUIRE(shape_difference(image.annotations[i].shape, same->annotations[i].shape) < 96e-9);
    }
  }
}
