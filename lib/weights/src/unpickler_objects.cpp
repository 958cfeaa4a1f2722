#include <map>
#include <optional>
#include <string>

#include "ds/base/error.h"
#include "unpickler.h"

/// What the opcodes that import and call mean: the few types a weights file may hold, and nothing else.
namespace ds::detail {
namespace {

std::optional<PickleGlobal> known_global(const std::string& full_name) {
  using Kind = PickleGlobal::Kind;
  static const std::map<std::string, PickleGlobal> kKnown = {
      {"collections.OrderedDict", {Kind::ordered_dict}},
      {"torch._utils._rebuild_tensor_v2", {Kind::rebuild_tensor}},
      {"torch._utils._rebuild_parameter", {Kind::rebuild_parameter}},
      {"torch.FloatStorage", {Kind::storage_type, DType::f32}},
      {"torch.HalfStorage", {Kind::storage_type, DType::f16}},
      {"torch.BFloat16Storage", {Kind::storage_type, DType::bf16}},
      {"torch.DoubleStorage", {Kind::storage_type, DType::f64}},
      {"torch.LongStorage", {Kind::storage_type, DType::i64}},
      {"torch.IntStorage", {Kind::storage_type, DType::i32}},
      {"torch.ShortStorage", {Kind::storage_type, DType::i16}},
      {"torch.CharStorage", {Kind::storage_type, DType::i8}},
      {"torch.ByteStorage", {Kind::storage_type, DType::u8}},
      {"torch.BoolStorage", {Kind::storage_type, DType::boolean}},
      // What mmengine leaves beside the weights it publishes: histories of the losses, as numpy arrays.
      {"mmengine.logging.history_buffer.HistoryBuffer", {Kind::passed_over}},
      {"numpy.core.multiarray._reconstruct", {Kind::passed_over}},
      {"numpy.core.multiarray.scalar", {Kind::passed_over}},
      {"numpy.ndarray", {Kind::passed_over}},
      {"numpy.dtype", {Kind::passed_over}},
      {"_codecs.encode", {Kind::passed_over}},
      {"__builtin__.getattr", {Kind::passed_over}},
  };
  auto found = kKnown.find(full_name);
  return found == kKnown.end() ? std::nullopt : std::optional(found->second);
}

std::string printable(std::string_view text) {
  std::string result;
  for (char c : text.substr(0, 100)) result += c >= ' ' && c <= '~' ? c : '?';
  return result;
}

bool is_passed_over(const PickleValue& value) {
  auto* global = value.as<PickleGlobal>();
  return global != nullptr && global->kind == PickleGlobal::Kind::passed_over;
}

}  // namespace

/// Of an OrderedDict (state_dict()'s _metadata) or of something passed over: not needed.
void Unpickler::set_attributes() {
  pop();
  if (!stack_.empty() && is_passed_over(stack_.back())) return;
  top_dict("attributes");
}

/// Only what is passed over may be one: nothing is made.
void Unpickler::make_object() {
  pop();
  auto type = pop();
  if (!is_passed_over(type)) fail("an object of a type that is none of a weights file's");
  push(type);
}

void Unpickler::import(const std::string& module, const std::string& name) {
  auto global = known_global(module + "." + name);
  if (!global)
    throw FormatError(Location{.path = where_, .offset = static_cast<std::int64_t>(opcode_position_)},
                      "in " + member_ + ": GLOBAL '" + printable(module) + "." + printable(name) +
                          "' refused: a weights file may only hold tensors, dicts, lists, numbers and texts",
                      "Load it where it came from and save only `model.state_dict()`.");
  push({*global});
}

void Unpickler::load_persistent() {
  auto id = pop();
  auto* tuple = id.as<PickleValue::Sequence>();
  // Before PyTorch 1.6 there was a sixth, for storages inside others.
  if (tuple == nullptr || tuple->items->size() < 5 || tuple->items->size() > 6)
    fail("a storage id that is not a tuple of 5");
  const auto& parts = *tuple->items;
  if (parts.size() == 6 && parts[5].as<std::monostate>() == nullptr) fail("a storage inside another storage");
  auto* kind = parts[0].as<const std::string*>();
  auto* type = parts[1].as<PickleGlobal>();
  auto* key = parts[2].as<const std::string*>();
  auto* count = parts[4].as<std::int64_t>();
  if (kind == nullptr || **kind != "storage" || type == nullptr ||
      type->kind != PickleGlobal::Kind::storage_type || key == nullptr || count == nullptr || *count < 0)
    fail("a storage id that is not ('storage', type, key, device, count)");
  PickleStorage storage{type->dtype, *key, *count};
  storages_[**key] = storage;
  push({storage});
}

void Unpickler::call() {
  auto arguments = pop();
  auto function = pop();
  auto* tuple = arguments.as<PickleValue::Sequence>();
  auto* global = function.as<PickleGlobal>();
  if (tuple == nullptr || global == nullptr) fail("a call of something that is no known name");
  const auto& items = *tuple->items;
  switch (global->kind) {
    case PickleGlobal::Kind::ordered_dict: {
      auto& dict = dicts_.emplace_back();
      if (!items.empty()) {
        auto* pairs = items[0].as<PickleValue::Sequence>();
        if (pairs == nullptr) fail("an OrderedDict of something that is no list");
        for (const auto& pair : *pairs->items) {
          auto* two = pair.as<PickleValue::Sequence>();
          if (two == nullptr || two->items->size() != 2) fail("an OrderedDict with an item that is no pair");
          dict.emplace_back((*two->items)[0], (*two->items)[1]);
        }
      }
      push({&dict});
      return;
    }
    case PickleGlobal::Kind::rebuild_tensor:
      push(rebuild_tensor(items));
      return;
    case PickleGlobal::Kind::rebuild_parameter:
      if (items.empty() || !items[0].as<const PickleTensor*>()) fail("a parameter without a tensor");
      push(items[0]);
      return;
    case PickleGlobal::Kind::storage_type:
      fail("a storage type was called");
    case PickleGlobal::Kind::passed_over:
      push(function);
      return;
  }
}

PickleValue Unpickler::rebuild_tensor(const PickleItems& arguments) {
  if (arguments.size() < 4) fail("a tensor with fewer than 4 arguments");
  auto* storage = arguments[0].as<PickleStorage>();
  auto* offset = arguments[1].as<std::int64_t>();
  if (storage == nullptr || offset == nullptr || *offset < 0)
    fail("a tensor without a storage and an offset");
  auto integers = [&](const PickleValue& value) {
    auto* tuple = value.as<PickleValue::Sequence>();
    if (tuple == nullptr || tuple->items->size() > 8) fail("a tensor whose shape is no tuple of at most 8");
    std::vector<std::int64_t> sides;
    for (const auto& item : *tuple->items) {
      auto* side = item.as<std::int64_t>();
      if (side == nullptr || *side < 0) fail("a tensor with a side or stride that is no whole number from 0");
      sides.push_back(*side);
    }
    return sides;
  };
  PickleTensor tensor{*storage, *offset, integers(arguments[2]), integers(arguments[3])};
  if (tensor.shape.size() != tensor.strides.size())
    fail("a tensor with " + std::to_string(tensor.shape.size()) + " sides and " +
         std::to_string(tensor.strides.size()) + " strides");
  return {&tensors_.emplace_back(std::move(tensor))};
}

}  // namespace ds::detail
