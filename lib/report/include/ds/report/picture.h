#pragma once

#include <string>
#include <vector>

#include "ds/report/chart.h"

namespace ds {

struct PictureOptions {
  std::string title = {};
  std::string subtitle = {};
  int width = 900;         // of the picture, points
  int panel_height = 240;  // of one chart, points
  int scale = 2;           // pixels a point, 1 to 4; 2 is sharp on today's screens and in print
};

/// Charts of the kinds line and curve under each other as a PNG, on white, in the colours of the page. Text
/// is drawn with OpenCV's stroke font: what is not ASCII becomes '?'. Throws Error on another kind of chart.
std::string charts_png(const std::vector<Chart>& charts, const PictureOptions& options = {});

}  // namespace ds
