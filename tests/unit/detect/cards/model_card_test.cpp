#include "ds/detect/model_card.h"

#include "ds/base/error.h"
#include "ds/base/files.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

ModelCard full_card() {
  ModelCard card;
  card.name = "cells \"v2\": größer";
  card.architecture = "yolox-nano";
  card.classes = {"no", "1.0", "a: b", "红细胞", "#x"};
  card.input_width = 640;
  card.input_height = 416;
  card.preprocessing = {ChannelOrder::rgb, {1 / 58.395, 1 / 57.12, 1.0 / 255}, {0.5, 0.5, 0.5}, 0};
  card.score_threshold = 0.3;
  card.nms_iou = 0.7;
  card.parameters = 912159;
  card.lineage = {"snap-1",
                  "run-7",
                  "model-3",
                  "ds 0.1.0",
                  "2026-11-22T23:00:00Z",
                  18446744073709551615ULL,
                  "train:\n  epochs: 50\n  # a comment\n"};
  card.metrics = {{"val/AP", 0.1 + 0.2}, {"test/AP50", 0.9}};
  return card;
}

std::string complaint(const std::string& yaml) {
  try {
    model_card_from_yaml(yaml);
  } catch (const FormatError& error) {
    return error.what();
  }
  return "nothing";
}

const std::string kSmall = "format: 1\narchitecture: yolox-nano\nclasses: [a, b]\n";

}  // namespace

TEST_CASE("a card comes back as it was written") {
  TemporaryFolder folder;
  write_model_card(folder.path() / "m", full_card());
  REQUIRE(is_model_bundle(folder.path() / "m"));
  REQUIRE(read_model_card(folder.path() / "m") == full_card());
  REQUIRE(read_model_card(folder.path() / "m" / "model.yaml") == full_card());
}

TEST_CASE("texts that YAML blocks would change come back as well") {
  for (const char* config :
       {"", "\n", "a\n\n", " leading\n", "no newline", "tab\there\n", "a\r\nb\n", "x: 1\n"}) {
    auto card = full_card();
    card.lineage.config = config;
    REQUIRE(model_card_from_yaml(to_yaml(card)).lineage.config == config);
  }
}

TEST_CASE("scale and mean are one number for all channels, or three") {
  auto card = full_card();
  card.preprocessing.mean = {103.53, 116.28, 123.675};
  card.preprocessing.scale = {0.5, 0.5, 0.5};
  auto yaml = to_yaml(card);
  REQUIRE(yaml.find("  scale: 0.5\n  mean: [103.53, 116.28, 123.675]\n") != std::string::npos);
  REQUIRE(model_card_from_yaml(yaml) == card);
  auto small = model_card_from_yaml(kSmall + "preprocessing: {scale: 2, mean: [1, 2, 3]}\n");
  REQUIRE(small.preprocessing.scale == std::array<double, 3>{2, 2, 2});
  REQUIRE(small.preprocessing.mean == std::array<double, 3>{1, 2, 3});
}

TEST_CASE("a small card gets the defaults") {
  auto card = model_card_from_yaml(kSmall);
  REQUIRE(card.classes == std::vector<std::string>{"a", "b"});
  REQUIRE(card.input_width == 416);
  REQUIRE(card.preprocessing == Preprocessing{});
  REQUIRE(card.weights == "weights.safetensors");
}

TEST_CASE("a wrong card is refused with its line and column") {
  REQUIRE(complaint("format: 2\narchitecture: x\nclasses: [a]\n") ==
          "model.yaml:1:9: model card format 2, this version reads format 1; update ds to read it");
  REQUIRE(complaint("architecture: x\n") == "model.yaml:1:1: no 'format'");
  REQUIRE(complaint("format: 1\nclasses: [a]\n") == "model.yaml:1:1: no 'architecture'");
  REQUIRE(
      complaint(kSmall + "score_treshold: 1\n") ==
      "model.yaml:4:1: unknown key 'score_treshold' (did you mean 'score_threshold'?); known: format, name, "
      "architecture, classes, input, preprocessing, score_threshold, nms_iou, parameters, weights, lineage, "
      "metrics");
  REQUIRE(complaint(kSmall + "score_threshold: high\n") ==
          "model.yaml:4:18: 'score_threshold' is not a number");
  REQUIRE(complaint(kSmall + "nms_iou: 1.5\n") == "model.yaml:4:10: 'nms_iou' is 1.5, expected 0 to 1");
  REQUIRE(complaint(kSmall + "nms_iou: .nan\n") == "model.yaml:4:10: 'nms_iou' is not a number");
  REQUIRE(complaint(kSmall + "input: {width: 0}\n") == "model.yaml:4:16: 'width' is 0, expected at least 1");
  REQUIRE(complaint(kSmall + "input: big\n") == "model.yaml:4:8: 'input' is not a mapping");
  REQUIRE(complaint(kSmall + "weights: ../x\n") ==
          "model.yaml:4:10: 'weights' is '../x', expected a file inside the model's folder");
  REQUIRE(complaint(kSmall + "preprocessing: {letterbox: center}\n") ==
          "model.yaml:4:28: 'letterbox' is 'center', expected top-left");
  for (const char* mean : {"dark", "[1, 2]", "[1, 2, x]", ".nan", "[1, 2, .inf]"})
    REQUIRE(complaint(kSmall + "preprocessing: {mean: " + mean + "}\n") ==
            "model.yaml:4:23: 'mean' is not a number or a list of three");
  REQUIRE(complaint(kSmall + "metrics: {AP: good}\n") == "model.yaml:4:15: metric 'AP' is not a number");
  REQUIRE(complaint("format: 1\narchitecture: x\nclasses: [a, b, a]\n") ==
          "model.yaml:3:17: class 'a' is there twice");
  REQUIRE(complaint("format: 1\narchitecture: x\nclasses: []\n") ==
          "model.yaml:3:10: 'classes' is not a list of names");
  REQUIRE(complaint("[1, 2]") == "model.yaml:1:1: the card is not a mapping");
  REQUIRE(complaint("a: [1").rfind("model.yaml:", 0) == 0);
}

TEST_CASE("class names are one per line") {
  TemporaryFolder folder;
  write_file_atomically(folder.path() / "c.txt", "person\n\n traffic light \r\n");
  REQUIRE(read_class_names(folder.path() / "c.txt") == std::vector<std::string>{"person", "traffic light"});
  write_file_atomically(folder.path() / "c.txt", "\n");
  REQUIRE_THROWS_WITH(read_class_names(folder.path() / "c.txt"),
                      (folder.path() / "c.txt").string() + ": no class names: expected one per line");
}
