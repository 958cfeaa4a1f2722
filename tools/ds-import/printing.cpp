#include "printing.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "ds/base/files.h"
#include "ds/base/log.h"

namespace ds::importer {

Project open_project(const Context& context) {
  return Project(Project::find(context.shared.project), {.user = context.shared.effective_user(),
                                                         .tool = "ds-import",
                                                         .lock_wait_s = context.shared.lock_wait_s});
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

nlohmann::ordered_json to_json(const LossReport& losses) {
  auto json = nlohmann::ordered_json::object();
  for (const auto& [kind, loss] : losses.kinds) json[kind] = {{"count", loss.count}, {"what", loss.what}};
  return json;
}

void write_issues(Context& context, const std::string& file, const std::vector<Issue>& issues) {
  if (file == "-") {
    for (const auto& issue : issues) context.out.json_line(to_json(issue));
    return;
  }
  std::string text;
  for (const auto& issue : issues) text += to_json(issue).dump() + "\n";
  write_file_atomically(file, text);
}

void bind_writing(OptionSet& options, WriteOptions& writing, const std::string& prefix) {
  options.add("with-images", writing.with_images, "copy the images too")
      .add("allow-loss", writing.allow_loss, "kinds of loss to accept, or all", "KINDS")
      .add("unlabelled", writing.unlabelled, "YOLO: write images nobody has looked at too")
      .add("coco-first-id", writing.coco_first_id, "id of the first COCO category")
      .choice(prefix + "voc-coords", writing.voc_coords, {"asis", "devkit"},
              "how Pascal VOC numbers are written")
      .choice("cvat-kind", writing.cvat_kind, {"auto", "images", "video"},
              "CVAT: images, or a video's tracks; auto: tracks when nothing is lost by it")
      .choice(prefix + "yolo-task", writing.yolo_task, {"auto", "detect", "segment", "obb", "pose"},
              "rows of boxes, outlines, corners or key points; auto: what every shape allows")
      .add("yolo-digits", writing.yolo_digits, "decimals of YOLO's numbers, at least 6");
}

void bind_reading(OptionSet& options, ReadOptions& reading) {
  options.group("How labels are read")
      .choice("labels-frame", reading.labels_frame, {"displayed", "raw"},
              "picture that the labels were drawn on: as shown, or as stored before EXIF orientation")
      .choice("voc-coords", reading.voc_coords, {"auto", "devkit", "asis", "shift"},
              "Pascal VOC numbers: 1-based inclusive, 0-based, or all minus 1; auto decides and says why")
      .choice("yolo-task", reading.yolo_task, {"auto", "detect", "segment", "obb", "pose"},
              "meaning of YOLO rows; auto: what data.yaml says, and rows of nine numbers are outlines")
      .choice("mot-base", reading.mot_base, {"auto", "one", "zero"},
              "MOT frames and boxes count from 1 or 0; auto decides and says why")
      .choice("createml-anchor", reading.createml_anchor, {"auto", "center", "topleft"},
              "what x and y of CreateML boxes are; auto decides and says why")
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
