#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "shared/pictures/picture_index.h"

/// Finding the pictures that labels name, however the name was written down: one search for all readers.
namespace ds::detail {

/// A path written with either slash, as '/'-separated.
std::string with_slashes(std::string path);
/// True for pictures that are masks and the like, in the folders that formats keep them in.
bool lies_with_masks(const std::filesystem::path& file);

struct ImageQuery {
  std::string given = {};  // as the labels write it, with either slash; may be an absolute path
  std::string stem = {};   // another name for it, without extension, should `given` not be there
  std::vector<std::filesystem::path> folders = {};  // where the format puts pictures: the first that has it
  std::filesystem::path labels = {};                // the file that names it: tells which of several is meant
};

struct FoundImage {
  std::filesystem::path file = {};                  // empty: not there, or one of several
  bool by_stem = false;                             // not under the name it was given
  std::vector<std::filesystem::path> several = {};  // that it may be
};

/// A name is looked for as it is in the format's own folders, then among all pictures below the root (or --images,
/// when given) by the longest end of its path that any of them has. Case and Unicode normalisation are forgiven
/// there, and what was forgiven is kept for a note. Of several pictures with the same end the one is taken that the
/// label file points to: by a split or its own name in the path, by standing below the same folder; else all of them
/// are returned, for the reader to say so.
class ImageFinder {
 public:
  /// @param path of the dataset; @param images instead of the format's folders, empty: none
  ImageFinder(const std::filesystem::path& path, std::filesystem::path images);

  FoundImage find(const ImageQuery& query);
  /// "below in/", for messages.
  std::string where() const;
  /// Which names were not the files', one line for each way.
  std::vector<std::string> notes() const;

 private:
  struct Tally {
    std::size_t count = 0;
    std::string first;
    void add(const std::string& given, const std::filesystem::path& file);
  };

  std::optional<std::filesystem::path> in_folders(const ImageQuery& query,
                                                  std::vector<std::filesystem::path>& longer) const;
  std::filesystem::path stem_in_folders(const ImageQuery& query) const;
  const std::vector<std::filesystem::path>& folders_of(const ImageQuery& query) const;
  FoundImage in_index(const ImageQuery& query, const std::vector<std::filesystem::path>& endings);
  FoundImage chosen(std::vector<std::filesystem::path> files, const ImageQuery& query) const;
  const PictureIndex& index();

  std::filesystem::path root_;
  int depth_;
  std::vector<std::filesystem::path> images_;  // --images alone, or none
  std::optional<PictureIndex> index_;          // made when first needed
  Tally spelled_;                              // in another case or normalisation
  Tally elsewhere_;
};

}  // namespace ds::detail
