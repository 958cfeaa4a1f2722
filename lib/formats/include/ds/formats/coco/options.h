#pragma once

namespace ds {

struct CocoReading {
  /// Entries that name the same file become one image.
  bool merge_duplicates = false;
};

struct CocoWriting {
  int first_id = 1;  // of categories; 0 or more
};

}  // namespace ds
