#pragma once

#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "shared/reading.h"

/// The geometry of an object in Supervisely's JSON.
namespace ds::detail {

/// A class as meta.json declares it.
struct SuperviselyClass {
  std::string name;
  std::string geometry;                           // "rectangle"; "any" when each object says its own
  std::map<std::string, std::size_t> node_index;  // of "graph": the key point of a node's id
};

using SuperviselyReport = std::function<void(const char* code, const std::string& why)>;

/// Nothing, told to `report`, when the object has no shape that can be used. Pixels of a polygon's holes are
/// no part of it, so a polygon with holes becomes a mask of the size of `frame`.
std::optional<Shape> supervisely_shape(const nlohmann::json& object, const SuperviselyClass& declared,
                                       const Reading::Declared& frame, const SuperviselyReport& report);

}  // namespace ds::detail
