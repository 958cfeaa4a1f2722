#pragma once

#include <string>

namespace ds {

/// Of Ultralytics' and darknet's datasets.
struct YoloReading {
  /// Rows: "auto" (what data.yaml says; rows of nine numbers are outlines), "detect", "segment", "obb", "pose".
  std::string task = "auto";
};

struct YoloWriting {
  /// "detect", "segment", "obb", "pose"; "auto": what every shape allows. Darknet has boxes only.
  std::string task = "auto";
  /// Also images nobody has looked at, without a label file (trainers take them for negatives).
  bool unlabelled = false;
  int digits = 6;  // decimals of shares of the image's sides, 6 to 15
};

}  // namespace ds
