#pragma once

#include <functional>
#include <string>
#include <vector>

#include "ds/dataset/image.h"

namespace ds {

/// What one format can call images and classes. No format holds a name that climbs (`..`), begins at the
/// root, or has a backslash (a slash to many readers) or a control character in it. Every other name is
/// written as one that the format's readers find again, and counts as a loss of kind `name`.
struct NameRules {
  /// Folders that mean something to those who read the format: image_2, masks.
  std::function<bool(const std::string& folder)> taken_folder = {};
  /// Whether a folder called like a split (train, val2017) puts the images below it into that split.
  bool folders_are_splits = false;
  bool walked = false;          // readers look for files, and pass over those that begin with a dot
  bool by_suffix = true;        // readers take only what has a picture's suffix for one
  bool trimmed = false;         // names lose the blanks at their ends
  std::string characters = {};  // that no image's name can have
  std::vector<std::string> beginnings = {};  // that no image's name can have
  std::size_t longest = 255;  // bytes of a file's or folder's name, with the longest suffix of labels
  /// Paths by which readers look for an image or its labels, right or wrong ones: of two images with one in
  /// common the second gets another name. Without: nothing is shared.
  using Paths = std::vector<std::string>;
  std::function<Paths(const Image&, const std::string& name)> looked_for = {};

  /// Classes stand on lines of their own, or are read without the blanks around them.
  bool bare_classes = false;
};

}  // namespace ds
