#include "ds/curation/dedupe.h"

#include "curation_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using namespace ds::testing;

namespace {

std::string text_of(const DedupeReport& report) {
  std::string text;
  for (const auto& group : report.groups) {
    for (const auto& member : group.images) text += member.image.name + (member.same_pixels ? "(=) " : " ");
    text += "[" + group.why + "]; ";
  }
  return text;
}

std::string names(Project& project) {
  std::string all;
  for (const auto& image : project.images().list()) all += image.name + " ";
  return all;
}

}  // namespace

TEST_CASE("duplicates are grouped around the best one, with the reason") {
  CurationFixture f;
  auto& p = f.project();
  auto cat = object(0, {10, 10, 60, 60}), dog = object(1, {100, 100, 200, 200});
  cv::Mat smaller;
  cv::resize(f.scene(0), smaller, {200, 150}, 0, 0, cv::INTER_AREA);
  auto jpeg = encode_jpeg(f.scene(0), 95);
  f.add(done_image("first", Split::none, {cat}), f.scene(0), jpeg);
  f.add_jpeg(done_image("labels", Split::none, {cat, dog}), smaller, 80);
  f.add_png(done_image("same as first"), decode_image(jpeg, "first"));
  f.add_jpeg(done_image("old"), f.scene(1), 95);
  f.add_jpeg(done_image("young"), f.scene(1), 70);
  auto unlabelled = done_image("big, nobody looked");
  unlabelled.state = ImageState::unlabelled;
  cv::Mat larger;
  cv::resize(f.scene(2), larger, {640, 480}, 0, 0, cv::INTER_CUBIC);
  f.add_jpeg(unlabelled, larger, 90);
  f.add_jpeg(done_image("negative"), f.scene(2), 90);
  f.add_jpeg(done_image("alone"), f.scene(3), 90);
  auto report = find_duplicates(p, {.threads = 2}, no_progress());
  REQUIRE(report.images == 8);
  REQUIRE(report.others() == 4);
  REQUIRE(text_of(report) ==
          "labels first same as first [most objects (2)]; negative big, nobody looked [done]; "
          "old young [oldest]; ");
  // Only the pixels: first and its lossless copy.
  REQUIRE(text_of(find_duplicates(p, {.exact = true}, no_progress())) ==
          "first same as first(=) [most objects (1)]; ");
  REQUIRE(
      find_duplicates(p, {.where = Filter::parse("name=alone or name=old")}, no_progress()).groups.empty());
}

TEST_CASE("removing keeps the best; its labels grow only when that is asked for") {
  for (bool merge : {false, true}) {
    CurationFixture f;
    auto& p = f.project();
    cv::Mat half;
    cv::resize(f.scene(0), half, {160, 120}, 0, 0, cv::INTER_AREA);
    auto kept = f.add_jpeg(
        done_image("kept", Split::none, {object(0, {10, 10, 60, 60}), object(0, {1, 1, 9, 9})}), f.scene(0));
    auto proposal = object(1, {100, 60, 110, 70});
    proposal.proposal = true;
    // At half the size: the same cat, and a dog at 50..80 which is 100..160 on the kept one.
    f.add_jpeg(
        done_image("small", Split::none, {object(0, {5, 5, 30, 30}), object(1, {50, 40, 80, 60}), proposal}),
        half);
    auto report = find_duplicates(p, {}, no_progress());
    REQUIRE(text_of(report) == "kept small [largest (320x240)]; ");
    auto done = remove_duplicates(p, report, {.merge_labels = merge});
    REQUIRE(done.removed == 1);
    REQUIRE(names(p) == "kept ");
    auto objects = p.images().get(kept).annotations;
    if (merge) {
      REQUIRE(done.objects_merged == 1);
      REQUIRE(done.images_merged == 1);
      REQUIRE(objects.size() == 3);
      REQUIRE(objects[2].box() == Box{100, 80, 160, 120});
      REQUIRE(objects[2].class_idx == 1);
    } else {
      REQUIRE(done.objects_lost == 1);
      REQUIRE(objects.size() == 2);
    }
    REQUIRE(p.images().history(0, 1).front().action == "remove");
    REQUIRE(find_duplicates(p, {}, no_progress()).groups.empty());
  }
}

TEST_CASE("tied images share one group with the whole videos that they belong to") {
  CurationFixture f;
  auto& p = f.project();
  auto frame = [&](const std::string& name, const std::string& group, int scene, int quality, Split split) {
    auto image = done_image(name, split);
    image.group = group;
    return f.add_jpeg(image, f.scene(scene), quality);
  };
  auto a1 = frame("a1", "video a", 0, 95, Split::train);
  auto a2 = frame("a2", "video a", 1, 95, Split::train);
  auto b1 = frame("b1", "video b", 0, 70, Split::train);  // shows what a1 shows
  auto b2 = frame("b2", "video b", 2, 95, Split::test);
  auto c1 = frame("c1", "", 3, 95, Split::val);
  auto c2 = frame("c2", "", 3, 70, Split::val);
  auto alone = frame("alone", "", 4, 95, Split::val);
  auto tied = tie_duplicates(p, find_duplicates(p, {.chains = true}, no_progress()));
  REQUIRE(tied.groups == 2);
  REQUIRE(tied.images == 4);  // b1, b2, c1, c2
  REQUIRE(tied.straddling == 1);
  for (auto id : {a1, a2, b1, b2}) REQUIRE(p.images().get(id).group == "video a");
  REQUIRE(p.images().get(c1).group == "same:" + p.images().get(c1).sha256.substr(0, 12));
  REQUIRE(p.images().get(c2).group == p.images().get(c1).group);
  REQUIRE(p.images().get(alone).group.empty());
  REQUIRE(p.images().get(b2).split == Split::test);
  REQUIRE(tie_duplicates(p, find_duplicates(p, {.chains = true}, no_progress())).images == 0);
  p.images().undo(c1);
  REQUIRE(p.images().get(c1).group.empty());
}

TEST_CASE("a slow video is one chain, but removing takes only what is like the kept frame") {
  // A disc that wanders: neighbours are alike, the ends are not.
  CurationFixture f;
  auto ground = f.scene(5);
  for (int i = 0; i < 8; ++i) {
    auto picture = ground.clone();
    cv::circle(picture, {40 + 34 * i, 120}, 45, {20, 20, 240}, cv::FILLED);
    f.add_png(done_image("frame " + std::to_string(i)), picture);
  }
  auto chains = find_duplicates(f.project(), {.distance = 12, .chains = true}, no_progress());
  auto stars = find_duplicates(f.project(), {.distance = 12}, no_progress());
  REQUIRE(chains.groups.size() == 1);
  REQUIRE(chains.groups[0].images.size() == 8);
  REQUIRE(stars.groups.size() > 1);
  for (const auto& group : stars.groups)
    for (const auto& member : group.images) REQUIRE(member.distance <= 12);
}

TEST_CASE("a picture that cannot be read is named, and the others are compared") {
  CurationFixture f;
  f.add(done_image("broken"), f.scene(0), "no picture");
  f.add_jpeg(done_image("a"), f.scene(0), 95);
  f.add_jpeg(done_image("b"), f.scene(0), 70);
  auto report = find_duplicates(f.project(), {}, no_progress());
  REQUIRE(text_of(report) == "a b [oldest]; ");
  REQUIRE(report.unreadable.size() == 1);
  REQUIRE(report.unreadable.contains("broken"));
}
