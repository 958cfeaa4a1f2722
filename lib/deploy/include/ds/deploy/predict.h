#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ds/base/progress.h"
#include "ds/base/registry.h"
#include "ds/dataset/class_list.h"
#include "ds/dataset/detection.h"
#include "ds/detect/detector.h"
#include "ds/media/video.h"

namespace ds {

struct PredictOptions {
  std::string format = "json";  // a name of predict_formats()
  FrameChoice frames = {};      // of videos; default: every frame
  int batch = 8;                // pictures the network runs at once
  std::int64_t max_pixels = 268'435'456;
};

/// One picture (or frame of a video) and what was found on it, boxes in pixels of the upright picture.
struct Prediction {
  /// As in the source: path inside a folder or archive; `clip.mp4#12` for frame 12. A name that another source has
  /// given already gets this source's in front: `cam2/1.jpg`.
  std::string file;
  int width = 0;
  int height = 0;
  std::optional<double> time_s = std::nullopt;  // of a frame
  std::vector<Detection> detections;
};

struct PredictReport {
  std::int64_t pictures = 0;
  std::int64_t detections = 0;
  std::int64_t resumed = 0;  // of the pictures, taken over from an interrupted run
  std::vector<std::pair<std::string, std::string>> failed;  // file, reason
  double seconds = 0;
};

/// What a format is called, and how it is written at the end; `overlay` has no writer: its pictures are
/// written as they come.
struct PredictFormat {
  std::string (*write)(const std::vector<Prediction>&, const ClassList& classes,
                       const std::string& model) = nullptr;
};
/// json: {"model", "classes", "images": [{"file", "width", "height", "time_s", "detections": [{"class",
/// "score",
///       "box": [x0,y0,x1,y1]}]}]}. coco: a COCO document whose annotations carry a score. csv: one line an
///       object.
/// overlay: a folder with every picture and video, boxes drawn in.
const Registry<PredictFormat>& predict_formats();

/// How many pictures predict will look at; 0 when that is not known before reading (videos, archives). Throws UsageError
/// for a source that is not there or is nothing that can be predicted on.
std::int64_t count_pictures(const std::vector<std::filesystem::path>& sources);

/// Runs the detector over images, folders, archives and videos. A source file that cannot be read is reported
/// and the others go on; only when nothing could be read is it a DataError. Interrupted (Interrupted is
/// thrown), it keeps what it has beside `out` as `<out>.partial.jsonl` and the next run with the same model,
/// options and sources goes on from there. `out` appears when everything is done.
/// @param out a file; for overlay a folder
PredictReport predict(Detector& detector, const std::vector<std::filesystem::path>& sources,
                      const std::filesystem::path& out, const PredictOptions& options, Progress& progress);

}  // namespace ds
