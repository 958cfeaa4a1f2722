#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "ds/dataset/class_list.h"
#include "shared/reading.h"
#include "shared/text/xml_file.h"

/// What a CVAT file says about its tasks, jobs or project.
namespace ds::detail {

struct CvatTask {
  std::string id;
  std::string name;
  std::string subset;
  std::string source;     // the video's file name
  bool is_video = false;  // mode "interpolation"
  std::optional<std::int64_t> start;
  std::optional<std::int64_t> stop;
  std::int64_t step = 1;  // frame k of the task is start + k * step of the video
  std::optional<Reading::Declared> size;

  /// What the frames of one video have in common.
  std::string group() const { return source.empty() ? name : source; }
};

struct CvatMeta {
  std::vector<CvatTask> tasks;                // a job counts as one
  std::vector<ClassInfo> labels;              // with the key points and joints of skeletons
  std::size_t declared = 0;                   // so many of them by <meta>, the others are used by shapes only
  bool by_ds = false;                         // our own writer made it
  std::vector<std::int64_t> reviewed_frames;  // of a video by ds: looked at and without objects

  /// The task with this id, else the only one.
  const CvatTask* task(const std::string& id) const;
};

CvatMeta read_cvat_meta(pugi::xml_node annotations);
/// The <meta> of `labels` as CVAT writes it; `attributes` are the values that occur, by class index and name.
void add_cvat_labels(pugi::xml_node parent, const ClassList& classes,
                     const std::map<int, std::map<std::string, std::vector<std::string>>>& attributes);

/// True for what can be a folder's name: not empty, no "/", no "..".
bool is_plain_name(const std::string& text);

/// The number in a frame's file name (`clip/frame_000012.jpg`: 12).
std::optional<std::int64_t> cvat_frame_number(const std::string& name);

}  // namespace ds::detail
