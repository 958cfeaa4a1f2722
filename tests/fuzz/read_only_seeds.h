#pragma once

#include <map>
#include <string>
#include <vector>

#include "ds/geometry/run_length_mask.h"

namespace ds::fuzz {

/// A small dataset in a format that no writer of ours makes.
struct ReadOnlySeed {
  std::map<std::string, std::string> texts;  // by path
  std::vector<std::string> pictures;         // paths, all of one picture of width x height
};

/// Empty for a format that has none: it is to be added here.
inline ReadOnlySeed read_only_seed(const std::string& format, int width, int height) {
  if (format == "keras-txt")
    return {{{"train/_annotations.txt", "a.png 1,2,20,10,0 3,3,9,9,1\nb c.png\n"},
             {"train/_classes.txt", "car\nred bus\n"}},
            {"train/a.png", "train/b c.png"}};
  if (format == "visdrone")
    return {{{"train/annotations/a.txt", "1,2,20,10,1,4,0,2\n0,0,5,5,0,0,0,0,\n"},
             {"train/annotations/b.txt", ""}},
            {"train/images/a.png", "train/images/b.png"}};
  if (format == "supervisely")
    return {
        {{"meta.json", R"({"classes": [{"id": 1, "title": "car", "shape": "any"}, {"id": 2, "title": "body",
              "shape": "graph", "geometry_config": {"nodes": {"n": {"label": "nose"}}}}], "tags": []})"},
         {"ds/ann/a.png.json",
          R"({"size": {"width": 40, "height": 24}, "tags": [{"name": "rain", "value": 1}],
              "objects": [{"classTitle": "car", "geometryType": "rectangle", "points": {"exterior": [[1, 2], [9, 8]]}},
              {"classTitle": "car", "geometryType": "polygon", "points": {"exterior": [[1, 1], [9, 1], [9, 9]],
               "interior": [[[3, 2], [5, 2], [5, 4]]]}},
              {"classTitle": "car", "geometryType": "oriented_bbox", "points": [[1, 2], [9, 8]], "angle": 0.5},
              {"classTitle": "car", "geometryType": "bitmap", "bitmap": {"origin": [2, 3], "data": "eJzjAAAACwAL"}},
              {"classId": 2, "geometryType": "graph", "nodes": {"n": {"loc": [3, 4]}}}]})"}},
        {"ds/img/a.png"}};
  if (format == "mots") {
    auto pixels = static_cast<std::uint32_t>(width * height);
    auto mask = encode_run_length(mask_from_runs({30, 4, 20, 4, pixels - 58}, height, width));
    auto size = std::to_string(height) + " " + std::to_string(width) + " ";
    return {{{"train/one/gt/gt.txt", "1 1005 1 " + size + mask + "\n2 10000 10 " + size + mask + "\n"},
             {"train/one/gt/labels.txt", "car\nred bus\n"}},
            {"train/one/img1/000001.png", "train/one/img1/000002.png"}};
  }
  return {};
}

}  // namespace ds::fuzz
