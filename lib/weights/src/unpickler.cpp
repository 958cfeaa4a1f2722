#include "unpickler.h"

#include <algorithm>
#include <bit>
#include <optional>

#include "ds/base/error.h"
#include "ds/base/text.h"

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

}  // namespace

Unpickler::Unpickler(std::string_view bytes, std::filesystem::path where, std::string member,
                     std::size_t start)
    : bytes_(bytes), where_(std::move(where)), member_(std::move(member)), position_(start) {}

void Unpickler::fail(const std::string& message) const {
  throw FormatError(Location{.path = where_, .offset = static_cast<std::int64_t>(opcode_position_)},
                    "in " + member_ + ": " + message);
}

PickleValue Unpickler::read() {
  for (;;) {
    opcode_position_ = position_;
    auto opcode = static_cast<unsigned char>(take(1)[0]);
    if (opcode == '.') return pop();
    if (!step(opcode)) fail("opcode " + std::to_string(opcode) + " is not one that weights need");
  }
}

bool Unpickler::step(unsigned char opcode) {
  return step_container(opcode) || step_memo(opcode) || step_number(opcode) || step_text(opcode) ||
         step_object(opcode);
}

std::string_view Unpickler::take(std::uint64_t count) {
  if (count > bytes_.size() - position_)
    fail("the pickle ends after " + std::to_string(bytes_.size()) + " bytes, in the middle of a value");
  auto part = bytes_.substr(position_, count);
  position_ += count;
  return part;
}

std::string_view Unpickler::take_line() {
  auto end = bytes_.find('\n', position_);
  if (end == std::string_view::npos) fail("a line without an end");
  auto line = bytes_.substr(position_, end - position_);
  position_ = end + 1;
  return line;
}

std::uint64_t Unpickler::take_unsigned(std::size_t bytes) {
  std::uint64_t value = 0;
  std::size_t shift = 0;
  for (char c : take(bytes)) {
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(c)) << shift;
    shift += 8;
  }
  return value;
}

std::int64_t Unpickler::take_long(std::uint64_t bytes) {
  if (bytes > 8) fail("a whole number of more than 64 bits");
  if (bytes == 0) return 0;
  auto raw = take_unsigned(bytes);
  auto unused = 64 - 8 * bytes;
  return static_cast<std::int64_t>(raw << unused) >> unused;
}

void Unpickler::push(PickleValue value) {
  stack_.push_back(std::move(value));
}
void Unpickler::push_text(std::string_view text) {
  push({&texts_.emplace_back(text)});
}
void Unpickler::push_tuple(PickleItems items) {
  push({PickleValue::Sequence{&sequences_.emplace_back(std::move(items)), true}});
}

PickleValue Unpickler::pop() {
  if (stack_.empty()) fail("the stack is empty");
  auto value = std::move(stack_.back());
  stack_.pop_back();
  return value;
}

PickleItems Unpickler::pop_to_mark() {
  auto mark =
      std::find_if(stack_.rbegin(), stack_.rend(), [](const auto& v) { return v.template as<PickleMark>(); });
  if (mark == stack_.rend()) fail("no mark on the stack");
  PickleItems items(mark.base(), stack_.end());
  stack_.erase(mark.base() - 1, stack_.end());
  return items;
}

PickleDict& Unpickler::top_dict(const char* wanted_by) {
  if (!stack_.empty())
    if (auto* dict = stack_.back().as<PickleDict*>()) return **dict;
  fail(std::string(wanted_by) + " on something that is no dict");
}

PickleItems& Unpickler::top_list() {
  if (!stack_.empty())
    if (auto* list = stack_.back().as<PickleValue::Sequence>(); list != nullptr && !list->tuple)
      return *list->items;
  fail("items appended to something that is no list");
}

void Unpickler::set_items(PickleDict& dict, const PickleItems& items) {
  if (items.size() % 2 != 0) fail("a key without a value");
  for (std::size_t i = 0; i < items.size(); i += 2) dict.emplace_back(items[i], items[i + 1]);
}

bool Unpickler::step_container(unsigned char opcode) {
  switch (opcode) {
    case '(':
      push({PickleMark{}});
      return true;
    case '0':
      pop();
      return true;
    case '1':
      pop_to_mark();
      return true;
    case '}':
      push({&dicts_.emplace_back()});
      return true;
    case ']':
      push({PickleValue::Sequence{&sequences_.emplace_back(), false}});
      return true;
    case ')':
      push_tuple({});
      return true;
    case 't':
      push_tuple(pop_to_mark());
      return true;
    case 'l':
      push({PickleValue::Sequence{&sequences_.emplace_back(pop_to_mark()), false}});
      return true;
    case 'd': {
      auto items = pop_to_mark();
      auto& dict = dicts_.emplace_back();
      set_items(dict, items);
      push({&dict});
      return true;
    }
    case 0x85:
    case 0x86:
    case 0x87: {
      PickleItems items;
      for (int i = 0; i < opcode - 0x84; ++i) items.push_back(pop());
      std::reverse(items.begin(), items.end());
      push_tuple(std::move(items));
      return true;
    }
    case 'a': {
      auto item = pop();
      top_list().push_back(item);
      return true;
    }
    case 'e': {
      auto items = pop_to_mark();
      auto& list = top_list();
      list.insert(list.end(), items.begin(), items.end());
      return true;
    }
    case 's': {
      auto value = pop();
      auto key = pop();
      top_dict("an item").emplace_back(key, value);
      return true;
    }
    case 'u': {
      auto items = pop_to_mark();
      set_items(top_dict("items"), items);
      return true;
    }
    default:
      return false;
  }
}

bool Unpickler::step_memo(unsigned char opcode) {
  switch (opcode) {
    case 'q':
      memoize(take_unsigned(1));
      return true;
    case 'r':
      memoize(take_unsigned(4));
      return true;
    case 0x94:
      memoize(memo_.size());
      return true;
    case 'h':
      recall(take_unsigned(1));
      return true;
    case 'j':
      recall(take_unsigned(4));
      return true;
    case 0x80: {
      auto protocol = take_unsigned(1);
      if (protocol < 2 || protocol > 5)
        fail("pickle protocol " + std::to_string(protocol) + ", expected 2 to 5");
      return true;
    }
    case 0x95:
      take(8);
      return true;  // a frame's length
    default:
      return false;
  }
}

void Unpickler::memoize(std::uint64_t key) {
  if (stack_.empty()) fail("the stack is empty");
  memo_[key] = stack_.back();
}

void Unpickler::recall(std::uint64_t key) {
  auto found = memo_.find(key);
  if (found == memo_.end()) fail("memo " + std::to_string(key) + " was never stored");
  push(found->second);
}

bool Unpickler::step_number(unsigned char opcode) {
  switch (opcode) {
    case 'N':
      push({std::monostate{}});
      return true;
    case 0x88:
      push({true});
      return true;
    case 0x89:
      push({false});
      return true;
    case 'J':
      push({take_long(4)});
      return true;
    case 'K':
      push({static_cast<std::int64_t>(take_unsigned(1))});
      return true;
    case 'M':
      push({static_cast<std::int64_t>(take_unsigned(2))});
      return true;
    case 0x8a:
      push({take_long(take_unsigned(1))});
      return true;
    case 0x8b:
      push({take_long(take_unsigned(4))});
      return true;
    case 'G': {
      std::uint64_t raw = 0;
      for (char c : take(8)) raw = raw << 8 | static_cast<unsigned char>(c);  // big-endian
      push({std::bit_cast<double>(raw)});
      return true;
    }
    default:
      return false;
  }
}

bool Unpickler::step_text(unsigned char opcode) {
  switch (opcode) {
    case 'X':
    case 'T':
    case 'B':
      push_text(take(take_unsigned(4)));
      return true;
    case 0x8c:
    case 'U':
    case 'C':
      push_text(take(take_unsigned(1)));
      return true;
    default:
      return false;
  }
}

bool Unpickler::step_object(unsigned char opcode) {
  switch (opcode) {
    case 'c': {
      std::string module(take_line());
      import(module, std::string(take_line()));
      return true;
    }
    case 0x93: {
      auto name = pop();
      auto module = pop();
      if (!name.as<const std::string*>() || !module.as<const std::string*>()) fail("a GLOBAL without a name");
      import(**module.as<const std::string*>(), **name.as<const std::string*>());
      return true;
    }
    case 'Q':
      load_persistent();
      return true;
    case 'R':
      call();
      return true;
    case 'b':
      set_attributes();
      return true;
    case 0x81:
      make_object();
      return true;
    default:
      return false;
  }
}

namespace {

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
