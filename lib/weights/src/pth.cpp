#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <optional>
#include <set>

#include "checked.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/text.h"
#include "ds/weights/weight_file.h"
#include "legacy_pth.h"
#include "unpickler.h"
#include "zip_members.h"

namespace ds {
namespace {

using detail::PickleDict;
using detail::PickleTensor;
using detail::PickleValue;
using Members = std::map<std::string, std::string>;

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& message) {
  throw FormatError(Location{.path = path}, message);
}

/// Whether the file is one of before PyTorch 1.6; throws unless it is that or a zip.
bool is_legacy(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  if (!stream) throw_io_error("open", path, errno);
  std::array<char, detail::kLegacyMagic.size()> head{};
  stream.read(head.data(), head.size());
  std::string_view start(head.data(), static_cast<std::size_t>(stream.gcount()));
  if (start == detail::kLegacyMagic) return true;
  if (start.starts_with('\x80'))
    throw FormatError(Location{.path = path, .offset = 0},
                      "a bare pickle without torch.save's magic number, expected a file of torch.save",
                      "In Python: torch.save(model.state_dict(), FILE).");
  if (!start.starts_with("PK"))
    throw FormatError(Location{.path = path, .offset = 0}, "not a zip as torch.save writes it");
  return false;
}

/// The folder inside the zip that has data.pkl, with its slash.
std::string find_root(const std::filesystem::path& path, const Members& members) {
  for (const auto& [name, content] : members)
    if (name == "data.pkl" || name.ends_with("/data.pkl")) return name.substr(0, name.size() - 8);
  fail(path, "the zip has no data.pkl: not written by torch.save, or a TorchScript archive");
}

bool holds_tensors(const PickleDict& dict) {
  return std::any_of(dict.begin(), dict.end(), [](const auto& item) {
    return item.first.template as<const std::string*>() && item.second.template as<const PickleTensor*>();
  });
}

const PickleDict* find_state(const PickleDict& root) {
  for (const char* key : {"model", "state_dict", "ema"}) {
    for (const auto& [name, value] : root) {
      auto* text = name.as<const std::string*>();
      auto* dict = value.as<PickleDict*>();
      if (text != nullptr && **text == key && dict != nullptr && holds_tensors(**dict)) return *dict;
    }
  }
  return holds_tensors(root) ? &root : nullptr;
}

std::optional<std::string> scalar_text(const PickleValue& value) {
  if (auto* text = value.as<const std::string*>()) return **text;
  if (auto* number = value.as<std::int64_t>()) return std::to_string(*number);
  if (auto* real = value.as<double>()) return shortest(*real);
  if (auto* flag = value.as<bool>()) return *flag ? "true" : "false";
  return std::nullopt;
}

/// Copies a view into its storage out as a contiguous tensor.
class TensorReader {
 public:
  TensorReader(std::filesystem::path path, const Members& members, std::string root)
      : path_(std::move(path)), members_(members), root_(std::move(root)) {
    // Views may share a storage, but a small file must not become a huge model.
    budget_ = 4 * static_cast<std::uint64_t>(std::filesystem::file_size(path_)) + 1'000'000;
  }

  WeightTensor read(const std::string& name, const PickleTensor& view) {
    auto member = members_.find(root_ + "data/" + *view.storage.key);
    if (member == members_.end())
      fail_at(name, "storage " + *view.storage.key + " is not in the file (truncated?)");
    const auto& data = member->second;
    const auto element = size_of(view.storage.dtype);
    if (data.size() / element < static_cast<std::uint64_t>(view.storage.count))
      fail_at(name, "storage " + *view.storage.key + " has " + std::to_string(data.size()) +
                        " bytes, expected " + std::to_string(view.storage.count) + " elements of " +
                        std::to_string(element));
    WeightTensor tensor{name, view.storage.dtype, view.shape, {}};
    auto bytes = detail::checked_product(view.shape, element, budget_);
    if (!bytes || !fits(view)) fail_at(name, "the tensor reaches outside its storage " + *view.storage.key);
    budget_ -= *bytes;
    tensor.bytes.resize(*bytes);
    copy(view, data, tensor.bytes);
    return tensor;
  }

 private:
  [[noreturn]] void fail_at(const std::string& name, const std::string& message) const {
    throw FormatError(Location{.path = path_, .pointer = name}, message);
  }

  static bool fits(const PickleTensor& view) {
    auto count = static_cast<std::uint64_t>(view.storage.count);
    if (std::find(view.shape.begin(), view.shape.end(), 0) != view.shape.end()) return true;
    auto last = static_cast<std::uint64_t>(view.offset);
    for (std::size_t d = 0; d < view.shape.size(); ++d) {
      if (last >= count) return false;
      auto steps = static_cast<std::uint64_t>(view.shape[d] - 1);
      auto stride = static_cast<std::uint64_t>(view.strides[d]);
      if (stride != 0 && steps > (count - 1 - last) / stride) return false;
      last += steps * stride;
    }
    return last < count;
  }

  static void copy(const PickleTensor& view, const std::string& data, std::vector<std::byte>& out) {
    const auto element = size_of(view.storage.dtype);
    std::vector<std::int64_t> index(view.shape.size(), 0);
    auto position = view.offset;
    for (std::size_t at = 0; at < out.size(); at += element) {
      std::memcpy(out.data() + at, data.data() + static_cast<std::size_t>(position) * element, element);
      for (std::size_t d = view.shape.size(); d-- > 0;) {
        position += view.strides[d];
        if (++index[d] < view.shape[d]) break;
        position -= view.strides[d] * view.shape[d];
        index[d] = 0;
      }
    }
  }

  std::filesystem::path path_;
  const Members& members_;
  std::string root_;
  std::uint64_t budget_ = 0;
};

/// Distributed training saves every name below "module.".
void drop_common_prefix(WeightFile& file) {
  constexpr std::string_view kPrefix = "module.";
  bool common = !file.tensors.empty() &&
                std::all_of(file.tensors.begin(), file.tensors.end(),
                            [&](const auto& tensor) { return tensor.name.starts_with(kPrefix); });
  if (!common) return;
  for (auto& tensor : file.tensors) tensor.name.erase(0, kPrefix.size());
}

}  // namespace

namespace {

const PickleValue* member_of(const PickleDict& dict, std::string_view wanted) {
  for (const auto& [key, item] : dict)
    if (auto* name = key.as<const std::string*>(); name != nullptr && **name == wanted) return &item;
  return nullptr;
}

/// A list of texts, one a line; empty when it is anything else.
std::string lines_of(const PickleValue& value) {
  auto* list = value.as<PickleValue::Sequence>();
  std::string lines;
  if (list == nullptr) return lines;
  for (const auto& item : *list->items) {
    auto* text = item.as<const std::string*>();
    if (text == nullptr) return {};
    lines += (lines.empty() ? "" : "\n") + **text;
  }
  return lines;
}

/// The names of the classes, one a line, where a trainer left them: in the file's own dict, or, as mmdetection
/// does, in `meta` or its `dataset_meta`. Empty: nowhere.
std::string class_lines(const PickleDict& outer) {
  const PickleDict* dict = &outer;
  for (const char* inner : {"meta", "dataset_meta", ""}) {
    for (const char* key : {"classes", "CLASSES"})
      if (auto* found = member_of(*dict, key))
        if (auto lines = lines_of(*found); !lines.empty()) return lines;
    auto* next = member_of(*dict, inner);
    auto* inside = next == nullptr ? nullptr : next->as<PickleDict*>();
    if (inside == nullptr) return {};
    dict = *inside;
  }
  return {};
}

/// The weights of what the pickle gave.
WeightFile weights_of(const std::filesystem::path& path, const PickleValue& value, TensorReader reader) {
  auto* outer = value.as<PickleDict*>();
  const PickleDict* state = outer != nullptr ? find_state(**outer) : nullptr;
  if (state == nullptr)
    fail(path, "no state dict: expected a dict of tensors, or one under 'model', 'state_dict' or 'ema'");
  WeightFile file;
  std::set<std::string> names;
  for (const auto& [key, item] : *state) {
    auto* name = key.as<const std::string*>();
    auto* tensor = item.as<const PickleTensor*>();
    if (name == nullptr || tensor == nullptr) continue;
    if (!names.insert(**name).second) fail(path, "two tensors are called '" + **name + "'");
    file.tensors.push_back(reader.read(**name, **tensor));
  }
  for (const auto& [key, item] : **outer) {
    auto* name = key.as<const std::string*>();
    if (auto text = scalar_text(item); name != nullptr && text) file.metadata.emplace_back(**name, *text);
  }
  if (auto lines = class_lines(**outer); !lines.empty()) file.metadata.emplace_back("classes", lines);
  drop_common_prefix(file);
  return file;
}

}  // namespace

WeightFile read_pth(const std::filesystem::path& path) {
  if (is_legacy(path)) {
    auto bytes = read_file(path);
    detail::LegacyPth legacy(bytes, path);
    return weights_of(path, legacy.value(), TensorReader(path, legacy.members(), ""));
  }
  auto members = detail::read_zip_members(path);
  auto root = find_root(path, members);
  if (auto order = members.find(root + "byteorder");
      order != members.end() && trim(order->second) != "little")
    fail(path, "byte order '" + order->second + "', expected 'little'");
  detail::Unpickler unpickler(members[root + "data.pkl"], path);
  auto value = unpickler.read();
  return weights_of(path, value, TensorReader(path, members, root));
}

}  // namespace ds
