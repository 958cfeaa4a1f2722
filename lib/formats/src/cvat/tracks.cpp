// Tracks of CVAT videos become annotations of single frames.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "cvat/document.h"
#include "ds/base/text.h"
#include "ds/media/image_header.h"

namespace ds::detail {
namespace fs = std::filesystem;

namespace {

constexpr std::int64_t kMostFrames = 5'000'000;  // more are a typing error

struct Keyframe {
  Annotation annotation;
  bool outside = false;
  Location place;
};

struct Track {
  pugi::xml_node node;
  int class_idx = 0;
  std::map<std::int64_t, Keyframe> shapes;  // by frame
};

/// The tracks of one task, and its frames. All tracks are collected before an image is made, because a frame
/// shows the shapes of every track: its keyframe, or what lies between two. Frames are those on the task's
/// grid (start, step, stop) and those that tracks name beside it. A frame is an image when it has a picture,
/// a visible object, or was reviewed.
class Video {
 public:
  Video(Reading& reading, CvatDocument& document, const CvatTask& task, std::string prefix)
      : reading_(reading), document_(document), task_(task), prefix_(std::move(prefix)) {
    find_pictures();
  }

  void add_track(pugi::xml_node node) {
    auto before = reading_.left_out();
    read_track(node);
    incomplete_ = incomplete_ || reading_.left_out() > before;
  }

  void finish() {
    auto grid = frames_of_task();
    std::map<std::int64_t, std::vector<std::pair<const Track*, Keyframe>>> objects;
    for (const auto& track : tracks_) {
      auto frames = grid;
      bool beside = false;
      for (const auto& [frame, keyframe] : track.shapes) {
        if (frames.insert(frame).second && !beside) {
          beside = true;
          reading_.issue(Severity::warning, "FRAME_OFF_GRID", keyframe.place,
                         fmt::format("frame {} is none of the task's (from {}, step {}); kept", frame,
                                     task_.start.value_or(0), task_.step));
        }
      }
      for (auto frame : frames)
        if (auto shape = shape_at(track, frame)) objects[frame].emplace_back(&track, std::move(*shape));
    }
    std::set<std::int64_t> frames;
    for (const auto& [frame, file] : pictures_) frames.insert(frame);
    for (const auto& [frame, list] : objects) frames.insert(frame);
    frames.insert(document_.meta.reviewed_frames.begin(), document_.meta.reviewed_frames.end());
    for (auto frame : frames) add_frame(frame, objects[frame]);
    if (missing_ > 0)
      reading_.issue(Severity::error, "MISSING_IMAGE", {.path = document_.xml.path()},
                     fmt::format("{} frames of {} have no picture frame_NUMBER (first: {})", missing_,
                                 task_.group().empty() ? "the video" : task_.group(), first_missing_));
  }

 private:
  void read_track(pugi::xml_node node) {
    auto place = document_.xml.place_of(node);
    Track track{.node = node,
                .class_idx = cvat_class(reading_, document_, node.attribute("label").value(), place)};
    for (auto child : node.children()) {
      std::string element = child.name();
      if (element.empty()) continue;
      auto where = document_.xml.place_of(child);
      auto bad = [&](const std::string& why) {
        reading_.issue(Severity::error, "BAD_ROW", where, fmt::format("<{}> {}; left out", element, why));
      };
      if (!is_cvat_shape(element)) {
        bad("is no shape of CVAT");
        continue;
      }
      auto frame = cvat_id(child, "frame");
      if (!frame || *frame < 0) {
        bad(fmt::format("has frame '{}', not a number from 0", child.attribute("frame").value()));
        continue;
      }
      auto annotation = read_cvat_object(reading_, document_, child, track.class_idx, canvas());
      if (!annotation) continue;
      annotation->attributes["keyframe"] =
          std::string(child.attribute("keyframe").as_string("1")) == "1" ? "true" : "false";
      bool outside = std::string(child.attribute("outside").value()) == "1";
      if (!track.shapes.emplace(*frame, Keyframe{std::move(*annotation), outside, where}).second)
        bad(fmt::format("is a second shape of the track in frame {}", *frame));
    }
    if (!track.shapes.empty()) tracks_.push_back(std::move(track));
  }

  // frame_000012.jpg anywhere below the file; of several videos, in the folder called like the task.
  void find_pictures() {
    auto folder =
        reading_.options().images.empty() ? document_.xml.path().parent_path() : reading_.options().images;
    std::map<std::int64_t, fs::path> others;
    bool only = prefix_.empty();
    for (const auto& file : files_below(folder, [](const fs::path& f) { return has_image_suffix(f); })) {
      auto number = cvat_frame_number(file.filename().string());
      if (!number) continue;
      auto below = file.lexically_relative(folder);
      bool named = std::any_of(below.begin(), below.end(), [&](const fs::path& part) {
        return part == task_.name || part == task_.subset || part == fs::path(task_.source).stem();
      });
      (named || only ? pictures_ : others).emplace(*number, file);
    }
    if (pictures_.empty()) pictures_ = std::move(others);
    if (task_.start && task_.stop)
      std::erase_if(pictures_, [&](const auto& picture) {
        return *task_.start > picture.first || *task_.stop < picture.first;
      });
  }

  // Masks need the picture's size before any image is added.
  CvatCanvas canvas() {
    if (canvas_) return *canvas_;
    canvas_ = CvatCanvas{};
    if (task_.size) canvas_ = CvatCanvas{task_.size->width, task_.size->height};
    if (!task_.size && !pictures_.empty()) {
      try {
        auto header = read_image_header(pictures_.begin()->second);
        canvas_ = CvatCanvas{header.width(), header.height()};
      } catch (const Error&) {  // reported when the image is added
      }
    }
    return *canvas_;
  }

  std::set<std::int64_t> frames_of_task() {
    std::set<std::int64_t> frames;
    auto first = task_.start.value_or(0);
    auto last = task_.stop;
    if (!last) {
      for (const auto& track : tracks_) last = std::max(last.value_or(first), track.shapes.rbegin()->first);
      for (const auto& [frame, file] : pictures_) last = std::max(last.value_or(first), frame);
    }
    if (!last || *last < first) return frames;
    if ((*last - first) / task_.step > kMostFrames) {
      reading_.issue(
          Severity::error, "BAD_ROW", {.path = document_.xml.path(), .line = 1},
          fmt::format("the task has frames {} to {}; only those that tracks name are read", first, *last));
      return frames;
    }
    for (auto frame = first; frame <= *last; frame += task_.step) frames.insert(frame);
    return frames;
  }

  // As listed, or between the two listed ones around it; nothing outside.
  std::optional<Keyframe> shape_at(const Track& track, std::int64_t frame) const {
    auto next = track.shapes.lower_bound(frame);
    if (next != track.shapes.end() && next->first == frame)
      return next->second.outside ? std::nullopt : std::optional(next->second);
    if (next == track.shapes.begin()) return std::nullopt;
    auto previous = std::prev(next);
    if (previous->second.outside) return std::nullopt;
    auto between = previous->second;
    between.annotation.attributes["keyframe"] = "false";
    if (next == track.shapes.end()) return between;  // until the task's end
    double t =
        static_cast<double>(frame - previous->first) / static_cast<double>(next->first - previous->first);
    auto keyframe = between.annotation.attributes["keyframe"];
    between.annotation = cvat_between(previous->second.annotation, next->second.annotation, t);
    between.annotation.attributes["keyframe"] = keyframe;
    return between;
  }

  void add_frame(std::int64_t frame, const std::vector<std::pair<const Track*, Keyframe>>& objects) {
    auto found = pictures_.find(frame);
    fs::path file = found == pictures_.end() ? fs::path() : found->second;
    auto name = file.empty() ? prefix_ + fmt::format("frame_{:06}.png", frame) : reading_.name_of(file);
    if (file.empty() && missing_++ == 0) first_missing_ = name;
    auto place =
        objects.empty() ? Location{.path = document_.xml.path(), .line = 1} : objects.front().second.place;
    auto index = reading_.add_image(file, name, task_.size, place);
    if (!index) {
      reading_.issue(Severity::error, "BAD_ROW", place,
                     fmt::format("neither {} nor <original_size> gives the frame's size; left out", name));
      return;
    }
    auto& image = reading_.image(*index);
    image.split = cvat_split(reading_, document_, task_.subset).value_or(Split::none);
    if (!task_.subset.empty() && !split_of_word(task_.subset)) image.attributes["subset"] = task_.subset;
    image.group = task_.group().empty() ? document_.xml.path().stem().string() : task_.group();
    const auto& reviewed = document_.meta.reviewed_frames;
    if (!objects.empty() || reading_.options().empty_is_negative ||
        std::find(reviewed.begin(), reviewed.end(), frame) != reviewed.end())
      image.state = ImageState::done;
    // A keyframe left out changes the frames around it, and whichever it was meant for.
    if (incomplete_) reading_.mark_incomplete(*index);
    for (const auto& [track, keyframe] : objects) {
      auto annotation = keyframe.annotation;
      annotation.track_id = cvat_id(track->node, "id");
      if (auto group = cvat_id(track->node, "group_id"); group && *group != 0) annotation.group_id = group;
      std::string source = track->node.attribute("source").value();
      if (!source.empty() && source != "manual") annotation.attributes.emplace("source", source);
      reading_.add_annotation(*index, std::move(annotation), keyframe.place,
                              track->node.attribute("id").value());
    }
  }

  Reading& reading_;
  CvatDocument& document_;
  CvatTask task_;
  std::string prefix_;
  std::map<std::int64_t, fs::path> pictures_;  // by frame
  std::vector<Track> tracks_;
  std::optional<CvatCanvas> canvas_;
  bool incomplete_ = false;
  std::size_t missing_ = 0;
  std::string first_missing_;
};

}  // namespace

void read_cvat_tracks(Reading& reading, CvatDocument& document) {
  auto root = document.xml.root();
  if (!root.child("track")) return;
  std::map<std::string, std::vector<pugi::xml_node>> by_task;
  for (auto track : root.children("track")) by_task[track.attribute("task_id").value()].push_back(track);
  for (const auto& [task_id, tracks] : by_task) {
    const auto* known = document.meta.task(task_id);
    CvatTask task = known ? *known : CvatTask{};
    if (task.subset.empty()) task.subset = tracks.front().attribute("subset").value();
    auto prefix = by_task.size() < 2 ? "" : (is_plain_name(task.name) ? task.name : "task_" + task_id) + "/";
    Video video(reading, document, task, prefix);
    for (auto track : tracks) video.add_track(track);
    video.finish();
  }
}

}  // namespace ds::detail
