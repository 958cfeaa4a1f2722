#pragma once

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "ds/formats/annotation_format.h"

namespace ds {

/// What reading a written dataset back has shown.
struct Proof {
  std::size_t images = 0;
  std::size_t objects = 0;
  std::size_t tags = 0;
  std::map<std::string, std::size_t> kinds;  // objects by kind_name() of their shape as written
  double largest_error = 0;                 // of any coordinate, pixels; of shapes that were to stay the same
  std::map<std::string, std::size_t> lost;  // what does differ, by the kind of loss the writer named
  std::vector<std::string> remarks;  // what differs and is no loss: the classes' order, added attributes

  /// `6 images, 12 objects (10 box, 2 polygon); largest error 3.1e-05 px`.
  std::string to_string() const;
};

struct ProofOptions {
  /// Beside dataset.images: where the pictures' bytes are. Datasets written without images are read back
  /// beside links to these, for formats that hold no sizes; empty when there are none.
  std::vector<std::filesystem::path> files = {};
  ReadOptions reading = {};
};

/// Reads a dataset that write_dataset has just written with the format's own reader and compares
/// everything: image by image sizes, states, splits, tags and attributes; object by object class, shape
/// (the same within 2e-6 of the image's longer side, or what the named loss makes of it), and crowd,
/// difficult, ignore, occluded, truncated, score, track, group, z and attributes. A difference must be one
/// of the kinds that `report.losses` names, and happen no more often than it counts. Throws DataError
/// naming the first that is not.
Proof prove_dataset(const Dataset& expected, const std::filesystem::path& written, const std::string& format,
                    const WriteReport& report, const ProofOptions& options = {});

}  // namespace ds
