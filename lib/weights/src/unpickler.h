#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "ds/weights/weight_file.h"

/// A reader of the few pickle opcodes that `torch.save` uses for weights. It builds plain values; nothing is
/// imported and nothing is called.
namespace ds::detail {

struct PickleValue;
using PickleItems = std::vector<PickleValue>;
using PickleDict = std::vector<std::pair<PickleValue, PickleValue>>;

/// `torch FloatStorage` and its relatives, by the type they hold.
struct PickleStorage {
  DType dtype = DType::f32;
  const std::string* key = nullptr;
  std::int64_t count = 0;
};

struct PickleTensor {
  PickleStorage storage;
  std::int64_t offset = 0;
  std::vector<std::int64_t> shape;
  std::vector<std::int64_t> strides;
};

/// A name the pickle imported, kept as a name.
struct PickleGlobal {
  enum class Kind {
    ordered_dict,
    rebuild_tensor,
    rebuild_parameter,
    storage_type,
    passed_over,  // and whatever is made with it: a training log beside the weights
  } kind = Kind::ordered_dict;
  DType dtype = DType::f32;
};

struct PickleMark {};

/// Containers live in the unpickler and are pointed at, so that no nesting or cycle costs stack or memory.
struct PickleValue {
  struct Sequence {
    PickleItems* items = nullptr;
    bool tuple = false;
  };
  std::variant<std::monostate, bool, std::int64_t, double, const std::string*, Sequence, PickleDict*,
               PickleGlobal, PickleStorage, const PickleTensor*, PickleMark>
      value;

  template <typename T>
  const T* as() const {
    return std::get_if<T>(&value);
  }
};

/// Runs the pickle's program as Python's machine does: opcodes push values on a stack, gather what lies above a
/// mark into containers, keep values in a memo and fetch them again. Three things keep any bytes harmless: every
/// length is checked against the bytes before something is taken; imported names stay names of a fixed list
/// (unpickler_objects.cpp), and a call of one only ever makes a container, a storage or a tensor's description;
/// containers live in deques that never move and are pointed at, so that shared and cyclic ones cost nothing.
class Unpickler {
 public:
  /// @param where what error messages name; offsets are those of `bytes`
  /// @param member what messages call the bytes
  /// @param start where in `bytes` the pickle begins
  Unpickler(std::string_view bytes, std::filesystem::path where, std::string member = "data.pkl",
            std::size_t start = 0);
  /// The pickled value; it lives as long as the unpickler. Throws FormatError.
  PickleValue read();
  /// Behind the pickle.
  std::size_t position() const { return position_; }
  /// Every storage that the pickle named, by key.
  const std::map<std::string, PickleStorage>& storages() const { return storages_; }

 private:
  [[noreturn]] void fail(const std::string& message) const;
  bool step(unsigned char opcode);
  bool step_number(unsigned char opcode);
  bool step_text(unsigned char opcode);
  bool step_container(unsigned char opcode);
  bool step_memo(unsigned char opcode);
  bool step_object(unsigned char opcode);

  std::string_view take(std::uint64_t count);
  std::string_view take_line();
  std::uint64_t take_unsigned(std::size_t bytes);
  std::int64_t take_long(std::uint64_t bytes);
  PickleValue pop();
  PickleItems pop_to_mark();
  PickleDict& top_dict(const char* wanted_by);
  PickleItems& top_list();
  void push(PickleValue value);
  void push_text(std::string_view text);
  void push_tuple(PickleItems items);
  void memoize(std::uint64_t key);
  void recall(std::uint64_t key);
  void import(const std::string& module, const std::string& name);
  void call();
  void make_object();
  void set_attributes();
  void set_items(PickleDict& dict, const PickleItems& items);
  void load_persistent();
  PickleValue rebuild_tensor(const PickleItems& arguments);

  std::string_view bytes_;
  std::filesystem::path where_;
  std::string member_;
  std::size_t position_ = 0;
  std::size_t opcode_position_ = 0;
  PickleItems stack_;
  std::map<std::uint64_t, PickleValue> memo_;
  std::deque<std::string> texts_;
  std::deque<PickleItems> sequences_;
  std::deque<PickleDict> dicts_;
  std::deque<PickleTensor> tensors_;
  std::map<std::string, PickleStorage> storages_;
};

}  // namespace ds::detail
