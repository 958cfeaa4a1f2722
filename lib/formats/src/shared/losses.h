#pragma once

#include <set>
#include <string>

#include "ds/formats/annotation_format.h"

/// What a format can say, so that what it cannot say is counted the same way for every format.
namespace ds::detail {

struct FormatHolds {
  enum Scale { nothing, yes_or_no, exact };

  /// kind_name() of the shapes it keeps as they are ("box" is kept by all).
  std::set<std::string> shapes = {"box"};
  /// What becomes of the others: "become their bounding box", "become outlines", "left out".
  std::string other_shapes = "become their bounding box";
  bool rings = true;  // outlines of several rings, when it keeps polygons
  bool crowd = false;
  bool difficult = false;
  bool ignore = false;
  Scale truncated = nothing;
  Scale occluded = nothing;
  bool score = false;
  bool track = false;
  bool group = false;
  bool z = false;
  bool attributes = false;
  bool tags = false;         // of the image: present
  bool absent_tags = false;  // of the image: looked for and not there
  bool image_attributes = false;
  bool splits = true;
  bool key_point_names = false;
  bool supercategory = false;
  bool unused_classes = true;  // classes without an object or tag, and the classes' order
};

/// Counts the objects, images and classes of which something cannot be said, under the kinds of
/// loss_kinds(). What needs the format's own view (boxes cut at the edge, rounded numbers) it counts itself.
void count_losses(const Dataset& dataset, const FormatHolds& holds, LossReport& losses);

/// False for a value that only says no: nothing, 0, "false", "no", "none". Leaving it out loses nothing.
bool says_something(const std::string& value);
/// True when an object's attributes say something.
bool says_something(const std::map<std::string, std::string>& attributes);
/// As says_something; what exporters fill in about where a picture came from (COCO's license, date_captured,
/// flickr_url, coco_url) is nothing said of what is on it.
bool tells_of_image(const std::string& key, const std::string& value);
/// False for none, for the class's own name, and for the root that Roboflow hangs every class below.
bool says_supercategory(const ClassList& classes, const ClassInfo& info);

}  // namespace ds::detail
