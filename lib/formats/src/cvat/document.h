#pragma once

#include <set>

#include "cvat/file.h"
#include "cvat/shape.h"

/// One CVAT file being read: what its images and its tracks share.
namespace ds::detail {

struct CvatDocument {
  XmlFile xml;
  CvatMeta meta;
  std::set<std::string> warned = {};  // labels that <meta> does not declare, named once each
};

/// The class of a shape's label; a warning when there is none, or <meta> does not declare it.
int cvat_class(Reading& reading, CvatDocument& document, const std::string& label, const Location& place);

/// The annotation a shape element says, without class, or nothing with an issue.
std::optional<Annotation> read_cvat_object(Reading& reading, const CvatDocument& document,
                                           pugi::xml_node node, int class_idx, const CvatCanvas& canvas);

/// The masks' frame: the stored picture when labels were drawn on that.
CvatCanvas cvat_canvas(const Reading& reading, const Image& image);

/// An id written as a number; group 0 is none.
std::optional<std::int64_t> cvat_id(pugi::xml_node node, const char* name);

/// The split a subset's name says, else the file's name, else its folder's.
std::optional<Split> cvat_split(const Reading& reading, const CvatDocument& document,
                                const std::string& subset);

/// The <track> elements: an image for every frame that has a picture or a visible object.
void read_cvat_tracks(Reading& reading, CvatDocument& document);

}  // namespace ds::detail
