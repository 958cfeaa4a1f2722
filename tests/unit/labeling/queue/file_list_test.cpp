#include "ds/labeling/file_list.h"

#include "labeling_fixture.h"

#include <catch2/catch.hpp>

using namespace ds;
using ds::testing::LabelingProject;
using ds::testing::refusal;

namespace {

struct Listed {
  LabelingProject folder;
  Project project = folder.as("ada");
  Listed() {
    project.images().add(
        {LabelingProject::image("i2.jpg", ImageState::done, {LabelingProject::label(0, {1, 1, 5, 5})}),
         LabelingProject::image(
             "i10.jpg", ImageState::review,
             {LabelingProject::label(0, {1, 1, 5, 5}), LabelingProject::label(0, {2, 1, 5, 5})}),
         LabelingProject::image("i1.jpg")});
  }
  std::vector<std::string> names(const FileListOptions& options) {
    std::vector<std::string> result;
    for (const auto& image : list_files(project, options).images) result.push_back(image.name);
    return result;
  }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("files are listed by name, and by other keys") {
  Listed f;
  REQUIRE(f.names({}) == Names{"i1.jpg", "i2.jpg", "i10.jpg"});
  REQUIRE(f.names({"", "name", true, 1, 50}) == Names{"i10.jpg", "i2.jpg", "i1.jpg"});
  REQUIRE(f.names({"", "labels", true, 1, 50}) == Names{"i10.jpg", "i2.jpg", "i1.jpg"});
  REQUIRE(f.names({"", "id", false, 1, 50}) == Names{"i2.jpg", "i10.jpg", "i1.jpg"});
  REQUIRE(f.names({"status!=done", "status", false, 1, 50}) == Names{"i1.jpg", "i10.jpg"});
}

TEST_CASE("pages") {
  Listed f;
  auto page = list_files(f.project, {"", "name", false, 2, 2});
  REQUIRE(page.images.size() == 1);
  REQUIRE(page.images[0].name == "i10.jpg");
  REQUIRE(page.images[0].annotations.size() == 2);
  REQUIRE(page.pages == 2);
  REQUIRE(page.total == 3);
  REQUIRE(f.names({"", "id", false, 2, 2}) == Names{"i1.jpg"});
  REQUIRE(list_files(f.project, {"", "name", false, 1, 0}).images.size() == 3);
  REQUIRE(refusal([&] {
            list_files(f.project, {"", "name", false, 3, 2});
          }) == "there is no page 3: 3 images are 2 pages");
  REQUIRE(refusal([&] {
            list_files(f.project, {"", "lables", false, 1, 2});
          }) ==
          "unknown sort key 'lables'; known: name, id, status, split, assignee, labels, proposals, size, "
          "revision | "
          "did you mean 'labels'?");
}

TEST_CASE("labelled images are removed only on request") {
  Listed f;
  REQUIRE(refusal([&] {
            remove_images(f.project, {{"i2.jpg"}, ""}, false);
          }) == "i2.jpg has labels (1) | --with-labels removes it all the same");
  REQUIRE(remove_images(f.project, {{"i1.jpg"}, ""}, false) == 1);
  REQUIRE(remove_images(f.project, {{}, "status=done"}, true) == 1);
  REQUIRE(f.project.images().count() == 1);
}

TEST_CASE("a selection is names or a filter") {
  Listed f;
  REQUIRE(refusal([&] { select_images(f.project, {}); }) ==
          "no image is chosen | name images, or choose them with --where 'status=working'");
  REQUIRE(refusal([&] {
            select_images(f.project, {{"i1.jpg"}, "status=done"});
          }) == "both image names and --where are given | choose one of them");
  REQUIRE(select_images(f.project, {{"i2.jpg", "#1", "i1.jpg"}, ""}).size() == 2);
}

TEST_CASE("an unknown image names the nearest, with or without its folder") {
  Listed f;
  f.project.images().add({LabelingProject::image("train/scene_0007.jpg")});
  REQUIRE(refusal([&] {
            select_images(f.project, {{"i3.jpg"}, ""});
          }) == "there is no image 'i3.jpg' among 4 | did you mean 'i1.jpg'?");
  REQUIRE(refusal([&] {
            select_images(f.project, {{"scene_007.jpg"}, ""});
          }) == "there is no image 'scene_007.jpg' among 4 | did you mean 'train/scene_0007.jpg'?");
}

TEST_CASE("a dry run rolls back") {
  Listed f;
  std::size_t removed = 0;
  change_project(f.project, true, [&] { removed = remove_images(f.project, {{}, "name~\"*\""}, true); });
  REQUIRE(removed == 3);
  REQUIRE(f.project.images().count() == 3);
}
