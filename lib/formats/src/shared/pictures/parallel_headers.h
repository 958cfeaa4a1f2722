#pragma once

#include <optional>
#include <string>
#include <unordered_map>

#include "ds/formats/header_source.h"

namespace ds::detail {

/// Headers read on several threads and remembered.
class ParallelHeaders : public HeaderSource {
 public:
  explicit ParallelHeaders(int threads) : threads_(threads) {}
  void prepare(const std::vector<std::filesystem::path>& files) override;
  ImageHeader header_of(const std::filesystem::path& file) override;

 private:
  int threads_;
  std::unordered_map<std::string, ImageHeader> known_;
};

}  // namespace ds::detail
