#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>

#include "checked.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/weights/weight_file.h"

namespace ds {
namespace {

using Json = nlohmann::ordered_json;
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;  // the limit of the reference implementation

[[noreturn]] void fail_at_offset(const std::filesystem::path& path, std::uint64_t offset,
                                 const std::string& message) {
  throw FormatError(Location{.path = path, .offset = static_cast<std::int64_t>(offset)}, message);
}

[[noreturn]] void fail_at_tensor(const std::filesystem::path& path, const std::string& name,
                                 const std::string& message) {
  throw FormatError(Location{.path = path, .pointer = "/" + name}, message);
}

Json parse_header(const std::filesystem::path& path, std::string_view text) {
  std::set<std::string> seen;
  auto reject_duplicates = [&](int depth, Json::parse_event_t event, Json& value) {
    if (event == Json::parse_event_t::key && depth == 1 && !seen.insert(value.get<std::string>()).second)
      fail_at_tensor(path, value.get<std::string>(), "the name is there twice");
    return true;
  };
  try {
    auto header = Json::parse(text, reject_duplicates);
    if (!header.is_object()) fail_at_offset(path, 8, "the header is not a JSON object");
    return header;
  } catch (const Json::parse_error& error) {
    fail_at_offset(path, 8 + error.byte, "the header is not valid JSON");
  } catch (const Json::out_of_range&) {
    fail_at_offset(path, 8, "the header holds a number that no double can hold");
  }
}

DType parse_dtype(const std::filesystem::path& path, const std::string& name, const Json& entry) {
  static const DType kAll[] = {DType::f32, DType::f16, DType::bf16, DType::f64, DType::i64,
                               DType::i32, DType::i16, DType::i8,   DType::u8,  DType::boolean};
  if (!entry.contains("dtype") || !entry["dtype"].is_string()) fail_at_tensor(path, name, "no dtype");
  auto text = entry["dtype"].get<std::string>();
  std::string known;
  for (DType dtype : kAll) {
    if (to_string(dtype) == text) return dtype;
    known += (known.empty() ? "" : ", ") + to_string(dtype);
  }
  fail_at_tensor(path, name, "dtype " + text + " is not supported; supported: " + known);
}

std::vector<std::int64_t> parse_integers(const std::filesystem::path& path, const std::string& name,
                                         const Json& entry, const char* key) {
  if (!entry.contains(key) || !entry[key].is_array()) fail_at_tensor(path, name, std::string("no ") + key);
  std::vector<std::int64_t> values;
  for (const auto& item : entry[key]) {
    if (!item.is_number_unsigned() || item.get<std::uint64_t>() > INT64_MAX)
      fail_at_tensor(path, name,
                     std::string(key) + " has " + item.dump() + ", expected whole numbers from 0");
    values.push_back(item.get<std::int64_t>());
  }
  return values;
}

struct Span {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::string name;
};

WeightTensor parse_tensor(const std::filesystem::path& path, const std::string& name, const Json& entry,
                          std::string_view data, Span& span) {
  if (!entry.is_object()) fail_at_tensor(path, name, "not a JSON object");
  WeightTensor tensor{name, parse_dtype(path, name, entry), parse_integers(path, name, entry, "shape"), {}};
  auto offsets = parse_integers(path, name, entry, "data_offsets");
  if (offsets.size() != 2 || offsets[0] > offsets[1])
    fail_at_tensor(path, name, "data_offsets is not [begin, end]");
  span = {static_cast<std::uint64_t>(offsets[0]), static_cast<std::uint64_t>(offsets[1]), name};
  if (span.end > data.size())
    fail_at_tensor(path, name,
                   "the data ends at " + std::to_string(span.end) + ", but the file holds " +
                       std::to_string(data.size()) + " bytes of data (truncated?)");
  auto bytes = detail::checked_product(tensor.shape, size_of(tensor.dtype), data.size());
  if (!bytes || *bytes != span.end - span.begin)
    fail_at_tensor(path, name,
                   "shape " + entry["shape"].dump() + " of " + to_string(tensor.dtype) +
                       " does not fill its " + std::to_string(span.end - span.begin) + " bytes of data");
  tensor.bytes.resize(*bytes);
  if (*bytes > 0) std::memcpy(tensor.bytes.data(), data.data() + span.begin, *bytes);
  return tensor;
}

/// The format has neither gaps nor overlaps, so nothing can hide in a file.
void check_spans(const std::filesystem::path& path, std::vector<Span> spans, std::uint64_t data_size) {
  std::sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  std::uint64_t end = 0;
  for (const auto& span : spans) {
    if (span.begin != end)
      fail_at_tensor(path, span.name,
                     "the data begins at " + std::to_string(span.begin) + ", expected " +
                         std::to_string(end) + " where the tensor before it ends");
    end = span.end;
  }
  if (end != data_size)
    throw FormatError(Location{.path = path},
                      std::to_string(data_size - end) + " bytes after the last tensor");
}

}  // namespace

WeightFile read_safetensors(const std::filesystem::path& path) {
  auto bytes = read_file(path);
  if (bytes.size() < 8)
    fail_at_offset(path, 0,
                   "the file has " + std::to_string(bytes.size()) + " bytes, too few for a header length");
  std::uint64_t header_size = 0;
  for (std::size_t i = 0; i < 8; ++i)
    header_size |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  if (header_size > bytes.size() - 8 || header_size > kMaxHeaderBytes)
    fail_at_offset(path, 0,
                   "the header should have " + std::to_string(header_size) + " bytes, but " +
                       std::to_string(bytes.size() - 8) + " follow (truncated, or no safetensors file)");
  std::string_view all(bytes);
  auto header = parse_header(path, all.substr(8, header_size));
  auto data = all.substr(8 + header_size);
  WeightFile file;
  std::vector<Span> spans;
  for (const auto& [name, entry] : header.items()) {
    if (name == "__metadata__") {
      if (!entry.is_object()) fail_at_tensor(path, name, "not a JSON object");
      for (const auto& [key, value] : entry.items()) {
        if (!value.is_string()) fail_at_tensor(path, name + "/" + key, "not a text");
        file.metadata.emplace_back(key, value.get<std::string>());
      }
      continue;
    }
    file.tensors.push_back(parse_tensor(path, name, entry, data, spans.emplace_back()));
  }
  check_spans(path, std::move(spans), data.size());
  return file;
}

void write_safetensors(const std::filesystem::path& path, const WeightFile& file) {
  Json header = Json::object();
  if (!file.metadata.empty()) {
    auto& metadata = header["__metadata__"] = Json::object();
    for (const auto& [key, value] : file.metadata) metadata[key] = value;
  }
  std::uint64_t offset = 0;
  for (const auto& tensor : file.tensors) {
    if (header.contains(tensor.name)) throw DataError("two tensors are called '" + tensor.name + "'");
    auto expected = static_cast<std::uint64_t>(tensor.element_count()) * size_of(tensor.dtype);
    if (expected != tensor.bytes.size())
      throw DataError("tensor '" + tensor.name + "' has " + std::to_string(tensor.bytes.size()) +
                      " bytes, its shape needs " + std::to_string(expected));
    header[tensor.name] = {{"dtype", to_string(tensor.dtype)},
                           {"shape", tensor.shape},
                           {"data_offsets", {offset, offset + expected}}};
    offset += expected;
  }
  auto text = header.dump();
  text.append((8 - text.size() % 8) % 8,
              ' ');  // data aligned to 8, as the reference implementation writes it
  std::string length(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) length[i] = static_cast<char>(text.size() >> (8 * i) & 0xff);
  AtomicFile out(path);
  out.write(length);
  out.write(text);
  for (const auto& tensor : file.tensors)
    out.write({reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size()});
  out.commit();
}

}  // namespace ds
