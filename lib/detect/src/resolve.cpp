#include <algorithm>

#include "class_names.h"
#include "ds/arch/architecture.h"
#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/detect/detector.h"
#include "ds/detect/engine.h"
#include "ds/weights/weight_file.h"
#include "onnx_header.h"

namespace ds {
namespace {

using Entry = Registry<Architecture>::Entry;

const Entry& recognise(const std::filesystem::path& path, const WeightFile& file, const std::string& wanted) {
  if (!wanted.empty()) return architectures().at(wanted);
  for (const char* key : {"architecture", "arch"})
    if (auto name = file.metadata_value(key); !name.empty()) return architectures().at(name);
  for (const auto& entry : architectures().entries()) {
    const auto& stem = entry.value.stem;
    if (const auto* found = file.find(stem.weight);
        found != nullptr && !found->shape.empty() && found->shape[0] == stem.channels)
      return entry;
  }
  throw UsageError(path.string() + " does not say which architecture it is for", "Name it with --arch.");
}

template <typename Source>
std::vector<std::string> find_classes(const std::filesystem::path& path, const Source& source,
                                      const DetectorOptions& options) {
  if (!options.classes.empty()) return options.classes;
  if (auto names = detail::names_in_metadata(source.metadata); !names.empty()) return names;
  if (auto names = detail::names_beside(path); !names.empty()) return names;
  throw UsageError(path.string() + " holds no class names",
                   "Write them, one a line, to " + path.stem().string() + ".classes.txt beside it.");
}

ModelCard card_of_onnx(const std::filesystem::path& path, const DetectorOptions& options) {
  auto header = detail::read_onnx_header(path);
  ModelCard card;
  card.architecture =
      options.architecture.empty() ? header.metadata_value("architecture") : options.architecture;
  card.classes = find_classes(path, header, options);
  auto side = [&](std::size_t axis, int wanted) {
    bool fixed =
        header.input_shape.size() == 4 && header.input_shape[axis] > 0 && header.input_shape[axis] < 65536;
    if (fixed) return static_cast<int>(header.input_shape[axis]);
    return wanted != 0 ? wanted : card.input_width;
  };
  card.input_height = side(2, options.input_height);
  card.input_width = side(3, options.input_width);
  return card;
}

ModelCard card_of_weights(const std::filesystem::path& path, const DetectorOptions& options) {
  auto file = read_weight_file(path);
  const auto& [name, summary, architecture] = recognise(path, file, options.architecture);
  ModelCard card;
  card.architecture = name;
  card.classes = find_classes(path, file, options);
  card.preprocessing = architecture.preprocessing;
  card.input_width = architecture.default_width;
  card.input_height = architecture.default_height;
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
