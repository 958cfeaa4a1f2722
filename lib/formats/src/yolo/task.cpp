#include "yolo/task.h"

#include <algorithm>

namespace ds::detail {

std::optional<YoloTask> yolo_task_of(const std::string& name) {
  auto found = std::find(kYoloTasks.begin(), kYoloTasks.end(), name);
  if (found == kYoloTasks.end()) return std::nullopt;
  return static_cast<YoloTask>(found - kYoloTasks.begin());
}

}  // namespace ds::detail
