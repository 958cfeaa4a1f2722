#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "ds/dataset/class_list.h"

namespace ds {

namespace detail {
class Database;
}

/// The project's classes: ids are stable, the order is the training index. Changes are journalled.
class ClassStore {
 public:
  explicit ClassStore(detail::Database& database) : database_(database) {}
  ClassList list() const;
  /// Appends; returns the class with its id. Throws UsageError on a duplicate name.
  ClassInfo add(const std::string& name, const std::string& color = {},
                const std::string& supercategory = {});
  void rename(const std::string& name, const std::string& new_name);
  void set_color(const std::string& name, const std::string& color);
  /// Names of the key points in their order, and which are joined. Throws UsageError for a
  /// joint without its point.
  void set_key_points(const std::string& name, const std::vector<std::string>& key_points,
                      const std::vector<std::pair<int, int>>& skeleton = {});
  /// Every annotation and tag of `from` becomes one of `into`; `from` is gone. Returns how many changed.
  std::int64_t merge(const std::string& from, const std::string& into);
  /// Throws UsageError when annotations or tags use it, unless `with_annotations`; returns how many
  /// annotations were removed.
  std::int64_t remove(const std::string& name, bool with_annotations = false);
  /// Every class once, in the new order.
  void reorder(const std::vector<std::string>& names);

 private:
  detail::Database& database_;
};

}  // namespace ds
