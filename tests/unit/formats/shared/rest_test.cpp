// What lies below a dataset and is no part of it is told, one issue a kind with every file.
#include "fixtures/loose_folder.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using namespace ds::testing;
using Texts = std::vector<std::string>;

// A YOLO dataset of one image with one box.
LooseFolder one_image() {
  LooseFolder f;
  f.image("images/a.jpg");
  f.text("labels/a.txt", "0 0.5 0.5 0.5 0.5\n");
  f.text("data.yaml", "train: images\nnames: [cat]\n");
  return f;
}

}  // namespace

TEST_CASE("a dataset of which nothing is left over says nothing") {
  auto f = one_image();
  f.text("README.txt", "1 2 3 4 5 6\n");
  f.text("classes.txt", "cat\n");
  REQUIRE(f.read("yolo").issues.empty());
}

TEST_CASE("label files without an image are named and their rows counted") {
  auto f = one_image();
  f.text("labels/gone.txt", "0 0.5 0.5 0.5 0.5\n0 0.2 0.2 0.1 0.1\n");
  f.text("labels/empty.txt", "");
  f.text("labels/GONE.TXT", "0 0.5 0.5 0.5 0.5\n");
  auto result = f.read("yolo");
  REQUIRE(issue_texts(result) ==
          Texts{"warning UNREAD_LABELS in: 3 label files belong to no image or to another format "
                "(3 rows): labels/GONE.TXT, labels/empty.txt, labels/gone.txt; nothing is read "
                "from it"});
  REQUIRE(result.issues[0].files == Texts{"labels/GONE.TXT", "labels/empty.txt", "labels/gone.txt"});
}

TEST_CASE("archives, videos, other pictures, other labels and dead links are told apart") {
  auto f = one_image();
  f.text("more/inner.zip", "PK");
  f.text("more/clip.mp4", "x");
  f.image("more/u.jpg");
  f.text("more/captions.json", "{}");
  std::filesystem::create_symlink("nowhere.txt", f.path("labels/b.txt"));
  REQUIRE(
      issue_texts(f.read("yolo")) ==
      Texts{
          "warning UNREAD_LABELS in: 1 label file belongs to no image or to another format: more/captions.json; "
          "nothing is read from it",
          "warning DEAD_LINK in: 1 link leads nowhere: labels/b.txt",
          "note UNREAD_ARCHIVE in: 1 archive is left packed: more/inner.zip; add what they hold by itself",
          "note UNREAD_VIDEO in: 1 video is left out: more/clip.mp4; add its frames by themselves",
          "note UNREAD_IMAGE in: 1 picture is named by no label and left out: more/u.jpg"});
}

TEST_CASE("of many files the first are shown and all are there") {
  auto f = one_image();
  for (int i = 0; i < 8; ++i) f.text("labels/x" + std::to_string(i) + ".txt", "0 0.5 0.5 0.5 0.5\n");
  auto issue = f.read("yolo").issues.at(0);
  REQUIRE(issue.files.size() == 8);
  REQUIRE(issue.message.find("labels/x4.txt and 3 more") != std::string::npos);
}

TEST_CASE("objects of images that are not there are counted") {
  LooseFolder f;
  f.image("a.jpg");
  f.text("boxes.csv",
         "filename,class,xmin,ymin,xmax,ymax\na.jpg,cat,8,6,24,18\nb.jpg,cat,8,6,24,18\nb.jpg,cat,1,2,9,9\n");
  REQUIRE(f.read("csv").objects_without_image == 2);
}
