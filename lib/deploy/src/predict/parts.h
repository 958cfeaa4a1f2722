#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "ds/deploy/predict.h"

namespace ds::detail {

/// One picture of a source, decoded only when it is asked for.
struct SourcePicture {
  std::string file;
  std::optional<double> time_s = std::nullopt;
  std::string video = {};           // of a frame: the video's name
  double frames_per_second = 0;     // likewise
  std::function<cv::Mat()> decode;  // throws DataError
};

/// Every picture of the sources in order: folders are walked (natural order), archives
/// and videos read through.
/// @param take called for each; @param fail for each file that cannot be read
/// Throws UsageError when a source is not there or is nothing that can be predicted on.
void for_each_picture(const std::vector<std::filesystem::path>& sources, const PredictOptions& options,
                      const std::function<void(SourcePicture)>& take,
                      const std::function<void(const std::string& file, const std::string& why)>& fail);

/// `<out>.partial.jsonl`: what an interrupted run has found so far.
class PredictJournal {
 public:
  /// @param key names model, options and sources; a journal with another key is begun anew
  PredictJournal(const std::filesystem::path& out, const std::string& key);
  const Prediction* find(const std::string& file) const;
  void add(const Prediction& prediction);
  void remove();

 private:
  void begin();

  std::filesystem::path file_;
  std::string first_line_;
  std::map<std::string, Prediction> known_;
  bool begun_ = false;
};

std::string prediction_to_json(const Prediction& prediction);

}  // namespace ds::detail
