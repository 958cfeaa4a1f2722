#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace ds::detail {

/// What an ONNX file says about itself, read without a protobuf library.
struct OnnxHeader {
  std::vector<std::int64_t> input_shape;  // of the first input; -1 where it is free
  std::vector<std::pair<std::string, std::string>> metadata;

  std::string metadata_value(const std::string& key) const;
};

/// Throws FormatError with the offset when the file is no protobuf message or holds no graph.
OnnxHeader read_onnx_header(const std::filesystem::path& path);

}  // namespace ds::detail
