#include "proof/objects.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ds/base/error.h"
#include "ds/base/text.h"
#include "ds/geometry/clip_shape.h"
#include "proof/shapes.h"
#include "shared/losses.h"

namespace ds::detail {

namespace {

double slack_of(const Image& image) {
  return 2e-6 * std::max(image.width, image.height) + 1e-9;  // corners of six decimals
}

constexpr double kFittedCorners = 0.06;  // pixels

bool reaches_outside(const Image& image, const Box& box) {
  return box.x0 < 0 || box.y0 < 0 || box.x1 > image.width || box.y1 > image.height;
}

// Cut at the edge as a shape, or as the box around it.
bool is_what_is_inside(const Image& image, const Shape& whole, const Shape& found, double slack) {
  if (auto inside = clipped_shape(whole, image.width, image.height)) {
    auto error = shape_error(*inside, found);
    if ((error && *error <= slack) || stands_for(*inside, found, slack)) return true;
  }
  auto cut = clipped(bounding_box(whole), image.width, image.height);
  return stands_for(cut, found, slack) || stands_for(cut, bounding_box(found), slack);
}

template <typename T>
std::string text_of(const std::optional<T>& value) {
  return value ? fmt::format("{}", *value) : "unknown";
}

// Formats that cannot say "unknown" say 0.
bool same_degree(const std::optional<double>& a, const std::optional<double>& b) {
  return std::abs(a.value_or(0) - b.value_or(0)) <= 1e-6;
}

}  // namespace

void ObjectProof::compare_shape(const Image& image, const Annotation& a, const Annotation& b,
                                ObjectDifference& result) const {
  double slack = slack_of(image);
  auto error = shape_error(a.shape, b.shape);
  // Four corners that are a rectangle but for rounding are read as one.
  bool fitted = std::holds_alternative<Polygon>(a.shape) && std::holds_alternative<RotatedBox>(b.shape);
  if (error && *error <= (fitted ? slack + kFittedCorners : slack)) {
    result.error = *error;
    return;
  }
  result.same_shape = false;
  auto kind = kind_name(a.shape);
  bool outside = named("outside") && reaches_outside(image, a.box());
  bool by_kind = named(kind) && stands_for(a.shape, b.shape, slack);
  if (by_kind) {
    result.kinds.insert(kind);
  } else if (named("fraction") && (named(kind) || error) && stands_for(a.shape, b.shape, 1 + slack)) {
    result.kinds.insert("fraction");
    if (!error) result.kinds.insert(kind);
  } else if (named("parts") && stands_for(a.shape, b.shape, slack)) {
    result.kinds.insert("parts");
  } else if (outside && is_what_is_inside(image, a.shape, b.shape, slack)) {
    result.kinds.insert("outside");
    if (named(kind) && a.shape.index() != b.shape.index()) result.kinds.insert(kind);
  } else {
    result.refused = fmt::format("is {} and reads back as {}{}", describe(a.shape), describe(b.shape),
                                 error ? fmt::format(" ({} pixels apart)", shortest(*error)) : "");
  }
}

void ObjectProof::compare_marks(const Annotation& a, const Annotation& b, ObjectDifference& result) const {
  auto lost = [&](const std::string& kind, const std::string& was, const std::string& is) {
    if (named(kind))
      result.kinds.insert(kind);
    else if (result.refused.empty())
      result.refused = fmt::format("has {} {} and reads back with {}", kind, was, is);
  };
  auto mark = [&](const char* kind, bool was, bool is) {
    if (was != is) lost(kind, was ? "yes" : "no", is ? "yes" : "no");
  };
  mark("crowd", a.crowd, b.crowd);
  mark("difficult", a.difficult, b.difficult);
  // Readers mark boxes without area, and regions to be ignored may be crowds to others.
  bool ignored = a.ignore || !is_proper(a.box());
  bool found = b.ignore || !is_proper(b.box());
  if (!(a.crowd && named("crowd"))) mark("ignore", ignored, found);
  if (!same_degree(a.truncated, b.truncated)) lost("truncated", text_of(a.truncated), text_of(b.truncated));
  if (!same_degree(a.occluded, b.occluded)) lost("occluded", text_of(a.occluded), text_of(b.occluded));
  if (a.score.has_value() != b.score.has_value() ||
      std::abs(a.score.value_or(0) - b.score.value_or(0)) > 1e-6)
    lost("score", text_of(a.score), text_of(b.score));
  if (a.track_id != b.track_id) lost("track", text_of(a.track_id), text_of(b.track_id));
  if (a.group_id != b.group_id) lost("group", text_of(a.group_id), text_of(b.group_id));
  if (a.z != b.z) lost("z", std::to_string(a.z), std::to_string(b.z));
  for (const auto& [key, value] : a.attributes) {
    auto there = b.attributes.find(key);
    bool gone = there == b.attributes.end();
    if (gone ? says_something(value) : there->second != value)
      lost("attributes", key + " = " + value, there == b.attributes.end() ? "none" : there->second);
  }
  for (const auto& [key, value] : b.attributes) result.added_attributes |= !a.attributes.contains(key);
}

// A class may get another name when that is named, the same one everywhere.
std::string ObjectProof::class_refusal(const std::string& was, const std::string& is) const {
  if (was == is) return "";
  auto known = renamed_.find(was);
  if (named("name") && (known == renamed_.end() || known->second == is)) return "";
  return fmt::format("is a {} and reads back as a {}", was, is);
}

ObjectDifference ObjectProof::difference(const Image& image, const Annotation& a, const Annotation& b) const {
  ObjectDifference result;
  result.refused = class_refusal(expected_.classes[a.class_idx].name, found_.classes[b.class_idx].name);
  if (result.refused.empty()) compare_shape(image, a, b, result);
  if (result.refused.empty()) compare_marks(a, b, result);
  return result;
}

std::string ObjectProof::left_out_as(const Image& image, const Annotation& a) const {
  std::vector<std::string> kinds = {kind_name(a.shape)};
  auto box = a.box();
  if (a.crowd) kinds.push_back("crowd");
  if (a.ignore) kinds.push_back("ignore");
  if (!is_proper(box)) kinds.push_back("zero-size");
  if (a.score) kinds.push_back("score");
  for (const auto& kind : kinds) {
    auto loss = losses_.kinds.find(kind);
    if (loss != losses_.kinds.end() && loss->second.what.find("left out") != std::string::npos) return kind;
  }
  bool gone = !is_proper(clipped(box, image.width, image.height));
  return gone && is_proper(box) && named("outside") ? "outside" : "";
}

void ObjectProof::count(const Annotation& written, const Annotation& read, const ObjectDifference& result) {
  const auto& was = expected_.classes[written.class_idx].name;
  const auto& is = found_.classes[read.class_idx].name;
  if (was != is && renamed_.emplace(was, is).second) ++proof_.lost["name"];
  ++proof_.objects;
  ++proof_.kinds[kind_name(written.shape)];
  if (result.same_shape) proof_.largest_error = std::max(proof_.largest_error, result.error);
  for (const auto& kind : result.kinds) ++proof_.lost[kind];
}

bool ObjectProof::found_in_parts(const Image& image, const Annotation& annotation,
                                 const std::vector<Annotation>& theirs, std::vector<bool>& taken) {
  const auto* polygon = std::get_if<Polygon>(&annotation.shape);
  if (polygon == nullptr || polygon->rings.size() < 2 || !named("parts")) return false;
  auto now_taken = taken;
  std::vector<ObjectDifference> results;
  std::size_t last = 0;
  for (const auto& ring : polygon->rings) {
    auto part = annotation;
    part.shape = Polygon{{ring}};
    bool found = false;
    for (std::size_t k = 0; k < theirs.size() && !found; ++k) {
      if (now_taken[k]) continue;
      part.group_id = theirs[k].group_id;
      auto result = difference(image, part, theirs[k]);
      if (!result.refused.empty()) continue;
      results.push_back(std::move(result));
      now_taken[k] = found = true;
      last = k;
    }
    if (!found) return false;
  }
  for (auto& result : results) {
    results.front().kinds.merge(result.kinds);
    results.front().error = std::max(results.front().error, result.error);
  }
  results.front().kinds.insert("parts");
  count(annotation, theirs[last], results.front());
  taken = std::move(now_taken);
  return true;
}

// In order first; what stands elsewhere is looked for among those not yet matched.
void ObjectProof::compare(const Image& expected, const Image& found) {
  const auto& theirs = found.annotations;
  std::vector<bool> taken(theirs.size());
  std::size_t next = 0;
  auto fail = [&](const std::string& what) {
    throw DataError(fmt::format("proof failed at {}: {}", expected.name, what));
  };
  bool added = false;
  for (std::size_t i = 0; i < expected.annotations.size(); ++i) {
    const auto& a = expected.annotations[i];
    while (next < theirs.size() && taken[next]) ++next;
    std::string first_refusal;
    std::optional<std::size_t> match;
    for (std::size_t k = next; k < theirs.size() && !match; ++k) {
      if (taken[k]) continue;
      auto result = difference(expected, a, theirs[k]);
      if (result.refused.empty()) {
        match = k;
        count(a, theirs[k], result);
        added |= result.added_attributes;
      } else if (first_refusal.empty()) {
        first_refusal = result.refused;
      }
    }
    if (match) {
      taken[*match] = true;
    } else if (found_in_parts(expected, a, theirs, taken)) {
      continue;
    } else if (auto kind = left_out_as(expected, a); !kind.empty()) {
      ++proof_.lost[kind];
    } else if (theirs.size() < expected.annotations.size() || first_refusal.empty()) {
      fail(fmt::format("{} objects were written, {} read back", expected.annotations.size(), theirs.size()));
    } else {
      fail(fmt::format("object {} {}", i + 1, first_refusal));
    }
  }
  auto more = std::count(taken.begin(), taken.end(), false);
  if (more > 0)
    fail(fmt::format("{} objects were written, {} read back", expected.annotations.size(), theirs.size()));
  const std::string remark = "objects come back with attributes they did not have";
  if (added && std::find(proof_.remarks.begin(), proof_.remarks.end(), remark) == proof_.remarks.end())
    proof_.remarks.push_back(remark);
}

}  // namespace ds::detail
