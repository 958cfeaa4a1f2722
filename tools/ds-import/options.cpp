#include "options.h"

namespace ds::import_tool {

std::vector<std::string> formats_to_read() {
  auto names = annotation_formats().names();
  names.insert(names.begin(), "auto");
  return names;
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
      .add(
          "annotator", reading.annotator,
          "Label Studio: whose annotation of a task counts (id, name or mail); else the ground truth, else the latest",
          "WHO");
}

}  // namespace ds::import_tool
