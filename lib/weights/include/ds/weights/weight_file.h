#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

/// Weight files as plain bytes: no torch here, so that small tools can list, check and export weights.
namespace ds {

enum class DType { f32, f16, bf16, f64, i64, i32, i16, i8, u8, boolean };
/// The name safetensors uses: "F32", "F16", "BF16", "F64", "I64", "I32", "I16", "I8", "U8", "BOOL".
std::string to_string(DType dtype);
std::size_t size_of(DType dtype);

/// One tensor of a weight file: little-endian, contiguous in row-major order.
struct WeightTensor {
  std::string name;
  DType dtype = DType::f32;
  std::vector<std::int64_t> shape;  // empty: a scalar
  std::vector<std::byte> bytes;

  std::int64_t element_count() const;
  /// The values as floats, whatever the stored type.
  std::vector<float> to_floats() const;
};

/// The tensors of a file in the file's order, and the text map that came with them.
struct WeightFile {
  std::vector<WeightTensor> tensors;
  std::vector<std::pair<std::string, std::string>> metadata;

  /// nullptr when there is no tensor of that name.
  const WeightTensor* find(const std::string& name) const;
  /// Empty when there is no such key.
  std::string metadata_value(const std::string& key) const;
};

/// One line of `weights inspect`.
struct WeightRow {
  std::string name;
  std::string dtype;
  std::vector<std::int64_t> shape;
  std::uint64_t bytes = 0;
};

/// Reads by content, not by name: a safetensors file or one of `torch.save`. Throws FormatError
/// with the offset when the file is broken, DataError when it is neither of the two.
WeightFile read_weight_file(const std::filesystem::path& path);
/// The rows of either kind of file, without building a network.
std::vector<WeightRow> inspect_weights(const std::filesystem::path& path);

/// https://github.com/huggingface/safetensors: 8 bytes header length, a JSON header, the data. Lengths,
/// offsets, types and shapes are checked against the file before anything is allocated.
WeightFile read_safetensors(const std::filesystem::path& path);
/// Written under a temporary name, then renamed. Throws DataError on a duplicate name or a wrong byte count.
void write_safetensors(const std::filesystem::path& path, const WeightFile& file);

/// What `torch.save` writes: since PyTorch 1.6 a zip with a pickle of protocol 2 and one member per storage,
/// before (and in mmdetection's published weights) pickles and storages one after another. Only tensors,
/// dicts, lists, tuples, numbers, strings and None are read; mmengine's training log and numpy's arrays in it
/// are passed over; any other GLOBAL is a FormatError that names it and its offset, and nothing is ever
/// executed. Accepts a plain state dict, or one under "model", "state_dict" or "ema"; other numbers and
/// strings of the outer dict become metadata, and so do the names of the classes (`classes`, one a line), also
/// from mmdetection's `meta`.
WeightFile read_pth(const std::filesystem::path& path);

}  // namespace ds
