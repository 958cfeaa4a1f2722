#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "ds/base/registry.h"
#include "ds/detect/model_card.h"
#include "ds/geometry/nms.h"

namespace ds {

/// A batch of prepared images: [count,3,height,width] float32, contiguous.
struct InputBatch {
  const float* values = nullptr;
  int count = 0;
  int height = 0;
  int width = 0;
};

/// Runs one network. Not thread-safe: one engine per worker.
class Engine {
 public:
  virtual ~Engine() = default;
  /// One box in input pixels for every anchor and class whose score is greater than the threshold, before
  /// suppression, the classes of one anchor side by side; one list per image.
  virtual std::vector<std::vector<ScoredBox>> run(const InputBatch& batch, double score_threshold) = 0;
  /// Sides must be multiples of this; 0: only the card's own input size.
  virtual int input_multiple() const = 0;
};

struct EngineRequest {
  std::filesystem::path weights;  // .safetensors or .pth for torch, .onnx for opencv
  ModelCard card;                 // architecture, classes, input size
  int threads = 0;                // 0: all cores (at most 8)
  std::string device = "cpu";     // "cpu" or what the engine knows ("cuda", "cuda:1")
};

struct EngineEntry {
  std::vector<std::string> extensions;  // of the weight files it loads, with the dot
  std::function<std::unique_ptr<Engine>(const EngineRequest&)> make;
};

/// "torch" (a plugin, loaded on first use) and "opencv".
const Registry<EngineEntry>& engines();

/// Where the plugin `libds_engine_<name>.so` is looked for: $DS_ENGINE_PATH (':'-separated folders), then
/// ../lib/ds from the executable. Throws Error naming the places when it is in none.
std::filesystem::path find_engine_plugin(const std::string& name);

}  // namespace ds
