#include "onnx_header.h"

#include <string_view>

#include "ds/base/error.h"
#include "ds/base/files.h"

namespace ds::detail {
namespace {

// Field numbers of onnx.proto (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto).
constexpr std::uint64_t kModelGraph = 7;
constexpr std::uint64_t kModelMetadata = 14;
constexpr std::uint64_t kGraphInput = 11;
constexpr std::uint64_t kValueInfoType = 2;
constexpr std::uint64_t kTypeTensor = 1;
constexpr std::uint64_t kTensorShape = 2;
constexpr std::uint64_t kShapeDim = 1;
constexpr std::uint64_t kDimValue = 1;

/// Walks the fields of one protobuf message.
class Message {
 public:
  Message(std::string_view file, std::string_view bytes, const std::filesystem::path& path)
      : file_(file), rest_(bytes), path_(path) {}

  struct Field {
    std::uint64_t number = 0;
    std::uint64_t integer = 0;
    std::string_view bytes = {};
  };

  bool next(Field& field) {
    if (rest_.empty()) return false;
    auto tag = varint();
    field = {tag >> 3};
    switch (tag & 7) {
      case 0:
        field.integer = varint();
        break;
      case 1:
        take(8);
        break;
      case 2:
        field.bytes = take(varint());
        break;
      case 5:
        take(4);
        break;
      default:
        fail("no ONNX file: a field of wire type " + std::to_string(tag & 7));
    }
    return true;
  }

 private:
  [[noreturn]] void fail(const std::string& message) const {
    throw FormatError(Location{.path = path_, .offset = rest_.data() - file_.data()}, message);
  }
  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      auto byte = static_cast<unsigned char>(take(1)[0]);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if ((byte & 0x80) == 0) return value;
    }
    fail("no ONNX file: a number of more than 64 bits");
  }
  std::string_view take(std::uint64_t count) {
    if (count > rest_.size())
      fail("the ONNX file ends in the middle of a field (" + std::to_string(count) + " bytes wanted, " +
           std::to_string(rest_.size()) + " left)");
    auto part = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return part;
  }

  std::string_view file_;
  std::string_view rest_;
  const std::filesystem::path& path_;
};

struct Reader {
  std::string_view file;
  const std::filesystem::path& path;

  /// The bytes of the first field of that number, or nothing.
  std::string_view first(std::string_view message, std::uint64_t number) const {
    Message fields(file, message, path);
    for (Message::Field field; fields.next(field);)
      if (field.number == number) return field.bytes;
    return {};
  }

  std::vector<std::int64_t> input_shape(std::string_view graph) const {
    auto value = first(first(graph, kGraphInput), kValueInfoType);
    Message dims(file, first(first(value, kTypeTensor), kTensorShape), path);
    std::vector<std::int64_t> shape;
    for (Message::Field dim; dims.next(dim);) {
      if (dim.number != kShapeDim) continue;
      std::int64_t side = -1;
      Message parts(file, dim.bytes, path);
      for (Message::Field part; parts.next(part);)
        if (part.number == kDimValue) side = static_cast<std::int64_t>(part.integer);
      shape.push_back(side);
    }
    return shape;
  }
};

}  // namespace

std::string OnnxHeader::metadata_value(const std::string& key) const {
  for (const auto& [name, value] : metadata)
    if (name == key) return value;
  return {};
}

OnnxHeader read_onnx_header(const std::filesystem::path& path) {
  auto bytes = read_file(path);
  Reader reader{bytes, path};
  OnnxHeader header;
  bool has_graph = false;
  Message model(bytes, bytes, path);
  for (Message::Field field; model.next(field);) {
    if (field.number == kModelGraph) {
      has_graph = true;
      header.input_shape = reader.input_shape(field.bytes);
    } else if (field.number == kModelMetadata) {
      header.metadata.emplace_back(reader.first(field.bytes, 1), reader.first(field.bytes, 2));
    }
  }
  if (!has_graph) throw FormatError(Location{.path = path, .offset = 0}, "no ONNX file: it holds no graph");
  return header;
}

}  // namespace ds::detail
