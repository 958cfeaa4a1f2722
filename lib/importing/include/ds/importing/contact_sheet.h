#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "ds/base/progress.h"
#include "ds/dataset/dataset.h"
#include "ds/formats/issue.h"

/// Pictures of labels for people who want to see whether they fit. Works on a dataset of any origin: a
/// project, a snapshot, or what a reader returned.
namespace ds {

/// The file of an image, by its index in dataset.images. What it throws becomes a grey field on the sheet.
using ImageFile = std::function<std::string(std::size_t index)>;

struct SheetOptions {
  std::size_t count = 24;  // images in all
  int columns = 4;
  int rows = 3;  // on one sheet
  int cell_width = 400;
  int cell_height = 300;   // of a picture, pixels
  std::uint64_t seed = 0;  // 0: evenly over the dataset; else at random by this seed
  int quality = 88;        // of the JPEG files
  std::string title = {};  // on every sheet
  /// Throws UsageError naming the field.
  void validate() const;
};

/// The issues of each image, beside dataset.images: those whose place is the image's name or file, its label
/// file, or an object of it.
std::vector<std::vector<Issue>> issues_of_images(const Dataset& dataset, const std::vector<Issue>& issues);

/// Indices of options.count images: first those with errors, then with warnings, then with notes, then
/// the others that are labelled (objects, or done without), or all when none is. Within each kind
/// evenly or at random.
std::vector<std::size_t> choose_images(const Dataset& dataset,
                                       const std::vector<std::vector<Issue>>& issues_of_image,
                                       const SheetOptions& options);

struct SheetReport {
  std::size_t images = 0;
  std::size_t with_issues = 0;
  std::vector<std::filesystem::path> files;
};

/// Writes `folder`/sheet_01.jpg ...: thumbnails with shapes in the colours of their classes, the image's
/// name, state, split, count of objects, codes of its issues, and a legend. Names of classes stand on the
/// objects where there are at most eight. Regions that are ignored or a crowd are grey.
SheetReport write_contact_sheets(const Dataset& dataset, const ImageFile& bytes,
                                 const std::vector<Issue>& issues, const std::filesystem::path& folder,
                                 const SheetOptions& options, Progress& progress);

/// The same choice, every image in full size in a file of its own: `folder`/<name with / as _>.jpg.
SheetReport write_overlays(const Dataset& dataset, const ImageFile& bytes, const std::vector<Issue>& issues,
                           const std::filesystem::path& folder, const SheetOptions& options,
                           Progress& progress);

}  // namespace ds
