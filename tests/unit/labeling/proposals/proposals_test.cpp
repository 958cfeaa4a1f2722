#include "ds/labeling/proposals.h"

#include "labeling_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::LabelingProject;
using ds::testing::refusal;

namespace {

using Map = std::vector<std::optional<int>>;
const ClassList kClasses({"disc", "square", "triangle"});

}  // namespace

TEST_CASE("model classes are found by name or by a given pairing") {
  REQUIRE(map_classes({"square", "dog", "disc"}, kClasses) == Map{1, std::nullopt, 0});
  REQUIRE(map_classes({"ball", "dog"}, kClasses, {"ball=disc"}) == Map{0, std::nullopt});
  REQUIRE(refusal([] {
            map_classes({"cat", "dog"}, kClasses);
          }) ==
          "the model knows none of the project's classes: it finds cat, dog; the project has disc, square, "
          "triangle "
          "| say which is which with --map MODEL-CLASS=PROJECT-CLASS");
  REQUIRE(refusal([] { map_classes({"cat"}, kClasses, {"cat"}); }) ==
          "--map 'cat' is not MODEL-CLASS=PROJECT-CLASS");
  REQUIRE(refusal([] { map_classes({"cat"}, kClasses, {"cut=disc"}); }) ==
          "unknown class of the model 'cut'; known: cat | did you mean 'cat'?");
  REQUIRE(refusal([] { map_classes({"cat"}, kClasses, {"cat=disk"}); }) ==
          "unknown class 'disk'; known: disc, square, triangle | did you mean 'disc'?");
}

TEST_CASE("detections become proposals with model and score") {
  ProposalOptions options{.3, .5, Source::automatic, "m-7"};
  auto proposals = to_proposals({{0, .9, {1, 1, 5, 5}}, {1, .8, {2, 2, 6, 6}}, {0, .2, {3, 3, 7, 7}}},
                                {2, std::nullopt}, options);
  REQUIRE(proposals.size() == 1);
  REQUIRE(proposals[0] == LabelingProject::proposal(2, {1, 1, 5, 5}, .9, "m-7"));
}

TEST_CASE("labels stay, and an object that has one gets no proposal") {
  auto image = LabelingProject::image(
      "a.jpg", ImageState::working,
      {LabelingProject::label(0, {0, 0, 10, 10}), LabelingProject::proposal(0, {50, 0, 60, 10}, .9, "old")});
  image.annotations[0].id = 1;
  image.annotations[1].id = 2;
  // IoU with the label: 10 * 8 / 100 = .8, then 10 * 4 / 100 = .4 of the same class, .8 of another class.
  auto covered = LabelingProject::proposal(0, {0, 0, 10, 8}, .9);
  auto small = LabelingProject::proposal(0, {0, 0, 10, 4}, .8);
  auto other = LabelingProject::proposal(1, {0, 0, 10, 8}, .7);
  auto all = with_proposals(image, {covered, small, other}, {.0, .5, Source::automatic, "m-1"});
  REQUIRE(all.size() == 3);
  REQUIRE(all[0] == image.annotations[0]);
  REQUIRE(all[1] == small);
  REQUIRE(all[2] == other);
}

TEST_CASE("proposing twice the same changes once") {
  LabelingProject folder;
  auto project = folder.as("robot");
  project.images().add(
      {LabelingProject::image("a.jpg", ImageState::unlabelled, {LabelingProject::label(2, {70, 0, 80, 10})}),
       LabelingProject::image("done.jpg", ImageState::done)});
  ProposalOptions options{0, .5, Source::automatic, "m-1"};
  std::vector fresh = {LabelingProject::proposal(0, {1, 1, 9, 9}, .9),
                       LabelingProject::proposal(1, {5, 5, 20, 20}, .4)};
  REQUIRE(propose(project, project.images().find("a.jpg"), fresh, options));
  auto image = project.images().find("a.jpg");
  REQUIRE(image.state == ImageState::review);
  REQUIRE(label_count(image) == 1);
  REQUIRE(proposal_count(image) == 2);
  REQUIRE(!propose(project, image, fresh, options));
  REQUIRE(project.images().find("a.jpg").revision == image.revision);

  fresh.erase(fresh.begin());
  REQUIRE(propose(project, image, fresh, options));
  auto later = project.images().find("a.jpg");
  REQUIRE(proposal_count(later) == 1);
  REQUIRE(later.annotations.back().id == image.annotations.back().id);

  REQUIRE(!propose(project, project.images().find("done.jpg"), fresh, options));
  REQUIRE(project.images().find("done.jpg").annotations.empty());
}
