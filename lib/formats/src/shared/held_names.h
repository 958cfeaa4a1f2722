#pragma once

#include <map>
#include <optional>
#include <string>

#include "ds/formats/annotation_format.h"

namespace ds::detail {

/// A dataset with names that a format can hold: the same one, or a copy in which the others were changed. The
/// dataset must outlive it.
class HeldNames {
 public:
  HeldNames(const Dataset& dataset, const NameRules& rules);
  HeldNames(const HeldNames&) = delete;
  HeldNames& operator=(const HeldNames&) = delete;

  const Dataset& dataset() const { return changed_ ? *changed_ : original_; }
  /// Images that got another name, by index.
  const std::map<std::size_t, std::string>& images() const { return images_; }
  /// Adds the changed names as losses of kind `name`.
  void count(LossReport& losses) const;

 private:
  const Dataset& original_;
  std::optional<Dataset> changed_;
  std::map<std::size_t, std::string> images_;
  std::map<int, std::string> classes_;
};

}  // namespace ds::detail
