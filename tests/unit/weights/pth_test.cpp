#include <archive.h>
#include <archive_entry.h>

#include <cstring>
#include <map>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/testing/shared_data.h"
#include "ds/weights/weight_file.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

void write_zip(const std::filesystem::path& path, const std::map<std::string, std::string>& members,
               bool compressed = false) {
  auto* writer = archive_write_new();
  archive_write_set_format_zip(writer);
  archive_write_set_options(writer, compressed ? "zip:compression=deflate" : "zip:compression=store");
  archive_write_open_filename(writer, path.c_str());
  for (const auto& [name, content] : members) {
    auto* entry = archive_entry_new();
    archive_entry_set_pathname(entry, name.c_str());
    archive_entry_set_size(entry, static_cast<la_int64_t>(content.size()));
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_write_header(writer, entry);
    archive_write_data(writer, content.data(), content.size());
    archive_entry_free(entry);
  }
  archive_write_free(writer);
}

std::string text(const std::string& value) {
  std::string size(4, '\0');
  size[0] = static_cast<char>(value.size());
  return "X" + size + value;
}

std::string integer(int value) {
  std::string code = "J";
  for (int shift = 0; shift < 32; shift += 8) code += static_cast<char>(value >> shift & 0xff);
  return code;
}

std::string tuple(const std::vector<int>& values) {
  std::string code = "(";
  for (int value : values) code += integer(value);
  return code + "t";
}

const std::string kProtocol("\x80\x02", 2);

/// A tensor as torch.save writes it. @param tail what follows in the storage's id: "N" in a legacy file
std::string tensor(const std::string& storage_type, const std::string& key, int count, int offset,
                   const std::vector<int>& shape, const std::vector<int>& strides,
                   const std::string& tail = "") {
  return "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\n" + storage_type + "\n" +
         text(key) + text("cpu") + integer(count) + tail + "tQ" + integer(offset) + tuple(shape) +
         tuple(strides) +
         "\x89"
         "ccollections\nOrderedDict\n)RtR";
}

std::string dict(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string code = "}(";
  for (const auto& [key, value] : items) code += text(key) + value;
  return code + "u";
}

std::string floats(const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::string number(std::uint64_t value) {
  std::string bytes;
  for (int shift = 0; shift < 64; shift += 8) bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}

/// A file of before PyTorch 1.6 with two storages of two floats, `a` 1 2 and `b` 3 4.
std::string legacy_file(const std::string& more = "", bool little = true, std::uint64_t count = 2) {
  auto value = dict({{"state_dict", dict({{"b", tensor("FloatStorage", "77", 2, 0, {2}, {1}, "N")},
                                          {"a", tensor("FloatStorage", "5", 2, 0, {1, 2}, {2, 1}, "N")}})},
                     {"epoch", integer(3)}});
  return std::string("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15) + kProtocol +
         "M\xe9\x03." + kProtocol + dict({{"little_endian", little ? "\x88" : "\x89"}}) + "." + kProtocol +
         more + value + "." + kProtocol + "](" + text("5") + text("77") + "e." + number(count) +
         floats({1, 2}) + number(2) + floats({3, 4});
}

std::string complaint_about(const std::string& bytes) {
  TemporaryFolder folder;
  auto path = folder.path() / "w.pth";
  write_file_atomically(path, bytes);
  try {
    read_weight_file(path);
  } catch (const FormatError& error) {
    return std::string(error.what()).substr(path.string().size() + 2);
  }
  return "nothing";
}

struct Checkpoint {
  std::map<std::string, std::string> members;

  explicit Checkpoint(const std::string& pickle, const std::string& storage = floats({0, 1, 2, 3, 4, 5})) {
    members["net/data.pkl"] = kProtocol + pickle + ".";
    members["net/data/0"] = storage;
  }
  WeightFile read() const {
    TemporaryFolder folder;
    write_zip(folder.path() / "w.pth", members);
    return read_weight_file(folder.path() / "w.pth");
  }
  /// What reading says after the file's name.
  std::string complaint() const {
    TemporaryFolder folder;
    auto path = folder.path() / "w.pth";
    write_zip(path, members);
    try {
      read_weight_file(path);
    } catch (const FormatError& error) {
      return std::string(error.what()).substr(path.string().size() + 2);
    }
    return "nothing";
  }
};

}  // namespace

TEST_CASE("a plain state dict; strides and offsets are honoured") {
  // Six floats 0..5: row-major 2x3, its transpose, and a slice from element 4
  Checkpoint checkpoint(dict({{"rows", tensor("FloatStorage", "0", 6, 0, {2, 3}, {3, 1})},
                              {"columns", tensor("FloatStorage", "0", 6, 0, {3, 2}, {1, 3})},
                              {"tail", tensor("FloatStorage", "0", 6, 4, {2}, {1})},
                              {"scalar", tensor("FloatStorage", "0", 6, 5, {}, {})}}));
  auto file = checkpoint.read();
  REQUIRE(file.find("rows")->to_floats() == std::vector<float>{0, 1, 2, 3, 4, 5});
  REQUIRE(file.find("columns")->to_floats() == std::vector<float>{0, 3, 1, 4, 2, 5});
  REQUIRE(file.find("tail")->to_floats() == std::vector<float>{4, 5});
  REQUIRE(file.find("scalar")->to_floats() == std::vector<float>{5});
}

TEST_CASE("a dict under model or state_dict, with numbers and texts as metadata") {
  auto weights = dict({{"module.a", tensor("FloatStorage", "0", 6, 0, {6}, {1})}});
  for (const char* key : {"model", "state_dict", "ema"}) {
    auto file =
        Checkpoint(dict({{"epoch", integer(12)}, {"arch", text("x")}, {"none", "N"}, {key, weights}})).read();
    REQUIRE(file.tensors.size() == 1);
    REQUIRE(file.tensors[0].name == "a");  // "module." of distributed training is dropped
    REQUIRE(file.metadata_value("epoch") == "12");
    REQUIRE(file.metadata_value("arch") == "x");
  }
}

TEST_CASE("the classes that a trainer left beside the weights are their metadata, one a line") {
  auto weights = dict({{"a", tensor("FloatStorage", "0", 6, 0, {6}, {1})}});
  auto names = "(" + text("traffic light") + text("bus") + "t";
  auto classes_of = [&](const std::string& key, const std::string& value) {
    return Checkpoint(dict({{"state_dict", weights}, {key, value}})).read().metadata_value("classes");
  };
  REQUIRE(classes_of("classes", names) == "traffic light\nbus");
  REQUIRE(classes_of("meta", dict({{"CLASSES", names}})) == "traffic light\nbus");
  REQUIRE(classes_of("meta", dict({{"epoch", integer(3)}, {"dataset_meta", dict({{"classes", names}})}})) ==
          "traffic light\nbus");
  REQUIRE(classes_of("meta", dict({{"CLASSES", tuple({1, 2})}})).empty());
  REQUIRE(classes_of("other", names).empty());
}

TEST_CASE("a file of before PyTorch 1.6 is read, too") {
  TemporaryFolder folder;
  write_file_atomically(folder.path() / "w.pth", legacy_file());
  auto file = read_weight_file(folder.path() / "w.pth");
  REQUIRE(file.tensors.size() == 2);
  REQUIRE(file.find("a")->to_floats() == std::vector<float>{1, 2});
  REQUIRE(file.find("a")->shape == std::vector<std::int64_t>{1, 2});
  REQUIRE(file.find("b")->to_floats() == std::vector<float>{3, 4});
  REQUIRE(file.metadata_value("epoch") == "3");
}

TEST_CASE("a broken file of before PyTorch 1.6 is refused wherever it ends") {
  auto whole = legacy_file();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    INFO(size << " of " << whole.size() << " bytes");
    REQUIRE(complaint_about(whole.substr(0, size)) != "nothing");
  }
  REQUIRE(complaint_about(whole) == "nothing");
  const auto storages = std::to_string(whole.size() - 32);
  REQUIRE(complaint_about(whole.substr(0, whole.size() - 3)) ==
          "offset " + std::to_string(whole.size() - 16) +
              ": storage 77 of 2 elements of 4 bytes, but the file has 5 left");
  REQUIRE(complaint_about(legacy_file("", true, 9)) ==
          "offset " + storages + ": storage 5 of 9 elements, expected 2");
  REQUIRE(complaint_about(whole + "x") ==
          "offset " + std::to_string(whole.size()) + ": 1 bytes after the last storage");
  REQUIRE(complaint_about(legacy_file("", false)) == "offset 21: byte order 'big', expected 'little'");
  REQUIRE(complaint_about(legacy_file("cos\nsystem\n(" + text("true") + "tR"))
              .find(": in the file: GLOBAL 'os.system' refused") != std::string::npos);
}

TEST_CASE("the training log that mmengine leaves beside weights is passed over") {
  auto bytes = [](const std::string& value) {
    return "c_codecs\nencode\n" + text(value) + text("latin1") + "\x86R";
  };
  auto type = "cnumpy\ndtype\n" + text("f8") + "\x89\x88\x87R(K\x03" + text("<") + "NNN" + integer(-1) +
              integer(-1) + integer(0) + "tb";
  auto array = "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n" + integer(0) + "\x85" + bytes("b") +
               "\x87R(K\x01" + integer(1) + "\x85" + type + "\x89" + bytes("12345678") + "tb";
  auto history =
      "cmmengine.logging.history_buffer\nHistoryBuffer\n)\x81" +
      dict({{"_log_history", array},
            {"statistics", "c__builtin__\ngetattr\ncmmengine.logging.history_buffer\nHistoryBuffer\n" +
                               text("mean") + "\x86R"},
            {"last", "cnumpy.core.multiarray\nscalar\n" + type + bytes("12345678") + "\x86R"}}) +
      "b";
  auto file = Checkpoint(dict({{"message_hub", dict({{"loss", history}})},
                               {"state_dict", dict({{"a", tensor("FloatStorage", "0", 6, 0, {6}, {1})}})}}))
                  .read();
  REQUIRE(file.tensors.size() == 1);
  REQUIRE(file.tensors[0].name == "a");
  REQUIRE(Checkpoint(dict({{"a", history}})).complaint() ==
          "no state dict: expected a dict of tensors, or one under 'model', 'state_dict' or 'ema'");
}

TEST_CASE("a pickle that would run a command is refused with its name and offset") {
  // 2 bytes of protocol, then GLOBAL at offset 2
  REQUIRE(Checkpoint("cos\nsystem\n(" + text("true") + "tR").complaint() ==
          "offset 2: in data.pkl: GLOBAL 'os.system' refused: a weights file may only hold tensors, dicts, "
          "lists, "
          "numbers and texts");
  REQUIRE(
      Checkpoint(text("builtins") + text("eval") + "\x93").complaint() ==
      "offset 24: in data.pkl: GLOBAL 'builtins.eval' refused: a weights file may only hold tensors, dicts, "
      "lists, numbers and texts");
}

TEST_CASE("opcodes that build objects, and broken pickles, are refused") {
  auto after_name = [](const std::string& pickle) { return Checkpoint(pickle).complaint(); };
  REQUIRE(after_name("ccollections\nOrderedDict\n)\x81") ==
          "offset 28: in data.pkl: an object of a type that is none of a weights file's");
  REQUIRE(after_name("") == "offset 2: in data.pkl: the stack is empty");
  REQUIRE(after_name("X\xff\xff\xff\x7f") ==
          "offset 2: in data.pkl: the pickle ends after 8 bytes, in the middle of a value");
  REQUIRE(after_name("h\x05") == "offset 2: in data.pkl: memo 5 was never stored");
  REQUIRE(after_name("t") == "offset 2: in data.pkl: no mark on the stack");
  REQUIRE(after_name("Ka") ==
          "no state dict: expected a dict of tensors, or one under 'model', 'state_dict' or 'ema'");
  REQUIRE(after_name("\x8a\x09"
                     "123456789") == "offset 2: in data.pkl: a whole number of more than 64 bits");
}

TEST_CASE("a list nested a million times is refused without harm") {
  std::string pickle(1'000'000, ']');
  pickle.append(999'999, 'a');
  REQUIRE(Checkpoint(pickle).complaint() ==
          "no state dict: expected a dict of tensors, or one under 'model', 'state_dict' or 'ema'");
}

TEST_CASE("tensors that reach outside their storage are refused") {
  auto complain = [](int count, int offset, const std::vector<int>& shape, const std::vector<int>& strides,
                     const std::string& key = "0") {
    return Checkpoint(dict({{"a", tensor("FloatStorage", key, count, offset, shape, strides)}})).complaint();
  };
  REQUIRE(complain(6, 0, {7}, {1}) == "a: the tensor reaches outside its storage 0");
  REQUIRE(complain(6, 6, {1}, {1}) == "a: the tensor reaches outside its storage 0");
  REQUIRE(complain(6, 0, {2, 3}, {4, 1}) == "a: the tensor reaches outside its storage 0");
  REQUIRE(complain(6, 0, {2147483647, 2147483647, 2147483647}, {2147483647, 2147483647, 1}) ==
          "a: the tensor reaches outside its storage 0");
  REQUIRE(complain(6, 0, {2000000000}, {0}) == "a: the tensor reaches outside its storage 0");
  REQUIRE(complain(7, 0, {6}, {1}) == "a: storage 0 has 24 bytes, expected 7 elements of 4");
  REQUIRE(complain(6, 0, {6}, {1}, "9") == "a: storage 9 is not in the file (truncated?)");
  REQUIRE(complain(6, 0, {6}, {1, 1}).ends_with("in data.pkl: a tensor with 1 sides and 2 strides"));
}

TEST_CASE("zips that are not checkpoints are told apart") {
  TemporaryFolder folder;
  auto path = folder.path() / "w.pth";
  auto complain = [&] {
    try {
      read_weight_file(path);
    } catch (const FormatError& error) {
      return std::string(error.what()).substr(path.string().size() + 2);
    }
    return std::string("nothing");
  };
  write_zip(path, {{"readme.txt", "hello"}});
  REQUIRE(complain() == "the zip has no data.pkl: not written by torch.save, or a TorchScript archive");
  write_zip(path, {{"net/data.pkl", std::string(1'000'000, 'N')}}, true);
  REQUIRE(complain() == "member net/data.pkl of the zip is compressed, torch.save stores");
  write_file_atomically(path, std::string("\x80\x02\x8a\x0a", 4) + "lxF9");
  REQUIRE(complain() ==
          "offset 0: a bare pickle without torch.save's magic number, expected a file of torch.save");
  write_file_atomically(path, "text");
  REQUIRE(complain() == "offset 0: not a zip as torch.save writes it");
}

TEST_CASE("a big-endian checkpoint is refused") {
  Checkpoint checkpoint(dict({{"a", tensor("FloatStorage", "0", 6, 0, {6}, {1})}}));
  checkpoint.members["net/byteorder"] = "big";
  REQUIRE(checkpoint.complaint() == "byte order 'big', expected 'little'");
}

TEST_CASE("a real checkpoint truncated anywhere is refused") {
  if (ds::testing::shared_is_absent("data/weights/yolox_nano")) return;
  auto bytes = read_file(ds::testing::shared_folder() / "data/weights/yolox_nano/yolox_nano_coco.pth");
  TemporaryFolder folder;
  auto path = folder.path() / "w.pth";
  for (std::size_t size :
       {std::size_t{0}, std::size_t{3}, std::size_t{500}, bytes.size() / 2, bytes.size() - 100'000}) {
    write_file_atomically(path, bytes.substr(0, size));
    REQUIRE_THROWS_AS(read_weight_file(path), FormatError);
  }
  auto flipped = bytes;
  flipped[bytes.size() / 2] = static_cast<char>(flipped[bytes.size() / 2] ^ 1);
  write_file_atomically(path, flipped);
  REQUIRE_THROWS_AS(read_weight_file(path), FormatError);
}
