#include "printing.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "ds/base/log.h"

namespace ds::importer {

Project open_project(const Context& context) {
  return Project(Project::find(context.shared.project), {.user = context.shared.effective_user(),
                                                         .tool = "ds-import",
                                                         .lock_wait_s = context.shared.lock_wait_s});
}

std::string counted(std::size_t count, const std::string& thing) {
  auto plural = thing.ends_with("ss") || thing.ends_with("x") ? thing + "es" : thing + "s";
  return fmt::format("{} {}", count, count == 1 ? thing : plural);
}

void log_issues(const std::vector<Issue>& issues, std::size_t limit) {
  std::map<std::string, std::size_t> shown;
  for (const auto& issue : issues) {
    if (limit != 0 && ++shown[issue.code] > limit) continue;
    auto text = fmt::format("{}: {} [{}]", issue.location.to_string(), issue.message, issue.code);
    if (issue.severity == Severity::error) log::error(text);
    if (issue.severity == Severity::warning) log::warning(text);
    if (issue.severity == Severity::note) log::info(text);
  }
  for (const auto& [code, count] : shown)
    if (count > limit)
      log::warning(fmt::format("and {} more {} (all with --verbose or --json)", count - limit, code));
}

nlohmann::ordered_json to_json(const Issue& issue) {
  nlohmann::ordered_json json = {
      {"code", issue.code}, {"severity", to_string(issue.severity)}, {"file", issue.location.path.string()}};
  if (issue.location.line) json["line"] = *issue.location.line;
  if (!issue.location.pointer.empty()) json["place"] = issue.location.pointer;
  json["message"] = issue.message;
  return json;
}

void print(Context& context, const Proof& proof) {
  context.out.line("read back: " + proof.to_string());
  for (const auto& remark : proof.remarks) log::info(remark);
}

nlohmann::ordered_json to_json(const Proof& proof) {
  return {{"images", proof.images},
          {"objects", proof.objects},
          {"tags", proof.tags},
          {"kinds", proof.kinds},
          {"largest_error", proof.largest_error},
          {"lost", proof.lost},
          {"remarks", proof.remarks}};
}

void bind_reading(OptionSet& options, ReadOptions& reading) {
  options.group("How labels are read")
      .choice("labels-frame", reading.labels_frame, {"displayed", "raw"},
              "picture that the labels were drawn on: as shown, or as stored before EXIF orientation")
      .choice("voc-coords", reading.voc_coords, {"auto", "devkit", "asis", "shift"},
              "Pascal VOC numbers: 1-based inclusive, 0-based, or all minus 1; auto decides and says why")
      .choice("yolo-task", reading.yolo_task, {"auto", "detect", "segment"},
              "meaning of YOLO rows of nine numbers")
      .choice("mot-base", reading.mot_base, {"auto", "one", "zero"},
              "MOT frames and boxes count from 1 or 0; auto decides and says why")
      .add("empty-is-negative", reading.empty_is_negative,
           "COCO and CVAT images without annotations were looked at")
      .add("merge-duplicates", reading.merge_duplicates,
           "COCO entries that name the same file become one image")
      .add("images", reading.images, "folder of the images, when it is not where the format says", "DIR")
      .add("annotator", reading.annotator,
           "Label Studio: whose annotation of a task counts (id, name or mail); else the ground truth, else "
           "the "
           "latest",
           "WHO");
}

}  // namespace ds::importer
