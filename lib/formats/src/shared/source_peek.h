#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

/// What format detectors look at: a path, walked once and opened little, however many formats ask.
namespace ds::detail {

/// The outermost shape of a JSON file.
struct JsonOutline {
  bool is_object = false;
  bool is_array = false;
  std::vector<std::string> keys;  // of the object, or of an array's first element when that is an object
  bool has(const std::string& key) const;
};

class SourcePeek {
 public:
  explicit SourcePeek(std::filesystem::path path);

  const std::filesystem::path& path() const { return path_; }
  bool is_folder() const { return is_folder_; }
  /// The files below the path (or the one file it is) whose names end in `suffix` (lower case, ".json"; any
  /// case in the file's name), in natural order. Clutter and hidden folders are passed over.
  const std::vector<std::filesystem::path>& files(const std::string& suffix) const;
  /// Every suffix that files below the path have, in lower case: for names like .record-00003-of-00010.
  std::vector<std::string> suffixes() const;
  /// The first 20 of them, at most `max_depth` folders down: enough to tell a format by.
  std::vector<std::filesystem::path> few(const std::string& suffix, int max_depth = 32) const;
  /// Whether a .txt file has a picture of its name beside it.
  bool has_texts_beside_pictures() const;
  /// Empty for what is no JSON; of a file that breaks off, what stands before the break.
  const JsonOutline& json(const std::filesystem::path& file) const;
  /// The first 4096 bytes of a file at most, as head_of.
  std::string head(const std::filesystem::path& file) const;
  /// Folders between the path and the file.
  int depth_of(const std::filesystem::path& file) const;
  /// The file as evidence names it: relative to the path.
  std::string shown(const std::filesystem::path& file) const;

 private:
  std::filesystem::path path_;
  bool is_folder_;
  mutable bool walked_ = false;
  mutable std::map<std::string, std::vector<std::filesystem::path>> by_suffix_;
  mutable std::map<std::filesystem::path, JsonOutline> outlines_;
};

}  // namespace ds::detail
