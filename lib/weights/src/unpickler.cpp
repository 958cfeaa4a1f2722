#include "unpickler.h"

#include <algorithm>
#include <bit>

#include "ds/base/error.h"
#include "ds/base/text.h"

namespace ds::detail {

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

}  // namespace ds::detail
