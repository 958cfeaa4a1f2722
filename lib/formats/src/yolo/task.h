#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ds::detail {

/// What the rows of a dataset are; automatic: the dataset decides.
enum class YoloTask { automatic, detect, segment, obb, pose };
/// Their names, in the same order.
inline const std::vector<std::string> kYoloTasks = {"auto", "detect", "segment", "obb", "pose"};

inline const std::string& name_of(YoloTask task) {
  return kYoloTasks[static_cast<std::size_t>(task)];
}
/// Nothing for a name that is none of these.
std::optional<YoloTask> yolo_task_of(const std::string& name);

}  // namespace ds::detail
