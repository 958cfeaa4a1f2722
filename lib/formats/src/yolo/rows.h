#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "shared/reading.h"
#include "yolo/convention.h"
#include "yolo/task.h"

/// What both YOLO formats share: label files and their rows.
namespace ds::detail {

struct YoloLabels {
  int class_count = 0;
  YoloTask task = YoloTask::automatic;
  int key_points = 0;      // kpt_shape[0], pose only
  int key_point_size = 0;  // kpt_shape[1]: 2 or 3
  const std::vector<int>* class_of_id =
      nullptr;  // class_idx of each id; -1: no such class. nullptr: the id itself
};

/// Reads one label file into an image and shows its rows to `convention`; every row that cannot be used is an issue with its line.
/// The image becomes done; without rows it is a negative.
void read_yolo_labels(Reading& reading, std::size_t image_index, const std::filesystem::path& file,
                      const YoloLabels& labels, YoloConvention& convention);
/// Once all label files are read: throws FormatError when the rows are another convention's.
void require_yolo_rows(Reading& reading, const YoloConvention& convention);

/// Class names of a .names or classes.txt file; an empty line between names is a FormatError.
std::vector<std::string> read_names_file(const std::filesystem::path& file);

/// Adds the classes, twins under a name of their own ("car-2") with an issue.
/// `key_points`: names of the points of those classes that have any.
void declare_yolo_classes(Reading& reading, const std::vector<std::string>& names,
                          const std::filesystem::path& file,
                          const std::map<std::string, std::vector<std::string>>& key_points = {});

}  // namespace ds::detail
