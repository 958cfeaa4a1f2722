// Where nothing is recognised, the answer is what is wrong with the label files.
#include "ds/base/error.h"
#include "fixtures/loose_folder.h"

#include <catch2/catch.hpp>

namespace {

using namespace ds;
using namespace ds::testing;

std::string refusal(const LooseFolder& f) {
  try {
    f.read();
  } catch (const DataError& error) {
    std::string text = error.what();
    auto root = f.path("").string();
    for (std::size_t at; (at = text.find(root)) != std::string::npos;) text.erase(at, root.size());
    return text;
  }
  return "";
}

}  // namespace

TEST_CASE("a wrong row in the only label file is the answer") {
  LooseFolder f;
  f.image("image_2/a.jpg");
  f.text("label_2/a.txt", "Person sitting 0 0 0 8 6 24 18 -1 -1 -1 -1000 -1000 -1000 -10\n");
  REQUIRE(refusal(f) == "label_2/a.txt:1: truncated is 'sitting', not a finite number");
}

TEST_CASE("a label file that breaks off is the answer") {
  LooseFolder f;
  f.image("a.jpg");
  f.text("a.xml", "<annotation><object>");
  REQUIRE(refusal(f).starts_with("a.xml:1"));
  LooseFolder g;
  g.image("a.jpg");
  g.text("x.json", "{\"shapes\": [\n  {]}");
  REQUIRE(refusal(g).starts_with("x.json:2"));
}

TEST_CASE("label files of no format are named with what is in them") {
  LooseFolder f;
  f.image("a.jpg");
  f.text("x.csv", "file,colour\na.jpg,red\n");
  REQUIRE(refusal(f).find(
              "x.csv:1: found the headers 'file,colour', expected a file, a class and four numbers of a "
              "box") != std::string::npos);
  LooseFolder g;
  g.image("images/a.jpg");
  g.text("labels/a.txt", "0 0.5 0.5 0.5 0.5\n");
  REQUIRE(
      refusal(g).find("labels/a.txt: rows of numbers of no format that is known; YOLO's need a data.yaml") !=
      std::string::npos);
}

TEST_CASE("without label files there is no fault") {
  LooseFolder f;
  f.image("a.jpg");
  REQUIRE(find_label_faults(f.root()).empty());
  REQUIRE(refusal(f).find("no annotation format is recognised (known: coco, ") != std::string::npos);
}
