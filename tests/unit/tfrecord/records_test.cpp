#include "ds/tfrecord/records.h"

#include <sstream>

#include "ds/base/error.h"
#include "ds/base/files.h"

#include <catch2/catch.hpp>

using namespace ds;

TEST_CASE("masked CRC-32C") {
  // RFC 3720, B.4: 32 bytes of zeros have the CRC-32C 0x8a9136aa. Rotated right by 15 bits it is
  // 0x6d55 << 16 | ... : (0x8a9136aa >> 15 | 0x8a9136aa << 17) + 0xa282ead8, modulo 2^32.
  constexpr std::uint32_t crc = 0x8a9136aa;
  REQUIRE(masked_crc32c(std::string(32, '\0')) == ((crc >> 15 | crc << 17) + 0xa282ead8));
}

TEST_CASE("records read back, by number and by offset; a cut file is located") {
  TemporaryFolder folder;
  auto file = folder.path() / "a.tfrecord";
  std::ostringstream out;
  write_tf_record(out, "first");
  write_tf_record(out, "");
  // 12 bytes of head, 5 of data, 4 of checksum; 16 for the empty one
  REQUIRE(out.str().size() == 37);
  write_file_atomically(file, out.str());
  std::vector<std::string> read;
  for_each_tf_record(file, [&](TfRecord& record) {
    REQUIRE(record.intact);
    read.push_back(record.data);
  });
  REQUIRE(read == std::vector<std::string>{"first", ""});
  REQUIRE(read_tf_record(file, 21).empty());
  REQUIRE(begins_tf_record(out.str()));
  REQUIRE_FALSE(begins_tf_record("no record at all"));
  write_file_atomically(file, out.str().substr(0, 30));
  REQUIRE_THROWS_WITH(for_each_tf_record(file, [](TfRecord&) {}),
                      file.string() + ": record 2: the file ends inside the record");
}
