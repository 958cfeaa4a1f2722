#include "engines/opencv.h"

#include <opencv2/core.hpp>
#include <opencv2/dnn.hpp>

#include "ds/base/error.h"
#include "engines/grid_decode.h"

namespace ds::detail {
namespace {

std::string shape_text(const cv::Mat& mat) {
  std::string text = "[";
  for (int d = 0; d < mat.dims; ++d) text += (d == 0 ? "" : ",") + std::to_string(mat.size[d]);
  return text + "]";
}

class OpencvEngine : public Engine {
 public:
  explicit OpencvEngine(const EngineRequest& request)
      : path_(request.weights), num_classes_(static_cast<int>(request.card.classes.size())) {
    if (request.device != "cpu")
      throw UsageError("engine opencv runs on device cpu, not '" + request.device + "'");
    if (request.threads > 0) cv::setNumThreads(request.threads);
    try {
      net_ = cv::dnn::readNetFromONNX(request.weights.string());
    } catch (const cv::Exception& error) {
      throw FormatError(Location{.path = path_}, "OpenCV cannot read this ONNX file: " + error.err);
    }
    net_.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
  }

  int input_multiple() const override { return 0; }

  std::vector<std::vector<ScoredBox>> run(const InputBatch& batch, double score_threshold) override {
    std::vector<std::vector<ScoredBox>> all;
    const auto image_size =
        static_cast<std::size_t>(batch.height) * static_cast<std::size_t>(batch.width) * 3;
    for (int i = 0; i < batch.count; ++i) {
      auto output =
          forward(batch.values + static_cast<std::size_t>(i) * image_size, batch.height, batch.width);
      all.push_back(
          decode_grid(output.ptr<float>(), num_classes_, batch.height, batch.width, score_threshold));
    }
    return all;
  }

 private:
  cv::Mat forward(const float* image, int height, int width) {
    int sizes[] = {1, 3, height, width};
    cv::Mat output;
    try {
      net_.setInput(cv::Mat(4, sizes, CV_32F, const_cast<float*>(image)));
      output = net_.forward();
    } catch (const cv::Exception& error) {
      throw Error("OpenCV cannot run " + path_.string() + " on an input of " + std::to_string(width) + "x" +
                  std::to_string(height) + ": " + error.err);
    }
    auto cells = static_cast<int>(grid_cells(height, width));
    if (output.dims != 3 || output.size[1] != cells || output.size[2] != 5 + num_classes_)
      throw DataError(path_.string() + " gives an output of " + shape_text(output) + ", expected [1," +
                          std::to_string(cells) + "," + std::to_string(5 + num_classes_) + "] for " +
                          std::to_string(num_classes_) + " classes at " + std::to_string(width) + "x" +
                          std::to_string(height),
                      "Check the class names and the input size.");
    return output;
  }

  std::filesystem::path path_;
  int num_classes_;
  cv::dnn::Net net_;
};

}  // namespace

std::unique_ptr<Engine> make_opencv_engine(const EngineRequest& request) {
  return std::make_unique<OpencvEngine>(request);
}

}  // namespace ds::detail
