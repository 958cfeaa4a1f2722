#pragma once

#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "shared/reading.h"

namespace ds::detail {

/// What a list of results says about an image.
struct StudioResults {
  struct Object {
    Annotation annotation;  // without class
    std::vector<std::string> labels;
    std::string pointer;
    std::string id;
  };
  struct Choice {
    std::string control;  // its name in the labelling configuration
    std::string value;
  };
  std::vector<Object> objects;
  std::vector<Choice> choices;                             // about the image
  std::vector<std::pair<std::string, std::string>> texts;  // about the image: control, value
  std::size_t relations = 0;
};

using StudioReport = std::function<void(Severity, const std::string& code, const std::string& pointer,
                                        const std::string& message)>;

/// @param width, height of the picture that the percentages are of
StudioResults read_studio_results(const nlohmann::json& results, const std::string& pointer, int width,
                                  int height, const StudioReport& report);

/// A rectangle of percentages, rotated about its top-left corner, in pixels.
struct StudioRectangle {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;
  double rotation = 0;  // degrees clockwise
};
Shape shape_of(const StudioRectangle& rectangle, int width, int height);

WrittenDataset write_label_studio(const Dataset& dataset, const WriteOptions& options);

}  // namespace ds::detail
