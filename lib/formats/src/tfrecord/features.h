#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tfrecord/tf_example.pb.h"

namespace ds::detail {

/// The features of one tf.train.Example by name, whichever of the three lists they stand in. What
/// is absent is empty.
class TfFeatures {
 public:
  /// False when the bytes are no Example.
  bool parse(const std::string& data) { return example_.ParseFromString(data); }

  std::vector<std::string> texts(const std::string& name) const;
  /// The first of them.
  std::string text(const std::string& name) const;
  /// A float32 is what it was meant to be: 0.2, not 0.20000000298.
  std::vector<double> numbers(const std::string& name) const;
  /// The first of them; nothing when it is no integer.
  std::optional<std::int64_t> integer(const std::string& name) const;
  bool has(const std::string& name) const { return find(name) != nullptr; }
  /// Whether a feature of this prefix has a value.
  bool has_any(const std::string& prefix) const;

 private:
  const tf::Feature* find(const std::string& name) const;
  tf::Example example_;
};

}  // namespace ds::detail
