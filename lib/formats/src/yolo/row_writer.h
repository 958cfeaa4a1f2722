#pragma once

#include <string>

#include "ds/formats/annotation_format.h"
#include "yolo/task.h"

/// What both YOLO formats share when writing: the kind of rows, and the rows.
namespace ds::detail {

struct YoloStyle {
  YoloTask task = YoloTask::detect;
  int digits = 6;
  std::size_t key_points = 0;  // of every pose row; those that an object lacks are written as 0 0 0
};

/// What `wanted` asks for; "auto": outlines when every shape has one and not all are boxes, corners when all
/// are rotated boxes or boxes, key points when all have them, else boxes. `flag` is how the user says it.
YoloStyle choose_yolo_style(const Dataset& dataset, const std::string& wanted, int digits,
                            const std::string& flag = "--yolo-task");

/// One label file's text. What reaches further outside than other tools accept (they drop the whole image for
/// it) is cut at the edge, and what has no area left out; both are counted.
std::string yolo_rows(const Image& image, const YoloStyle& style, LossReport& losses);

/// Counts what no YOLO row can hold.
void count_yolo_losses(const Dataset& dataset, const YoloStyle& style, LossReport& losses);

}  // namespace ds::detail
