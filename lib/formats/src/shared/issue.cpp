#include "ds/formats/issue.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace ds {

std::string to_string(Severity severity) {
  static constexpr const char* kNames[] = {"note", "warning", "error"};
  return kNames[static_cast<int>(severity)];
}

std::string Issue::to_string() const {
  return fmt::format("{} {} {}: {}", ds::to_string(severity), code, location.to_string(), message);
}

const std::map<std::string, std::string>& issue_codes() {
  static const std::map<std::string, std::string> codes = {
      {"AMBIGUOUS_IMAGE", "the labels name an image that may be any of several files; left out"},
      {"AMBIGUOUS_ROW", "a YOLO row of nine numbers may be a polygon or a rotated box"},
      {"AREA_MISMATCH", "the declared area differs from the shape's by more than 1 %"},
      {"BAD_FILE", "a label file cannot be parsed; the others are used"},
      {"BAD_ID", "an id is written as text or with a fraction"},
      {"BAD_NAME", "the name of a file is not UTF-8; the image is left out"},
      {"BAD_NUMBER", "not a finite number, or one that cannot be"},
      {"BAD_ROW", "a row or object without the parts it needs"},
      {"BAD_SEGMENTATION", "an outline or mask that is none; the box is used"},
      {"BOX_MASK_MISMATCH", "the declared box and the outline differ by 1 pixel or more"},
      {"BOX_OUTSIDE_IMAGE", "a box reaches outside its image; kept as it is"},
      {"BROKEN_IMAGE", "the image file cannot be read"},
      {"CREATEML_ANCHOR", "what x and y of CreateML boxes were read as, and why"},
      {"DEAD_LINK", "symbolic links below the dataset lead nowhere"},
      {"DONT_CARE", "KITTI's DontCare regions are kept beside the objects, in the image's attributes"},
      {"DUPLICATE_CLASS", "two classes have the same name"},
      {"DUPLICATE_IMAGE", "two entries name the same image file"},
      {"EMPTY_LABEL", "an object without a class name; kept under a class of its own"},
      {"EXIF_FRAME_MISMATCH", "the declared size is that of the stored picture, before EXIF orientation"},
      {"EXTRA_NUMBER", "a YOLO row has a number behind the box or the outline"},
      {"FRAME_OFF_GRID", "a track names a frame that its video does not have; kept"},
      {"INVERTED_BOX", "minimum and maximum were exchanged; they were swapped back"},
      {"LABEL_CONFLICT", "a class id and a class name of one object do not belong together; the id counts"},
      {"LOOKS_LIKE_CORNERS", "the boxes of YOLO rows leave their images, and would not as corners"},
      {"MASK_UNDECIDED", "an instance mask whose object or class cannot be told; left out"},
      {"MISSING_IMAGE", "the labels name an image that is not there"},
      {"MISSING_SPLIT", "the dataset names a list or folder of a split that is not there"},
      {"MIXED_ROWS", "boxes and outlines in one YOLO file"},
      {"MOT_BASE", "what the numbers of MOT files count from, and why"},
      {"SHARED_LABELS", "two images share one label file"},
      {"SIZE_MISMATCH", "the declared size differs from the picture's"},
      {"SKEWED_BOX", "the four corners of a rotated box are no rectangle; kept as an outline"},
      {"SPLIT_OVERLAP", "an image is in two of train, val and test; the first counts"},
      {"TAG_CONFLICT", "an image is said to show a class and not to show it; the first counts"},
      {"TINY_IMAGE", "a side under 10 pixels"},
      {"TURNED_VIEW", "a picture was turned while it was labelled; its coordinates may be turned too"},
      {"UNKNOWN_CLASS", "a label names a class that is not declared"},
      {"UNKNOWN_IMAGE", "an annotation belongs to no image"},
      {"UNMATCHED_MASK", "a mask belongs to no box; it is an object of its own"},
      {"UNREAD_ARCHIVE", "an archive below the dataset is left packed"},
      {"UNREAD_IMAGE", "pictures below the dataset that no label names; left out"},
      {"UNREAD_LABELS",
       "label files that belong to no image, or to another format; nothing is read from them"},
      {"UNREAD_VIDEO", "a video below the dataset is left out"},
      {"UNSURE_TAG", "an image label that is neither verified present nor absent; left out"},
      {"VIDEO_REGION", "regions of a video whose frames are not there as pictures; left out"},
      {"VOC_COORDS", "which reading of Pascal VOC coordinates was chosen, and why"},
      {"WRONG_FILENAME", "the label names another image file; the one with its own name was used"},
      {"ZERO_SIZE_BOX", "a box without width or height; kept, never trained on or counted"},
  };
  return codes;
}

bool loses_objects(const Issue& issue) {
  static const std::set<std::string> codes = {"AMBIGUOUS_IMAGE",  "BAD_FILE",      "BAD_NUMBER",   "BAD_ROW",
                                              "BAD_SEGMENTATION", "UNKNOWN_CLASS", "UNKNOWN_IMAGE"};
  return issue.severity == Severity::error && codes.contains(issue.code);
}

std::size_t count_of(const std::vector<Issue>& issues, Severity severity) {
  return static_cast<std::size_t>(std::count_if(
      issues.begin(), issues.end(), [&](const Issue& issue) { return issue.severity == severity; }));
}

}  // namespace ds
