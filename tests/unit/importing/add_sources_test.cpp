#include "ds/importing/add_sources.h"

#include <chrono>
#include <fstream>
#include <functional>
#include <set>

#include "ds/base/error.h"
#include "ds/base/hash.h"
#include "ds/media/image_header.h"
#include "ds/testing/shared_data.h"
#include "project_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;
namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

// Stops the work at its n-th step of the titled phase, as a full disk or a bug would.
class FailingProgress : public Progress {
 public:
  FailingProgress(
      std::string title, int steps, std::function<void()> fail = [] { throw Busy("disk full"); })
      : title_(std::move(title)), left_(steps), fail_(std::move(fail)) {}
  void begin(const std::string& title, std::int64_t) override {
    counting_ = title == title_;
    if (counting_ && at_begin) at_begin();
  }
  void advance(std::int64_t) override {
    if (counting_ && --left_ == 0) fail_();
  }
  void note(const std::string&) override {}
  void end() override { counting_ = false; }
  std::function<void()> at_begin;

 private:
  std::string title_;
  int left_;
  std::function<void()> fail_;
  bool counting_ = false;
};

}  // namespace

TEST_CASE("a dataset brings images, labels, classes and splits; a second time nothing") {
  ProjectFixture f;
  auto made = f.dataset("d", 5);
  auto report = f.add("d");
  REQUIRE(report.images_added == 5);
  REQUIRE(report.annotations_added == made.annotation_count());
  REQUIRE(report.classes_added == std::vector<std::string>{"disc", "square", "triangle"});
  REQUIRE(report.by_split == std::map<std::string, std::size_t>{{"train", 5}});
  auto again = f.add("d");
  REQUIRE(again.images_added == 0);
  REQUIRE(again.already_there == 5);
  REQUIRE(again.annotations_added == 0);
  REQUIRE(f.project().images().counts().annotations == made.annotation_count());
  REQUIRE(f.project().images().history().front().user == "ada");
}

TEST_CASE("BCCD through the project") {
  if (shared_is_absent("data/bccd")) return;
  ProjectFixture f;
  auto report = add_sources(f.project(), {shared_folder() / "data/bccd"}, {}, no_progress());
  REQUIRE(report.images_added == 364);
  REQUIRE(report.annotations_added == 4888);
  REQUIRE(report.by_split == std::map<std::string, std::size_t>{{"train", 205}, {"val", 87}, {"test", 72}});
}

TEST_CASE("a full disk leaves no image and no class; what was stored waits for the next try or is garbage") {
  ProjectFixture f;
  f.dataset("d", 6);
  FailingProgress progress("store", 4);
  REQUIRE_THROWS_WITH(add_sources(f.project(), {f.path("d")}, {}, progress), "disk full");
  REQUIRE(f.project().images().count() == 0);
  REQUIRE(f.project().classes().list().empty());
  REQUIRE(f.blobs() == 4);
  auto ignore = [](const std::string&) {};
  REQUIRE(f.project().collect_garbage(ignore).files == 0);  // younger than an hour: an import may be at work
  f.project().collect_garbage(ignore, -1);
  REQUIRE(f.blobs() == 0);
  REQUIRE(f.add("d").images_added == 6);
}

TEST_CASE("an import that fails for good takes its files along") {
  ProjectFixture f;
  f.dataset("d", 6);
  FailingProgress progress("store", 4, [] { throw DataError("bad"); });
  REQUIRE_THROWS_WITH(add_sources(f.project(), {f.path("d")}, {}, progress), "bad");
  REQUIRE(f.project().images().count() == 0);
  REQUIRE(f.blobs() == 0);
}

TEST_CASE("an import that was interrupted neither hashes nor copies again what it had") {
  ProjectFixture f;
  auto made = f.dataset("d", 6);
  // Only files that have been left alone for a moment are remembered.
  for (const auto& entry : fs::recursive_directory_iterator(f.path("d")))
    if (has_image_suffix(entry.path()))
      fs::last_write_time(entry.path(), fs::file_time_type::clock::now() - 1h);
  FailingProgress progress("store", 6);
  REQUIRE_THROWS_WITH(add_sources(f.project(), {f.path("d")}, {}, progress), "disk full");
  // A change that the stamp cannot show: same length, time and inode. What is not read again
  // does not notice it.
  fs::path picture;
  for (const auto& entry : fs::recursive_directory_iterator(f.path("d")))
    if (has_image_suffix(entry.path())) picture = entry.path();
  auto sha256 = sha256_hex_of_file(picture);
  auto bytes = read_file(picture);
  auto time = fs::last_write_time(picture);
  bytes[15] ^= 1;  // its density: the picture stays whole
  std::ofstream(picture, std::ios::in | std::ios::out | std::ios::binary) << bytes;
  fs::last_write_time(picture, time);
  REQUIRE(f.add("d").images_added == 6);
  REQUIRE(f.project().images().find_sha256(sha256));
  // A new time is enough to be read again, and the bytes are others.
  fs::last_write_time(picture, time + 1s);
  REQUIRE(f.add("d").images_added == 1);
  REQUIRE(f.project().images().find_sha256(sha256_hex(bytes)));
}

TEST_CASE("a file that changes while it is imported is refused") {
  ProjectFixture f;
  write_scene_images({.images = 1, .width = 64, .height = 48}, f.path("a"));
  auto picture = f.path("a/scene_0000.jpg");
  FailingProgress progress("store", 0, [] {});
  progress.at_begin = [&] { write_file_atomically(picture, read_file(picture) + "more"); };
  auto before = sha256_hex_of_file(picture).substr(0, 12),
       after = sha256_hex(read_file(picture) + "more").substr(0, 12);
  REQUIRE_THROWS_WITH(add_sources(f.project(), {f.path("a")}, {}, progress),
                      picture.string() + " has changed while it was being imported: sha256 " + before +
                          " before, " + after + " now");
  REQUIRE(f.blobs() == 0);
}

namespace {

// Everything but ids, revisions and times, in the order of names.
std::vector<std::string> content_of(Project& project) {
  auto classes = project.classes().list();
  std::vector<std::string> lines = classes.names();
  for (const auto& image : project.images().list({}, WithAnnotations::yes)) {
    lines.push_back(image.name + " " + image.sha256 + " " + to_string(image.split) + " " +
                    to_string(image.state));
    for (const auto& a : image.annotations)
      lines.push_back(classes[a.class_idx].name + " " + std::to_string(a.box().x0) + " " +
                      std::to_string(a.box().y1));
  }
  return lines;
}

}  // namespace

TEST_CASE("all shards in any order make what one call makes") {
  ProjectFixture whole, parts;
  // Two names with the same bytes: they fall to shards of their own.
  auto twins = [](ProjectFixture& f) {
    f.dataset("d", 12);
    write_scene_images({.images = 3, .seed = 3, .width = 64, .height = 48}, f.path("plain"));
    for (int i = 0; i < 4; ++i)
      fs::copy_file(f.path("plain/scene_0000.jpg"), f.path("plain/twin" + std::to_string(i) + ".jpg"));
  };
  twins(whole);
  twins(parts);
  whole.add("d");
  whole.add("plain");
  std::size_t added = 0;
  for (int index : {2, 0, 1}) {
    for (const char* source : {"d", "plain"}) {
      auto report = parts.add(source, {.shard = {index, 3}});
      added += report.images_added;
      REQUIRE(report.images_added + report.left_to_others == (source == std::string("d") ? 12 : 7));
      REQUIRE(report.already_there == 0);
    }
  }
  REQUIRE(added == 19);
  REQUIRE(content_of(parts.project()) == content_of(whole.project()));
  REQUIRE(parts.add("d", {.shard = {1, 3}}).images_added == 0);
}

TEST_CASE("the number of threads changes nothing") {
  ProjectFixture one, four;
  for (auto* f : {&one, &four}) {
    f->dataset("d", 40);
    f->add("d", {.threads = f == &one ? 1 : 4});
  }
  REQUIRE(content_of(one.project()) == content_of(four.project()));
  REQUIRE(one.names() == four.names());
}

TEST_CASE("same name, other bytes: the source's name goes in front; same bytes: not added") {
  ProjectFixture f;
  for (auto [name, seed] : {std::pair{"a", 1}, {"b", 2}})
    write_scene_images({.images = 2, .seed = static_cast<std::uint64_t>(seed), .width = 64, .height = 48},
                       f.path(name));
  f.add("a");
  REQUIRE(f.add("b").images_added == 2);
  REQUIRE(f.names() == std::vector<std::string>{"b/scene_0000.jpg", "b/scene_0001.jpg", "scene_0000.jpg",
                                                "scene_0001.jpg"});
  REQUIRE(f.add("b").images_added == 0);
  fs::copy(f.path("a"), f.path("c"));
  REQUIRE(f.add("c").already_there == 2);
}

TEST_CASE("a folder: every skipped file has its reason, the others are added") {
  ProjectFixture f;
  write_scene_images({.images = 2, .width = 64, .height = 48}, f.path("a"));
  auto bytes = read_file(f.path("a/scene_0000.jpg"));
  write_file_atomically(f.path("a/cut.jpg"), bytes.substr(0, bytes.size() / 2));
  write_file_atomically(f.path("a/notes.txt"), "hello");
  write_file_atomically(f.path("a/._x.jpg"), "clutter is passed over in silence");
  auto report = f.add("a");
  REQUIRE(report.images_added == 2);
  REQUIRE(report.skipped.size() == 2);
  REQUIRE(report.skipped[0].reason ==
          f.path("a/cut.jpg").string() + ": the jpeg is cut short or damaged: no end marker");
  REQUIRE(report.skipped[1].reason ==
          f.path("a/notes.txt").string() + ": not an image, a video or an archive");
}

TEST_CASE("a named file that cannot be used is an error") {
  ProjectFixture f;
  write_scene_images({.images = 1, .width = 64, .height = 48}, f.path("a"));
  auto bytes = read_file(f.path("a/scene_0000.jpg"));
  write_file_atomically(f.path("cut.jpg"), bytes.substr(0, bytes.size() / 2));
  REQUIRE_THROWS_WITH(
      f.add("cut.jpg"),
      f.path("cut.jpg").string() + ": the jpeg is cut short or damaged: no end marker; nothing was added");
  REQUIRE_THROWS_WITH(f.add("gone.jpg"), "there is nothing at " + f.path("gone.jpg").string());
  REQUIRE_THROWS_AS(f.add("gone.jpg"), UsageError);
}

TEST_CASE("label rows that cannot be read stop the import, or are left out") {
  ProjectFixture f;
  f.dataset("d", 2);
  auto label = f.path("d/labels/train/scene_0000.txt");
  auto text = read_file(label) + "9 0.5 0.5 0.1 0.1\n";
  write_file_atomically(label, text);
  auto rows = std::count(text.begin(), text.end(), '\n');
  REQUIRE_THROWS_WITH(f.add("d"), f.path("d").string() + ": 1 label cannot be read:\n  " + label.string() +
                                      ":" + std::to_string(rows) +
                                      ": found class 9, expected one of the 3 declared");
  REQUIRE(f.project().images().count() == 0);
  REQUIRE(f.add("d", {.keep_going = true}).images_added == 2);
}

TEST_CASE("classes that the project lacks are refused unless asked for") {
  ProjectFixture f({"square", "cat"});
  auto made = f.dataset("d", 8);
  REQUIRE_THROWS_WITH(
      f.add("d"),
      f.path("d").string() + ": classes 'disc', 'triangle' are not in the project (known: square, cat)");
  REQUIRE(f.project().images().count() == 0);
  f.add("d", {.classes = "add"});
  REQUIRE(f.project().classes().list().names() ==
          std::vector<std::string>{"square", "cat", "disc", "triangle"});
  // The same names, whatever their index in the dataset was.
  auto stored = f.project().images().find("scene_0000.jpg");
  const auto& first = made.images[0].annotations[0];
  REQUIRE(f.project().classes().list()[stored.annotations[0].class_idx].name ==
          made.classes[first.class_idx].name);
}

TEST_CASE("labels reach images that were there without any, and never replace others") {
  ProjectFixture f;
  auto made = f.dataset("d", 3);
  REQUIRE(f.add("d", {.labels = "ignore"}).annotations_added == 0);
  REQUIRE(f.project().images().counts().by_state["unlabelled"] == 3);
  REQUIRE(f.add("d", {.dry_run = true}).labels_attached == 3);
  auto report = f.add("d");
  REQUIRE(report.images_added == 0);
  REQUIRE(report.labels_attached == 3);
  REQUIRE(f.project().images().counts().annotations == made.annotation_count());
  REQUIRE(f.add("d").labels_attached == 0);
  REQUIRE(f.add("d", {.dry_run = true}).labels_attached == 0);
}

TEST_CASE("labels require, split, status and dry run") {
  ProjectFixture f;
  f.dataset("d", 2);
  REQUIRE_THROWS_AS(f.add("d-images", {.labels = "require"}), DataError);
  REQUIRE(f.add("d", {.dry_run = true}).images_added == 2);
  REQUIRE(f.project().images().count() == 0);
  REQUIRE(f.blobs() == 0);
  f.add("d", {.split = "test", .status = "review"});
  auto counts = f.project().images().counts();
  REQUIRE(counts.by_split["test"] == 2);
  REQUIRE(counts.by_state["review"] == 2);
  REQUIRE_THROWS_WITH(f.add("d", {.split = "tset"}),
                      "unknown --split 'tset'; known: auto, train, val, test, none");
}

TEST_CASE("link: reference leaves the file where it is, hardlink shares it") {
  ProjectFixture f;
  f.dataset("d", 1);
  f.add("d", {.link = "reference"});
  REQUIRE(f.blobs() == 0);
  auto sha = f.project().images().list()[0].sha256;
  REQUIRE(f.project().media().path_of(sha) == f.path("d/images/train/scene_0000.jpg"));
  ProjectFixture g;
  g.dataset("d", 1);
  g.add("d", {.link = "hardlink"});
  REQUIRE(g.blobs() == 1);
  REQUIRE(fs::hard_link_count(g.path("d/images/train/scene_0000.jpg")) == 2);
}

TEST_CASE("the frames of a video are one group with times, and the choice of frames counts") {
  ProjectFixture f;
  write_scene_video(f.path("v.mp4"), {.width = 64, .height = 48}, 2, 10);
  auto report = f.add("v.mp4", {.frames = {.frames_per_second = 2}});
  REQUIRE(report.images_added == 4);
  auto images = f.project().images().list();
  std::set<std::string> groups;
  std::set<Split> splits;
  for (const auto& image : images) {
    groups.insert(image.group);
    splits.insert(image.split);
  }
  REQUIRE(groups.size() == 1);
  REQUIRE(splits.size() == 1);
  REQUIRE(images[1].name == "v/frame_000005.jpg");
  REQUIRE(*images[1].time_s == Approx(0.5));
  REQUIRE(f.add("v.mp4", {.frames = {.frames_per_second = 2}}).images_added == 0);
}

TEST_CASE("only one import at a time") {
  ProjectFixture f;
  f.dataset("d", 1);
  auto lock = f.project().lock("import");
  REQUIRE_THROWS_AS(f.add("d"), Busy);
}

TEST_CASE("key points and supercategory of a class come along, and fill a class that had none") {
  ProjectFixture f({"cat"});
  f.dataset("d", 1);
  write_file_atomically(f.path("d-images") / "labels.json",
                        R"({"images":[{"id":1,"file_name":"scene_0000.jpg","width":64,"height":48}],
      "annotations":[{"id":1,"image_id":1,"category_id":2,"bbox":[1,2,10,20],"area":200,"iscrowd":0,
        "keypoints":[2,3,2,5,6,1],"num_keypoints":2}],
      "categories":[{"id":1,"name":"cat","keypoints":["ear"]},
        {"id":2,"name":"person","supercategory":"animal","keypoints":["nose","chin"],"skeleton":[[1,2]]}]})");
  AddOptions options;
  options.classes = "add";
  add_sources(f.project(), {f.path("d-images") / "labels.json"}, options, no_progress());
  auto classes = f.project().classes().list();
  REQUIRE(classes[0].key_points == std::vector<std::string>{"ear"});
  REQUIRE(classes[1].name == "person");
  REQUIRE(classes[1].supercategory == "animal");
  REQUIRE(classes[1].key_points == std::vector<std::string>{"nose", "chin"});
  REQUIRE(classes[1].skeleton == std::vector<std::pair<int, int>>{{0, 1}});
}

TEST_CASE("tags and attributes reach an image that was there without any") {
  ProjectFixture f;
  f.dataset("d", 1);
  AddOptions bare;
  bare.labels = "ignore";
  add_sources(f.project(), {f.path("d-images")}, bare, no_progress());
  write_file_atomically(f.path("d-images") / "task.xml",
                        R"(<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version>
  <meta><task><labels><label><name>sun</name></label><label><name>rain</name></label></labels></task></meta>
  <image id="0" name="scene_0000.jpg" width="64" height="48"><tag label="rain" source="manual"></tag></image>
</annotations>
)");
  auto report = add_sources(f.project(), {f.path("d-images") / "task.xml"}, {}, no_progress());
  REQUIRE(report.images_added == 0);
  REQUIRE(report.labels_attached == 1);
  auto image = f.project().images().get(f.project().images().list()[0].id);
  REQUIRE(image.tags == std::vector<ImageTag>{{1, true}});
  f.project().images().undo(image.id);
  REQUIRE(f.project().images().get(image.id).tags.empty());
}

TEST_CASE("a dry run tells the splits of the run") {
  ProjectFixture f;
  write_scene_images({.images = 20, .width = 64, .height = 48}, f.path("a"));
  auto told = f.add("a", {.dry_run = true}).by_split;
  REQUIRE(told.size() > 1);
  REQUIRE(f.add("a").by_split == told);
}

TEST_CASE("copies in one source are images of their own, and said to be copies") {
  ProjectFixture f;
  write_scene_images({.images = 1, .width = 64, .height = 48}, f.path("a"));
  fs::copy_file(f.path("a/scene_0000.jpg"), f.path("a/twin.jpg"));
  auto report = f.add("a");
  REQUIRE(report.images_added == 2);
  REQUIRE(report.notes ==
          std::vector<std::string>{"twin.jpg has the bytes of scene_0000.jpg: each is an image "
                                   "of its own; ds-import dedupe finds them"});
}

TEST_CASE("a name that is not UTF-8 is skipped and named, the others come in") {
  ProjectFixture f;
  write_scene_images({.images = 2, .width = 64, .height = 48}, f.path("a"));
  fs::copy_file(f.path("a/scene_0000.jpg"), f.path("a/caf\xE9.jpg"));
  fs::copy_file(f.path("a/scene_0000.jpg"), f.path("caf\xE9.jpg"));
  auto report = f.add("a");
  REQUIRE(report.images_added == 2);
  REQUIRE(report.skipped.size() == 1);
  REQUIRE(report.skipped[0].reason ==
          f.path("a/caf\\xE9.jpg").string() + ": its name is not UTF-8; rename it");
  REQUIRE_THROWS_WITH(f.add("caf\xE9.jpg"), f.path("caf\\xE9.jpg").string() + ": its name is not UTF-8");
  // In a dataset with labels.
  f.dataset("d", 2, 11);
  fs::copy_file(f.path("d/images/train/scene_0000.jpg"), f.path("d/images/train/caf\xE9.jpg"));
  report = f.add("d");
  REQUIRE(report.images_added == 2);
  REQUIRE(std::any_of(report.issues.begin(), report.issues.end(), [&](const Issue& issue) {
    return issue.code == "BAD_NAME" &&
           issue.location.to_string() == f.path("d/images/train/caf\\xE9.jpg").string();
  }));
}

TEST_CASE("a broken video in a folder is skipped and named") {
  ProjectFixture f;
  write_scene_images({.images = 1, .width = 64, .height = 48}, f.path("a"));
  write_file_atomically(f.path("a/song.mp4"), "no video");
  auto report = f.add("a");
  REQUIRE(report.images_added == 1);
  REQUIRE(report.skipped.size() == 1);
}

namespace {

// Two images of one box each in the folder `d`; the labels of the first are replaced.
void dataset_with_labels(ProjectFixture& f, const std::string& rows) {
  f.dataset("d", 2, 7, 1);
  write_file_atomically(f.path("d/labels/train/scene_0000.txt"), rows);
}

}  // namespace

TEST_CASE("an image of which labels were left out goes to review and is named, whatever state is asked for") {
  for (const auto* rows : {"0 0.5 x 0.5 0.5\n", "0 0.5 x 0.5 0.5\n0 0.5 0.5 0.5 0.5\n"}) {
    for (const auto* status : {"auto", "done"}) {
      ProjectFixture f;
      dataset_with_labels(f, rows);
      auto report = f.add("d", {.status = status, .keep_going = true});
      REQUIRE(report.incomplete == std::vector<std::string>{"train/scene_0000.jpg"});
      REQUIRE(report.negatives_added == 0);
      REQUIRE(f.project().images().list(Filter::parse("status=review")).size() == 1);
      REQUIRE(f.project().images().list(Filter::parse("status=done")).size() == 1);
    }
  }
}

TEST_CASE("incomplete labels reach an image that was there unlabelled, for review") {
  ProjectFixture f;
  dataset_with_labels(f, "0 0.5 x 0.5 0.5\n");
  f.add("d", {.labels = "ignore"});
  auto report = f.add("d", {.keep_going = true});
  REQUIRE(report.labels_attached == 2);
  REQUIRE(f.project().images().list(Filter::parse("status=review")).size() == 1);
}

TEST_CASE("labels of which none is on an image that is there are refused") {
  ProjectFixture f;
  f.dataset("d", 2);
  fs::create_directories(f.path("t"));
  fs::copy_file(f.path("d/images/train/scene_0000.jpg"), f.path("t/a.jpg"));
  write_file_atomically(f.path("t/x.csv"),
                        "filename,class,xmin,ymin,xmax,ymax\nb.jpg,cat,1,2,9,9\nb.jpg,cat,1,2,3,4\n");
  REQUIRE_THROWS_WITH(f.add("t"), f.path("t").string() + ": its 2 objects are on no image that is there");
  auto report = f.add("t", {.keep_going = true});
  REQUIRE(report.without_image == 2);
  REQUIRE(report.unlabelled_added == 1);
}

TEST_CASE("an archive beside a dataset is named, and unpacked on request") {
  ProjectFixture f;
  f.dataset("d", 2);
  f.dataset("e", 1, 8);
  auto zip = "cd '" + f.path("e/images/train").string() + "' && zip -q '" + f.path("d/inner.zip").string() +
             "' scene_0000.jpg";
  REQUIRE(std::system(zip.c_str()) == 0);
  auto report = f.add("d", {.dry_run = true});
  REQUIRE(report.issues.size() == 1);
  REQUIRE(report.issues[0].code == "UNREAD_ARCHIVE");
  REQUIRE(report.issues[0].files == std::vector<std::string>{"inner.zip"});
  auto all = f.add("d", {.recursive = true});
  REQUIRE(all.images_added == 3);
  REQUIRE(all.unlabelled_added == 1);
  REQUIRE(all.issues.empty());
}

TEST_CASE("label files that no format knows are skipped with what is wrong with them") {
  ProjectFixture f;
  f.dataset("d", 1);
  fs::create_directories(f.path("t"));
  fs::copy_file(f.path("d/images/train/scene_0000.jpg"), f.path("t/a.jpg"));
  write_file_atomically(f.path("t/a.json"), "{\"boxes\": []}");
  auto report = f.add("t");
  REQUIRE(report.labels_seen);
  REQUIRE(report.unlabelled_added == 1);
  REQUIRE(report.skipped.at(0).reason ==
          f.path("t/a.json").string() + ": JSON of no format that is known; its keys are boxes");
  write_file_atomically(f.path("t/a.json"), "{\"boxes\": [");
  REQUIRE_THROWS_WITH(f.add("t/a.json"), Catch::Matchers::StartsWith(f.path("t/a.json").string() + ":1"));
}
