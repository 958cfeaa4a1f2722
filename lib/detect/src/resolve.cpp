#include <algorithm>
#include <nlohmann/json.hpp>

#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/detect/detector.h"
#include "ds/detect/engine.h"
#include "ds/weights/weight_file.h"
#include "onnx_header.h"

namespace ds {
namespace {

/// Values of RTMDet's pixels: ImageNet's mean over its deviation.
const Preprocessing kNormalised = {
    "bgr", {1 / 57.375, 1 / 57.12, 1 / 58.395}, {103.53, 116.28, 123.675}, "top-left", 114};

/// What a bare weights file is recognised by. The networks themselves are registered in ds::nn, which these
/// tools do not link.
struct KnownNetwork {
  const char* name;
  const char* stem;            // its first convolution
  std::int64_t stem_channels;  // rows of it
  int side;
  Preprocessing preprocessing = {};
};
/// SSDlite's: -1 to 1.
const Preprocessing kSymmetric = {
    "rgb", {1 / 127.5, 1 / 127.5, 1 / 127.5}, {127.5, 127.5, 127.5}, "top-left", 114};
/// Faster R-CNN's: ImageNet's mean and deviation of values from 0 to 1.
const Preprocessing kImageNet = {"rgb",
                                 {1 / (0.229 * 255), 1 / (0.224 * 255), 1 / (0.225 * 255)},
                                 {0.485 * 255, 0.456 * 255, 0.406 * 255},
                                 "top-left",
                                 114};
constexpr const char* kYoloxStem = "backbone.backbone.stem.conv.conv.weight";
constexpr const char* kRtmdetStem = "backbone.stem.0.conv.weight";
const KnownNetwork kNetworks[] = {
    {"yolox-nano", kYoloxStem, 16, 416},
    {"yolox-tiny", kYoloxStem, 24, 416},
    {"yolox-s", kYoloxStem, 32, 640},
    {"yolox-m", kYoloxStem, 48, 640},
    {"yolox-l", kYoloxStem, 64, 640},
    {"yolox-x", kYoloxStem, 80, 640},
    {"rtmdet-tiny", kRtmdetStem, 12, 640, kNormalised},
    {"rtmdet-s", kRtmdetStem, 16, 640, kNormalised},
    {"ssdlite-mobilenetv3", "backbone.features.0.0.0.weight", 16, 320, kSymmetric},
    {"ssdlite-mobilenetv2", "backbone.features.0.0.weight", 32, 320, kSymmetric},
    {"faster-rcnn-mobilenetv3", "backbone.body.0.0.weight", 16, 640, kImageNet},
};

const KnownNetwork& network_called(const std::string& name) {
  std::vector<std::string> known;
  for (const auto& network : kNetworks) {
    if (name == network.name) return network;
    known.emplace_back(network.name);
  }
  throw_unknown_name("architecture", name, known);
}

const KnownNetwork& recognise(const std::filesystem::path& path, const WeightFile& file,
                              const std::string& wanted) {
  if (!wanted.empty()) return network_called(wanted);
  for (const char* key : {"architecture", "arch"})
    if (auto name = file.metadata_value(key); !name.empty()) return network_called(name);
  for (const auto& network : kNetworks)
    if (const auto* stem = file.find(network.stem);
        stem != nullptr && !stem->shape.empty() && network.stem_channels == stem->shape[0])
      return network;
  throw UsageError(path.string() + " does not say which architecture it is for", "Name it with --arch.");
}

/// Names as a JSON list, the way exports store them.
std::vector<std::string> names_from_json(const std::string& text) {
  auto json = nlohmann::json::parse(text, nullptr, false);
  std::vector<std::string> names;
  if (!json.is_array()) return names;
  for (const auto& item : json) {
    if (!item.is_string()) return {};
    names.push_back(item.get<std::string>());
  }
  return names;
}

std::vector<std::string> names_beside(const std::filesystem::path& path) {
  std::vector<std::filesystem::path> files;
  auto folder = path.parent_path().empty() ? std::filesystem::path(".") : path.parent_path();
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().filename().string().ends_with("classes.txt")) files.push_back(entry.path());
  return files.size() == 1 ? read_class_names(files[0]) : std::vector<std::string>{};
}

template <typename Source>
std::vector<std::string> find_classes(const std::filesystem::path& path, const Source& source,
                                      const DetectorOptions& options) {
  if (!options.classes.empty()) return options.classes;
  for (const char* key : {"classes", "class_names"})
    if (auto names = names_from_json(source.metadata_value(key)); !names.empty()) return names;
  if (auto names = names_beside(path); !names.empty()) return names;
  throw UsageError(path.string() + " holds no class names",
                   "Give a file with one name per line: --classes FILE.");
}

ModelCard card_of_onnx(const std::filesystem::path& path, const DetectorOptions& options) {
  auto header = read_onnx_header(path);
  ModelCard card;
  card.architecture =
      options.architecture.empty() ? header.metadata_value("architecture") : options.architecture;
  card.classes = find_classes(path, header, options);
  auto side = [&](std::size_t axis, int wanted) {
    bool fixed =
        header.input_shape.size() == 4 && header.input_shape[axis] > 0 && header.input_shape[axis] < 65536;
    if (fixed) return static_cast<int>(header.input_shape[axis]);
    return wanted != 0 ? wanted : 416;
  };
  card.input_height = side(2, options.input_height);
  card.input_width = side(3, options.input_width);
  return card;
}

ModelCard card_of_weights(const std::filesystem::path& path, const DetectorOptions& options) {
  auto file = read_weight_file(path);
  const auto& network = recognise(path, file, options.architecture);
  ModelCard card;
  card.architecture = network.name;
  card.classes = find_classes(path, file, options);
  card.preprocessing = network.preprocessing;
  card.input_width = network.side;
  card.input_height = network.side;
  return card;
}

bool loads(const EngineEntry& engine, const std::filesystem::path& file) {
  return std::find(engine.extensions.begin(), engine.extensions.end(), file.extension()) !=
         engine.extensions.end();
}

ModelSource resolve_bundle(const std::filesystem::path& folder, const DetectorOptions& options) {
  ModelSource source{read_model_card(folder), {}};
  source.weights = folder / source.card.weights;
  if (!options.engine.empty() && !loads(engines().at(options.engine).value, source.weights))
    for (const auto& extension : engines().at(options.engine).value.extensions)
      if (auto other = folder / ("model" + extension); std::filesystem::exists(other)) source.weights = other;
  if (!std::filesystem::exists(source.weights))
    throw DataError("model " + folder.string() + ": its card names " + source.weights.filename().string() +
                    ", which is not there");
  return source;
}

}  // namespace

ModelSource resolve_model(const std::filesystem::path& model, const DetectorOptions& options) {
  if (!std::filesystem::exists(model)) throw UsageError("no such model: " + model.string());
  if (std::filesystem::is_directory(model)) {
    if (is_model_bundle(model)) return resolve_bundle(model, options);
    throw DataError(model.string() + " is not a model: it has no model.yaml");
  }
  if (model.filename() == "model.yaml") return resolve_bundle(model.parent_path(), options);
  ModelSource source{{}, model};
  if (is_model_bundle(model.parent_path())) {
    source.card = read_model_card(model.parent_path());
    return source;
  }
  source.card = model.extension() == ".onnx" ? card_of_onnx(model, options) : card_of_weights(model, options);
  source.card.name = model.stem().string();
  return source;
}

Detector load_detector(const std::filesystem::path& model, const DetectorOptions& options) {
  auto source = resolve_model(model, options);
  std::string name = options.engine;
  for (const auto& entry : engines().entries())
    if (name.empty() && loads(entry.value, source.weights)) name = entry.name;
  if (name.empty())
    throw UsageError("no engine loads a file named " + source.weights.filename().string(),
                     "Name one with --engine: " + join(engines().names(), ", ") + ".");
  const auto& engine = engines().at(name).value;
  if (!loads(engine, source.weights))
    throw UsageError("engine " + name + " loads " + join(engine.extensions, ", ") + ", not " +
                     source.weights.filename().string());
  EngineRequest request{source.weights, source.card, options.threads, options.device};
  if (options.input_width != 0) request.card.input_width = options.input_width;
  if (options.input_height != 0) request.card.input_height = options.input_height;
  return Detector(source.card, engine.make(request), options);
}

}  // namespace ds
