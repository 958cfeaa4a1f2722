#pragma once

#include <array>
#include <functional>
#include <map>
#include <optional>
#include <pugixml.hpp>
#include <string>
#include <vector>

#include "ds/dataset/annotation.h"
#include "ds/dataset/class_list.h"

/// Shapes of CVAT XML 1.1, both ways.
namespace ds::detail {

/// The class of shapes whose label is empty.
inline constexpr const char* kCvatNoLabel = "(no label)";

/// The picture that a mask lies on.
struct CvatCanvas {
  int width = 0;
  int height = 0;
};

/// Says why a shape cannot be used: a code and the reason, `xtl is 'a', not a finite number`.
using CvatReport = std::function<void(const char* code, const std::string& why)>;

bool is_cvat_shape(const std::string& element);

/// Shape, occlusion, depth and attributes of a <box>, <polygon>, <polyline>, <points>, <ellipse>, <mask>,
/// <cuboid> (its outline; the 16 numbers go to the attribute "cuboid") or <skeleton> (points in the order of
/// `info.key_points`). Attributes that ds has members for (truncated, difficult, is_crowd, ignore, score,
/// area, track_id, and occluded on its own scale) go there.
/// Nothing, after a report, when a number is wrong.
std::optional<Annotation> read_cvat_shape(pugi::xml_node node, const ClassInfo& info,
                                          const CvatCanvas& canvas, const CvatReport& report);

/// The shape a part `t` (0..1) of the way from one keyframe to the next; the first one's when the
/// two cannot be mixed.
Annotation cvat_between(const Annotation& from, const Annotation& to, double t);

/// The corners' names in a <cuboid>.
inline constexpr std::array<const char*, 16> kCvatCuboid = {"xtl1", "ytl1", "xbl1", "ybl1", "xtr1", "ytr1",
                                                            "xbr1", "ybr1", "xtl2", "ytl2", "xbl2", "ybl2",
                                                            "xtr2", "ytr2", "xbr2", "ybr2"};
/// The outline of a cuboid's eight corners x, y.
Polygon cvat_cuboid_outline(const std::vector<double>& numbers);
/// The 16 numbers of the attribute "cuboid"; empty when there are none.
std::vector<double> cvat_cuboid_numbers(const Annotation& annotation);

/// Appends the elements that say this object (several when an outline has several rings) and returns them;
/// the caller adds label, frame and the like.
std::vector<pugi::xml_node> add_cvat_shape(pugi::xml_node parent, const Annotation& annotation,
                                           const ClassInfo& info);

/// Stores an attribute as the mark that its name and value say, else as an attribute.
void take_cvat_attribute(Annotation& annotation, const std::string& name, const std::string& value);
/// True when an attribute of ours would be taken for a mark: it cannot be written as it is.
bool is_cvat_mark(const std::string& name, const std::string& value);
/// The attributes as they are written, with those that ds has members for.
std::map<std::string, std::string> cvat_attributes(const Annotation& annotation);

/// Name of the i-th key point: the class's, else the number from 1.
std::string cvat_key_point(const ClassInfo& info, std::size_t i);

/// True when the points of a KeyPoints cannot be plain <points>.
bool needs_skeleton(const KeyPoints& points, const ClassInfo& info);

}  // namespace ds::detail
