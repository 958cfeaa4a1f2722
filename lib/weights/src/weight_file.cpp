#include "ds/weights/weight_file.h"

#include <array>
#include <bit>
#include <cstring>
#include <fstream>

#include "ds/base/error.h"

namespace ds {
namespace {

template <typename T>
T load(const std::byte* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

float half_to_float(std::uint16_t half) {
  std::uint32_t sign = (half & 0x8000U) << 16;
  std::uint32_t exponent = (half >> 10) & 0x1fU;
  std::uint32_t fraction = half & 0x3ffU;
  if (exponent == 0) {
    float value = static_cast<float>(fraction) * 0x1p-24F;
    return sign != 0 ? -value : value;
  }
  std::uint32_t wide_exponent = exponent == 31 ? 255 : exponent + 112;
  return std::bit_cast<float>(sign | (wide_exponent << 23) | (fraction << 13));
}

float value_at(DType dtype, const std::byte* at) {
  switch (dtype) {
    case DType::f32:
      return load<float>(at);
    case DType::f16:
      return half_to_float(load<std::uint16_t>(at));
    case DType::bf16:
      return std::bit_cast<float>(static_cast<std::uint32_t>(load<std::uint16_t>(at)) << 16);
    case DType::f64:
      return static_cast<float>(load<double>(at));
    case DType::i64:
      return static_cast<float>(load<std::int64_t>(at));
    case DType::i32:
      return static_cast<float>(load<std::int32_t>(at));
    case DType::i16:
      return static_cast<float>(load<std::int16_t>(at));
    case DType::i8:
      return static_cast<float>(load<std::int8_t>(at));
    case DType::u8:
      return static_cast<float>(load<std::uint8_t>(at));
    case DType::boolean:
      return load<std::uint8_t>(at) != 0 ? 1.0F : 0.0F;
  }
  throw Error("unknown data type");
}

}  // namespace

std::string to_string(DType dtype) {
  switch (dtype) {
    case DType::f32:
      return "F32";
    case DType::f16:
      return "F16";
    case DType::bf16:
      return "BF16";
    case DType::f64:
      return "F64";
    case DType::i64:
      return "I64";
    case DType::i32:
      return "I32";
    case DType::i16:
      return "I16";
    case DType::i8:
      return "I8";
    case DType::u8:
      return "U8";
    case DType::boolean:
      return "BOOL";
  }
  throw Error("unknown data type");
}

std::size_t size_of(DType dtype) {
  switch (dtype) {
    case DType::f64:
    case DType::i64:
      return 8;
    case DType::f32:
    case DType::i32:
      return 4;
    case DType::f16:
    case DType::bf16:
    case DType::i16:
      return 2;
    case DType::i8:
    case DType::u8:
    case DType::boolean:
      return 1;
  }
  throw Error("unknown data type");
}

std::int64_t WeightTensor::element_count() const {
  std::int64_t count = 1;
  for (std::int64_t side : shape) count *= side;
  return count;
}

std::vector<float> WeightTensor::to_floats() const {
  std::vector<float> values(static_cast<std::size_t>(element_count()));
  for (std::size_t i = 0; i < values.size(); ++i)
    values[i] = value_at(dtype, bytes.data() + i * size_of(dtype));
  return values;
}

const WeightTensor* WeightFile::find(const std::string& name) const {
  for (const auto& tensor : tensors)
    if (tensor.name == name) return &tensor;
  return nullptr;
}

std::string WeightFile::metadata_value(const std::string& key) const {
  for (const auto& [name, value] : metadata)
    if (name == key) return value;
  return {};
}

WeightFile read_weight_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw_io_error("open", path, errno);
  std::array<char, 9> head{};
  stream.read(head.data(), head.size());
  std::string_view start(head.data(), static_cast<std::size_t>(stream.gcount()));
  // The brace first: a header length may begin with any byte, but no zip or pickle has a brace in the ninth.
  if (start.size() == 9 && start[8] == '{') return read_safetensors(path);
  if (start.starts_with("PK") || start.starts_with('\x80')) return read_pth(path);
  if (path.extension() == ".safetensors") return read_safetensors(path);
  if (path.extension() == ".pth" || path.extension() == ".pt") return read_pth(path);
  throw DataError(path.string() + " is neither a safetensors file nor a zip as torch.save writes it");
}

std::vector<WeightRow> inspect_weights(const std::filesystem::path& path) {
  std::vector<WeightRow> rows;
  for (const auto& tensor : read_weight_file(path).tensors)
    rows.push_back({tensor.name, to_string(tensor.dtype), tensor.shape, tensor.bytes.size()});
  return rows;
}

}  // namespace ds
