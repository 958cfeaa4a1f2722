#pragma once

#include "ds/detect/engine.h"

namespace ds::detail {

/// OpenCV's DNN module on a YOLOX .onnx (output undecoded, [1,A,5+C]).
std::unique_ptr<Engine> make_opencv_engine(const EngineRequest& request);

}  // namespace ds::detail
