#pragma once

#include <string>
#include <vector>

#include "ds/labeling/selection.h"

namespace ds {

struct FileListOptions {
  std::string where = {};     // filter; empty: all images
  std::string sort = "name";  // one of file_sort_keys()
  bool descending = false;
  int page = 1;        // from 1
  int page_size = 50;  // 0: all on one page
};

/// name (natural order), id, status, split, assignee, labels, proposals, size (pixels),
/// revision; ties by name.
std::vector<std::string> file_sort_keys();

struct FilePage {
  std::vector<Image> images;  // with annotations
  std::size_t total = 0;      // images of the filter
  int page = 1;
  int pages = 1;
};

/// Throws UsageError for a page that does not exist.
FilePage list_files(Project& project, const FileListOptions& options);

/// Removes the chosen images. Throws UsageError when one holds labels by people, unless `with_labels`.
std::size_t remove_images(Project& project, const Selection& selection, bool with_labels);

}  // namespace ds
