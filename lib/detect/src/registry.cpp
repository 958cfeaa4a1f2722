#include "ds/detect/engine.h"
#include "engines/opencv.h"
#include "engines/plugin.h"

namespace ds {

const Registry<EngineEntry>& engines() {
  static const Registry<EngineEntry> registry = [] {
    Registry<EngineEntry> all("engine");
    all.add("torch", "libtorch: every architecture, CPU or CUDA (a plugin, loaded on first use)",
            {{".safetensors", ".pth", ".pt"},
             [](const EngineRequest& request) { return detail::make_plugin_engine("torch", request); }});
    all.add("opencv", "OpenCV's DNN module on an exported .onnx: starts fast, needs no torch",
            {{".onnx"}, detail::make_opencv_engine});
    return all;
  }();
  return registry;
}

}  // namespace ds
