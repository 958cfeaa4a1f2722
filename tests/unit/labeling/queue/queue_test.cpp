#include "ds/labeling/queue.h"

#include "labeling_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::LabelingProject;
using ds::testing::refusal;

namespace {

std::vector<std::string> names(const std::vector<QueueItem>& items) {
  std::vector<std::string> result;
  for (const auto& item : items) result.push_back(item.image.name);
  return result;
}

Image with_score(const std::string& name, double score, int class_idx = 0) {
  return LabelingProject::image(name, ImageState::review,
                                {LabelingProject::proposal(class_idx, {1, 1, 9, 9}, score)});
}

}  // namespace

TEST_CASE("the order by name is natural") {
  LabelingProject folder;
  auto project = folder.as("ada");
  auto items = order_images("name", {LabelingProject::image("i10"), LabelingProject::image("i2")},
                            {project, 0, no_progress(), 0});
  REQUIRE(names(items) == std::vector<std::string>{"i2", "i10"});
}

TEST_CASE("uncertain proposals come first, images without any last") {
  LabelingProject folder;
  auto project = folder.as("ada");
  auto items = order_images("uncertainty",
                            {LabelingProject::image("none"), with_score("sure", .95), with_score("half", .5),
                             with_score("low", .3)},
                            {project, 0, no_progress(), 3});
  REQUIRE(names(items) == std::vector<std::string>{"half", "low", "sure"});
  // 1 - |2 * .3 - 1| = .6
  REQUIRE(items[1].priority == Approx(.6));
}

TEST_CASE("proposals of classes with few labels come first") {
  LabelingProject folder;
  auto project = folder.as("ada");
  // disc has 3 labels, square none: .9 / 4 against .4 / 1.
  project.images().add({LabelingProject::image(
      "t.jpg", ImageState::done,
      {LabelingProject::label(0, {1, 1, 5, 5}), LabelingProject::label(0, {2, 2, 6, 6}),
       LabelingProject::label(0, {3, 3, 7, 7})})});
  auto items = order_images("rare", {with_score("disc", .9, 0), with_score("square", .4, 1)},
                            {project, 0, no_progress(), 0});
  REQUIRE(names(items) == std::vector<std::string>{"square", "disc"});
  REQUIRE(items[0].priority == Approx(.4));
  REQUIRE(items[1].priority == Approx(.225));
}

TEST_CASE("the random order depends on the seed and the name, not on what else is there") {
  LabelingProject folder;
  auto project = folder.as("ada");
  std::vector<Image> images;
  for (int i = 0; i < 20; ++i) images.push_back(LabelingProject::image("i" + std::to_string(i)));
  auto order = [&](std::uint64_t seed, const std::vector<Image>& of) {
    return names(order_images("random", of, {project, seed, no_progress(), 0}));
  };
  auto all = order(1, images);
  REQUIRE(all != order(2, images));
  auto fewer = images;
  fewer.erase(fewer.begin() + 3);
  std::erase(all, std::string("i3"));
  REQUIRE(order(1, fewer) == all);
}

TEST_CASE("the diverse order starts with what is least like the labelled images") {
  LabelingProject folder;
  folder.add_scenes(6, ImageState::unlabelled, false);
  auto project = folder.as("ada");
  auto images = project.images().list();
  // The same picture under a second name is like one that is there: it comes last.
  auto twin = images.front();
  twin.id = 0;
  twin.name = "twin.jpg";
  project.images().add({twin});
  auto items = order_images("diverse", project.images().list(), {project, 0, no_progress(), 0});
  REQUIRE(items.size() == 7);
  auto last = items.back().image.name;
  REQUIRE((last == "twin.jpg" || last == images.front().name));
  REQUIRE(items.back().priority == Approx(0).margin(1e-6));
  for (std::size_t i = 2; i < items.size(); ++i) REQUIRE(items[i].priority <= items[i - 1].priority);
  REQUIRE(order_images("diverse", project.images().list(), {project, 0, no_progress(), 2}).size() == 2);
}

TEST_CASE("labelled images may be put into the diverse order too") {
  LabelingProject folder;
  folder.add_scenes(3, ImageState::done, true);
  auto project = folder.as("ada");
  auto items = order_images("diverse", project.images().list(), {project, 0, no_progress(), 0});
  REQUIRE(items.size() == 3);
  REQUIRE(items[1].priority > 0);
}

TEST_CASE("an unknown order names the known ones") {
  LabelingProject folder;
  auto project = folder.as("ada");
  REQUIRE(
      refusal([&] {
        order_images("diversity", {}, {project, 0, no_progress(), 0});
      }) ==
      "unknown order 'diversity'; known: name, uncertainty, diverse, rare, random | did you mean 'diverse'?");
}
