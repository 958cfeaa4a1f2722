#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "ds/base/error.h"

namespace ds {

/// Names to what they stand for, in the order they were added. Each family (formats, architectures,
/// engines ...) is filled by ONE explicit function in its module's src/registry.cpp: a self-registering static would be
/// dropped by the linker. Help texts, unknown-name errors and contract tests iterate it. `T` is what
/// a name stands for: usually a plain struct of functions, or one std::function.
template <typename T>
class Registry {
 public:
  struct Entry {
    std::string name;
    std::string summary;
    T value;
  };

  /// @param kind what an entry is called in messages: "annotation format"
  explicit Registry(std::string kind) : kind_(std::move(kind)) {}

  void add(std::string name, std::string summary, T value) {
    entries_.push_back({std::move(name), std::move(summary), std::move(value)});
  }
  const std::vector<Entry>& entries() const { return entries_; }
  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& entry : entries_) all.push_back(entry.name);
    return all;
  }
  bool contains(const std::string& name) const {
    for (const auto& entry : entries_)
      if (entry.name == name) return true;
    return false;
  }
  /// Throws UsageError with the known names and the nearest one.
  const Entry& at(const std::string& name) const {
    for (const auto& entry : entries_)
      if (entry.name == name) return entry;
    throw_unknown_name(kind_, name, names());
  }

 private:
  std::string kind_;
  std::vector<Entry> entries_;
};

}  // namespace ds
