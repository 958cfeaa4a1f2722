#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "shared/reading.h"

/// One Pascal VOC file as it is written, and what its numbers mean.
namespace ds::detail {

struct VocObject {
  std::string name;
  int number = 0;  // of the <object> in its file, from 1
  std::int64_t line = 0;
  std::array<double, 4> numbers{};  // xmin ymin xmax ymax as written
  std::vector<Point> outline;       // Roboflow's <polygon>; empty: none
  std::optional<Shape> turned;      // roLabelImg's <robndbox>, in place of a <bndbox>
  Annotation annotation;            // everything but class and shape
};

struct VocFile {
  std::filesystem::path file;
  std::int64_t size_line = 1;
  std::string filename;
  std::optional<Reading::Declared> size;
  std::string collection;  // <folder> and <database>: who made it
  std::string policy;      // as our own writer recorded it
  std::vector<VocObject> objects;
  int object_count = 0;  // also of those that could not be used
};

/// Nothing, with an issue, when the file is no VOC annotation. Objects that cannot be used are
/// issues with their line.
std::optional<VocFile> read_voc_file(Reading& reading, const std::filesystem::path& file);

/// How the numbers of a dataset count, and what says so.
struct VocPolicy {
  std::string name;  // devkit, asis, shift
  Severity severity = Severity::note;
  std::string evidence;
};

/// The ways to read coordinates.
inline const std::vector<std::string> kVocReadCoords = {"auto", "devkit", "asis", "shift"};
/// One reading for the whole dataset, never for a file. `wanted` is "auto" or a policy's name.
VocPolicy choose_voc_policy(const std::vector<VocFile>& files, const std::string& wanted);
/// The object's shape: its outline or turned box when it has one, else its box.
Shape voc_shape(const VocObject& object, const std::string& policy);
/// The upright box around the object; a turned one counts from 0 whatever the policy.
Box voc_box(const VocObject& object, const std::string& policy);

/// True when the file is an <annotation> with boxes, or at least a size and a file name: other formats begin
/// with <annotation> too (MIT LabelMe).
bool looks_like_voc(const std::filesystem::path& file);

}  // namespace ds::detail
