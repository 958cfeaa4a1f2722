#include "ds/labeling/assignment.h"

#include "labeling_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::LabelingProject;
using ds::testing::refusal;

namespace {

std::map<std::string, int> shares(Project& project) {
  std::map<std::string, int> counts;
  for (const auto& image : project.images().list()) ++counts[image.assignee];
  return counts;
}

Image of(const std::string& name, const std::string& assignee, ImageState state = ImageState::unlabelled) {
  auto image = LabelingProject::image(name, state);
  image.assignee = assignee;
  return image;
}

}  // namespace

TEST_CASE("images are spread so that everybody has as many open ones") {
  LabelingProject folder;
  auto project = folder.as("ada");
  // bob has 2 open ones and one that is done; 5 are free: bob 2 + 2, eve 3.
  project.images().add({of("1.jpg", "bob"), of("2.jpg", "bob"), of("3.jpg", "bob", ImageState::done),
                        of("4.jpg", ""), of("5.jpg", ""), of("6.jpg", ""), of("7.jpg", ""), of("8.jpg", ""),
                        of("9.jpg", "", ImageState::done)});
  AssignOptions options;
  options.workers = {"bob", "eve"};
  auto changes = assign_images(project, options);
  REQUIRE(changes.size() == 5);
  REQUIRE(changes[0].image == "4.jpg");
  REQUIRE(changes[0].to == "eve");
  REQUIRE(shares(project) == std::map<std::string, int>{{"", 1}, {"bob", 5}, {"eve", 3}});
  REQUIRE(assign_images(project, options).empty());
}

TEST_CASE("what somebody has is not taken from them by accident") {
  LabelingProject folder;
  auto project = folder.as("ada");
  project.images().add({of("1.jpg", "bob"), of("2.jpg", "")});
  AssignOptions options;
  REQUIRE(refusal([&] { assign_images(project, options); }) == "nobody to assign to | --to alice,bob");
  options.workers = {"eve"};
  options.selection.images = {"1.jpg"};
  REQUIRE(refusal([&] { assign_images(project, options); }) ==
          "1.jpg is assigned to bob | --reassign gives it to somebody else");
  options.reassign = true;
  auto changes = assign_images(project, options);
  REQUIRE(changes.size() == 1);
  REQUIRE(changes[0].from == "bob");
}

TEST_CASE("taking tops up what one has in hand") {
  LabelingProject folder;
  auto project = folder.as("ada");
  project.images().add({of("1.jpg", "ada"), of("2.jpg", ""), of("3.jpg", ""),
                        of("4.jpg", "", ImageState::done), of("5.jpg", "bob")});
  auto taken = take_images(project, "ada", 2);
  REQUIRE(taken.size() == 1);
  REQUIRE(taken[0].image == "2.jpg");
  REQUIRE(take_images(project, "ada", 2).empty());
  REQUIRE(take_images(project, "ada", 9, "name=4.jpg").empty());
}

TEST_CASE("releasing gives back one's open images, or those that are named") {
  LabelingProject folder;
  auto project = folder.as("ada");
  project.images().add({of("1.jpg", "ada"), of("2.jpg", "ada", ImageState::done), of("3.jpg", "bob")});
  REQUIRE(release_images(project, {}, "ada").size() == 1);
  REQUIRE(release_images(project, {{"3.jpg"}, ""}, "ada").at(0).from == "bob");
  REQUIRE(release_images(project, {{"3.jpg"}, ""}, "ada").empty());
  REQUIRE(shares(project) == std::map<std::string, int>{{"", 2}, {"ada", 1}});
}
