#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "ds/geometry/shape.h"

namespace ds {

/// Where an annotation came from.
enum class Source { manual, automatic, import, capture };
std::string to_string(Source source);
Source source_from_string(const std::string& text);

/// Where in a foreign dataset an annotation stood.
struct Provenance {
  std::string file;
  std::string place;  // line, JSON pointer or XPath
  std::string original_id;
  bool operator==(const Provenance&) const = default;
};

/// One labelled (or proposed) object.
struct Annotation {
  std::int64_t id = 0;  // 0 until a project has stored it
  int class_idx = 0;    // into the ClassList it stands beside
  Shape shape = Box{};
  bool crowd = false;  // an ignore region: never a training target
  bool difficult = false;
  bool ignore = false;
  std::optional<double> truncated = std::nullopt;  // 0..1, unknown when absent
  std::optional<double> occluded = std::nullopt;   // the format's own scale, unknown when absent
  std::optional<double> score = std::nullopt;      // of the model that proposed it
  std::optional<double> area = std::nullopt;  // as declared by the source, when it differs from the shape's
  std::optional<std::int64_t> track_id = std::nullopt;
  std::optional<std::int64_t> group_id = std::nullopt;
  int z = 0;
  Source source = Source::manual;
  std::string model_id = {};  // when source is automatic or capture
  bool proposal = false;      // made by a model, not yet seen by a person; never trains
  std::map<std::string, std::string> attributes = {};
  Provenance provenance = {};

  Box box() const { return bounding_box(shape); }
  bool operator==(const Annotation&) const = default;
};

}  // namespace ds
