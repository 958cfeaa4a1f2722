#pragma once

#include <string>
#include <vector>

#include "ds/dataset/annotation.h"
#include "ds/dataset/class_list.h"
#include "ds/dataset/detection.h"

namespace cv {
class Mat;
}

/// Objects painted onto a picture, each class in its colour. Works in place on 8-bit BGR.
namespace ds {

struct DrawOptions {
  int line_width = 0;  // pixels; 0: by the picture's size
  bool labels = true;  // class name, and the score when there is one
  bool fill = true;    // polygons and masks get a translucent inside
};

void draw_annotations(cv::Mat& image, const std::vector<Annotation>& annotations, const ClassList& classes,
                      const DrawOptions& options = {});
void draw_detections(cv::Mat& image, const std::vector<Detection>& detections, const ClassList& classes,
                     const DrawOptions& options = {});

}  // namespace ds
