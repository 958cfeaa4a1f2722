#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace ds {

struct ClassInfo {
  int id = 0;  // stable for the life of the project; 0 when the class belongs to no project
  std::string name;
  std::string color;  // "#rrggbb"; empty: chosen from the palette
  std::string supercategory;
  std::vector<std::string> key_points = {};        // names, in the order of KeyPoints::points
  std::vector<std::pair<int, int>> skeleton = {};  // joined key points, counted from 0
  bool operator==(const ClassInfo&) const = default;
};

/// Classes in the project's order; the position is the training index. Names are unique.
class ClassList {
 public:
  ClassList() = default;
  /// Throws DataError on a duplicate or empty name.
  explicit ClassList(const std::vector<std::string>& names);

  int size() const { return static_cast<int>(classes_.size()); }
  bool empty() const { return classes_.empty(); }
  const ClassInfo& operator[](int class_idx) const {
    return classes_.at(static_cast<std::size_t>(class_idx));
  }
  /// Index of the new class. Throws DataError on a duplicate or empty name.
  int add(ClassInfo info);
  std::optional<int> find(const std::string& name) const;
  std::optional<int> find_id(int class_id) const;
  /// Throws UsageError naming the known classes and the nearest.
  int index_of(const std::string& name) const;
  std::vector<std::string> names() const;
  auto begin() const { return classes_.begin(); }
  auto end() const { return classes_.end(); }
  bool operator==(const ClassList&) const = default;

 private:
  std::vector<ClassInfo> classes_;
};

/// A well-separated colour for the n-th class, "#rrggbb".
std::string palette_color(int n);

}  // namespace ds
