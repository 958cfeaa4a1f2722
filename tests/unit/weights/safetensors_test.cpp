#include <cstring>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/testing/shared_data.h"
#include "ds/weights/weight_file.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

WeightTensor floats(const std::string& name, std::vector<std::int64_t> shape,
                    const std::vector<float>& values) {
  WeightTensor tensor{name, DType::f32, std::move(shape), {}};
  tensor.bytes.resize(values.size() * sizeof(float));
  if (!values.empty()) std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
  return tensor;
}

std::string with_header(std::string header, std::size_t data_bytes, std::uint64_t claimed = 0) {
  std::string bytes(8, '\0');
  std::uint64_t size = claimed != 0 ? claimed : header.size();
  for (std::size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(size >> (8 * i) & 0xff);
  return bytes + header + std::string(data_bytes, '\0');
}

/// What reading these bytes says after the file's name.
std::string complaint(const std::string& bytes) {
  TemporaryFolder folder;
  auto path = folder.path() / "w.safetensors";
  write_file_atomically(path, bytes);
  try {
    read_weight_file(path);
  } catch (const FormatError& error) {
    std::string text = error.what();
    REQUIRE(text.rfind(path.string() + ": ", 0) == 0);
    return text.substr(path.string().size() + 2);
  }
  return "nothing";
}

std::string one(const std::string& entry, std::size_t data_bytes = 8) {
  return complaint(with_header("{\"a\":" + entry + "}", data_bytes));
}

}  // namespace

TEST_CASE("tensors, their order and the text map come back") {
  TemporaryFolder folder;
  WeightFile file;
  file.metadata = {{"arch", "x"}, {"classes", "[\"a\"]"}};
  file.tensors = {floats("z", {2, 1}, {1.5F, -2}), floats("a", {}, {7}), floats("none", {0, 3}, {})};
  auto path = folder.path() / "w.safetensors";
  write_safetensors(path, file);
  auto back = read_safetensors(path);
  REQUIRE(back.metadata == file.metadata);
  REQUIRE(back.tensors.size() == 3);
  REQUIRE(back.tensors[0].name == "z");
  REQUIRE(back.tensors[0].shape == std::vector<std::int64_t>{2, 1});
  REQUIRE(back.tensors[0].to_floats() == std::vector<float>{1.5F, -2});
  REQUIRE(back.find("a")->to_floats() == std::vector<float>{7});
  REQUIRE(back.find("b") == nullptr);
  REQUIRE(back.metadata_value("arch") == "x");
  auto rows = inspect_weights(path);
  REQUIRE(rows[0].dtype == "F32");
  REQUIRE(rows[0].bytes == 8);
}

TEST_CASE("half and bfloat16 values convert exactly") {
  // IEEE half: 0x3C00 = 1, 0xC000 = -2, 0x0001 = 2^-24, 0x7C00 = inf; bfloat16: 0x3FC0 = 1.5
  auto make = [](DType dtype, std::vector<std::uint16_t> raw) {
    WeightTensor tensor{"t", dtype, {static_cast<std::int64_t>(raw.size())}, {}};
    tensor.bytes.resize(raw.size() * 2);
    std::memcpy(tensor.bytes.data(), raw.data(), tensor.bytes.size());
    return tensor.to_floats();
  };
  REQUIRE(make(DType::f16, {0x3C00, 0xC000, 0x0001, 0x0000, 0x7C00}) ==
          std::vector<float>{1, -2, 0x1p-24F, 0, std::numeric_limits<float>::infinity()});
  REQUIRE(make(DType::bf16, {0x3FC0, 0xC000}) == std::vector<float>{1.5F, -2});
}

TEST_CASE("writing refuses what could not be read back") {
  TemporaryFolder folder;
  REQUIRE_THROWS_WITH(
      write_safetensors(folder.path() / "w", {{floats("a", {1}, {1}), floats("a", {1}, {2})}, {}}),
      "two tensors are called 'a'");
  REQUIRE_THROWS_WITH(write_safetensors(folder.path() / "w", {{floats("a", {3}, {1})}, {}}),
                      "tensor 'a' has 4 bytes, its shape needs 12");
}

TEST_CASE("a broken header says where and what") {
  REQUIRE(complaint("abc") == "offset 0: the file has 3 bytes, too few for a header length");
  REQUIRE(complaint(with_header("{}", 0, 5000)) ==
          "offset 0: the header should have 5000 bytes, but 2 follow (truncated, or no safetensors file)");
  REQUIRE(complaint(with_header("{}", 0, 0xffffffffffffffffULL)) ==
          "offset 0: the header should have 18446744073709551615 bytes, but 2 follow (truncated, or no "
          "safetensors file)");
  REQUIRE(complaint(with_header("{\"a\":}", 0)) == "offset 14: the header is not valid JSON");
  REQUIRE(complaint(with_header("[1]", 0)) == "offset 8: the header is not a JSON object");
  REQUIRE(complaint(with_header(R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]},)"
                                R"("a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})",
                                4)) == "/a: the name is there twice");
  REQUIRE(complaint(with_header(R"({"__metadata__":{"k":1}})", 0)) == "/__metadata__/k: not a text");
}

TEST_CASE("a broken entry says which tensor") {
  REQUIRE(one("1") == "/a: not a JSON object");
  REQUIRE(one(R"({"shape":[2],"data_offsets":[0,8]})") == "/a: no dtype");
  REQUIRE(one(R"({"dtype":"F8","shape":[2],"data_offsets":[0,8]})") ==
          "/a: dtype F8 is not supported; supported: F32, F16, BF16, F64, I64, I32, I16, I8, U8, BOOL");
  REQUIRE(one(R"({"dtype":"F32","shape":[-2],"data_offsets":[0,8]})") ==
          "/a: shape has -2, expected whole numbers from 0");
  REQUIRE(one(R"({"dtype":"F32","shape":[2],"data_offsets":[8,0]})") ==
          "/a: data_offsets is not [begin, end]");
  REQUIRE(one(R"({"dtype":"F32","shape":[4],"data_offsets":[0,16]})") ==
          "/a: the data ends at 16, but the file holds 8 bytes of data (truncated?)");
  REQUIRE(one(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})") ==
          "/a: shape [3] of F32 does not fill its 8 bytes of data");
  // 2^62 * 4 elements of 4 bytes wrap to 0 in 64 bits
  REQUIRE(one(R"({"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,0]})") ==
          "/a: shape [4611686018427387904,4] of F32 does not fill its 0 bytes of data");
}

TEST_CASE("gaps, overlaps and a tail are refused") {
  const std::string a = R"("a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]})";
  auto with_b = [&](const std::string& offsets) {
    return complaint(
        with_header("{" + a + R"(,"b":{"dtype":"U8","shape":[4],"data_offsets":)" + offsets + "}}", 12));
  };
  REQUIRE(with_b("[2,6]") == "/b: the data begins at 2, expected 4 where the tensor before it ends");
  REQUIRE(with_b("[8,12]") == "/b: the data begins at 8, expected 4 where the tensor before it ends");
  REQUIRE(with_b("[4,8]") == "4 bytes after the last tensor");
}

TEST_CASE("a file of another kind is named as such") {
  TemporaryFolder folder;
  auto path = folder.path() / "w.bin";
  write_file_atomically(path, "something else entirely");
  REQUIRE_THROWS_WITH(read_weight_file(path),
                      path.string() + " is neither a safetensors file nor a zip as torch.save writes it");
}

TEST_CASE("a real file truncated anywhere is refused, never read in part") {
  if (ds::testing::shared_is_absent("data/weights/yolox_nano")) return;
  auto bytes =
      read_file(ds::testing::shared_folder() / "data/weights/yolox_nano/yolox_nano_coco.safetensors");
  for (std::size_t size : {std::size_t{0}, std::size_t{7}, std::size_t{8}, std::size_t{100},
                           std::size_t{60000}, bytes.size() / 2, bytes.size() - 1})
    REQUIRE(complaint(bytes.substr(0, size)) != "nothing");
}
