#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/detect/detector.h"
#include "ds/testing/shared_data.h"
#include "ds/weights/weight_file.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

/// Just enough of a checkpoint to be recognised: the stem of a YOLOX (or another) of that width.
WeightFile stem_of(std::int64_t channels,
                   const std::string& name = "backbone.backbone.stem.conv.conv.weight") {
  WeightTensor stem{name, DType::u8, {channels, 1}, {}};
  stem.bytes.resize(static_cast<std::size_t>(channels));
  return {{stem}, {}};
}

}  // namespace

TEST_CASE("a bundle is resolved by its card, by folder, card or weights file") {
  TemporaryFolder folder;
  ModelCard card;
  card.name = "m";
  card.architecture = "yolox-nano";
  card.classes = {"a"};
  auto bundle = folder.path() / "m";
  write_model_card(bundle, card);
  REQUIRE_THROWS_WITH(resolve_model(bundle), "model " + bundle.string() +
                                                 ": its card names weights.safetensors, which is not there");
  write_file_atomically(bundle / "weights.safetensors", "x");
  write_file_atomically(bundle / "model.onnx", "x");
  REQUIRE(resolve_model(bundle).weights == bundle / "weights.safetensors");
  REQUIRE(resolve_model(bundle / "model.yaml").weights == bundle / "weights.safetensors");
  REQUIRE(resolve_model(bundle / "weights.safetensors").card == card);
  REQUIRE(resolve_model(bundle, {.engine = "opencv"}).weights == bundle / "model.onnx");
  REQUIRE(resolve_model(bundle, {.engine = "torch"}).weights == bundle / "weights.safetensors");
}

TEST_CASE("a bare weights file tells its architecture by metadata, by its stem, or must be told") {
  TemporaryFolder folder;
  auto path = folder.path() / "w.safetensors";
  DetectorOptions options{.classes = {"a"}};
  write_safetensors(path, stem_of(24));
  auto source = resolve_model(path, options);
  REQUIRE(source.card.architecture == "yolox-tiny");
  REQUIRE(source.card.input_width == 416);
  REQUIRE(source.card.name == "w");
  auto file = stem_of(7);
  file.metadata = {{"architecture", "yolox-s"}, {"classes", "[\"cat\",\"dog\"]"}};
  write_safetensors(path, file);
  source = resolve_model(path);
  REQUIRE(source.card.architecture == "yolox-s");
  REQUIRE(source.card.input_height == 640);
  REQUIRE(source.card.classes == std::vector<std::string>{"cat", "dog"});
  write_safetensors(path, stem_of(7));
  REQUIRE_THROWS_WITH(resolve_model(path, options),
                      path.string() + " does not say which architecture it is for");
  options.architecture = "yolox-x";
  REQUIRE(resolve_model(path, options).card.architecture == "yolox-x");
  options.architecture = "yolox-xx";
  REQUIRE_THROWS_AS(resolve_model(path, options), UsageError);
}

TEST_CASE("a bare RTMDet is recognised and gets the preprocessing it was trained with") {
  TemporaryFolder folder;
  auto path = folder.path() / "w.safetensors";
  DetectorOptions options{.classes = {"a"}};
  write_safetensors(path, stem_of(12, "backbone.stem.0.conv.weight"));
  auto card = resolve_model(path, options).card;
  REQUIRE(card.architecture == "rtmdet-tiny");
  REQUIRE(card.input_width == 640);
  REQUIRE(card.preprocessing.channel_order == ChannelOrder::bgr);
  REQUIRE(card.preprocessing.mean == std::array<double, 3>{103.53, 116.28, 123.675});
  REQUIRE(1 / card.preprocessing.scale[2] == Approx(58.395));
  write_safetensors(path, stem_of(16, "backbone.stem.0.conv.weight"));
  REQUIRE(resolve_model(path, options).card.architecture == "rtmdet-s");
  write_safetensors(path, stem_of(16));
  REQUIRE(resolve_model(path, options).card.preprocessing == Preprocessing{});
}

TEST_CASE("class names come from a file beside the weights when there is exactly one") {
  TemporaryFolder folder;
  auto path = folder.path() / "w.safetensors";
  write_safetensors(path, stem_of(16));
  REQUIRE_THROWS_WITH(resolve_model(path), path.string() + " holds no class names");
  write_file_atomically(folder.path() / "my_classes.txt", "cat\ndog\n");
  REQUIRE(resolve_model(path).card.classes == std::vector<std::string>{"cat", "dog"});
  write_file_atomically(folder.path() / "classes.txt", "bird\n");
  REQUIRE_THROWS_AS(resolve_model(path), UsageError);
}

TEST_CASE("the classes of weights stand in the card, in the metadata as a list or lines, or beside them") {
  TemporaryFolder folder;
  using Names = std::vector<std::string>;
  auto path = folder.path() / "w.safetensors";
  REQUIRE(class_names_of(path, {}).empty());
  write_file_atomically(folder.path() / "coco_classes.txt", "cat\ndog\n");
  REQUIRE(class_names_of(path, {}) == Names{"cat", "dog"});
  REQUIRE(class_names_of(path, {{"classes", "80"}}) == Names{"cat", "dog"});
  REQUIRE(class_names_of(path, {{"class_names", "[\"a\",\"b\"]"}}) == Names{"a", "b"});
  REQUIRE(class_names_of(path, {{"classes", "traffic light\nbus"}}) == Names{"traffic light", "bus"});
  ModelCard card;
  card.architecture = "yolox-nano";
  card.classes = {"red", "blue"};
  write_model_card(folder.path(), card);
  REQUIRE(class_names_of(path, {{"classes", "other"}}) == Names{"red", "blue"});
  write_file_atomically(folder.path() / "model.yaml", "train: ../images\n");
  REQUIRE_THROWS_AS(class_names_of(path, {}), FormatError);
}

TEST_CASE("what is no model is refused") {
  TemporaryFolder folder;
  REQUIRE_THROWS_WITH(resolve_model(folder.path() / "none"),
                      "no such model: " + (folder.path() / "none").string());
  REQUIRE_THROWS_WITH(resolve_model(folder.path()),
                      folder.path().string() + " is not a model: it has no model.yaml");
  auto onnx = folder.path() / "a.onnx";
  write_file_atomically(onnx, "");
  REQUIRE_THROWS_WITH(resolve_model(onnx), onnx.string() + ": offset 0: no ONNX file: it holds no graph");
  write_file_atomically(onnx, "\x3a\x7f short");
  REQUIRE_THROWS_WITH(resolve_model(onnx), onnx.string() +
                                               ": offset 2: the ONNX file ends in the middle of a field "
                                               "(127 bytes wanted, 6 left)");
  write_file_atomically(onnx, "\x0f");
  REQUIRE_THROWS_WITH(resolve_model(onnx),
                      onnx.string() + ": offset 1: no ONNX file: a field of wire type 7");
}
