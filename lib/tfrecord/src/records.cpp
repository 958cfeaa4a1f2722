#include "ds/tfrecord/records.h"

#include <fmt/format.h>

#include <array>
#include <boost/crc.hpp>
#include <cerrno>
#include <fstream>
#include <optional>

#include "ds/base/error.h"
#include "ds/base/inflate.h"
#include "ds/base/text.h"

namespace ds {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kHead = 12;  // length and its checksum
constexpr std::size_t kTail = 4;
constexpr std::uint64_t kLargest = std::uint64_t{1} << 31;  // what protobuf can hold

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[i]);
  return value;
}

std::string little_endian(std::uint64_t value, std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  return bytes;
}

// The length, when the head is whole and has its checksum.
std::optional<std::uint64_t> length_of(std::string_view head) {
  if (head.size() < kHead || masked_crc32c(head.substr(0, 8)) != little_endian(head.substr(8, 4)))
    return std::nullopt;
  return little_endian(head.substr(0, 8));
}

std::ifstream open(const fs::path& file) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) throw_io_error("read", file, errno != 0 ? errno : EIO);
  return in;
}

// Nothing at the end of the file. Throws FormatError saying what is wrong with the record.
bool read_record(std::ifstream& in, const fs::path& file, std::uint64_t file_size, TfRecord& record) {
  auto fail = [&](const std::string& what) {
    throw FormatError({.path = file, .pointer = fmt::format("record {}", record.number)}, what);
  };
  std::string head(kHead, '\0');
  in.read(head.data(), kHead);
  head.resize(static_cast<std::size_t>(in.gcount()));
  if (head.empty()) return false;
  if (head.size() < kHead) fail("the file ends inside the record");
  auto length = length_of(head);
  if (!length) fail("the checksum of its length is wrong; the rest of the file cannot be read");
  if (*length > kLargest) fail(fmt::format("it claims {} bytes", *length));
  if (record.offset + kHead + *length + kTail > file_size) fail("the file ends inside the record");
  record.data.resize(*length);
  std::string tail(kTail, '\0');
  in.read(record.data.data(), static_cast<std::streamsize>(*length));
  in.read(tail.data(), kTail);
  if (!in) throw_io_error("read", file, errno != 0 ? errno : EIO);
  record.intact = masked_crc32c(record.data) == little_endian(tail);
  return true;
}

}  // namespace

std::uint32_t masked_crc32c(std::string_view bytes) {
  boost::crc_optimal<32, 0x1EDC6F41, 0xFFFFFFFF, 0xFFFFFFFF, true, true> crc;
  crc.process_bytes(bytes.data(), bytes.size());
  auto value = static_cast<std::uint32_t>(crc.checksum());
  return ((value >> 15) | (value << 17)) + 0xa282ead8U;
}

void for_each_tf_record(const fs::path& file, const std::function<void(TfRecord&)>& take) {
  auto in = open(file);
  auto size = fs::file_size(file);
  TfRecord record{.number = 1};
  while (read_record(in, file, size, record)) {
    auto next = record.offset + kHead + record.data.size() + kTail;
    take(record);
    record.offset = next;
    ++record.number;
  }
}

std::string read_tf_record(const fs::path& file, std::uint64_t offset) {
  auto in = open(file);
  in.seekg(static_cast<std::streamoff>(offset));
  TfRecord record{.offset = offset};
  if (!read_record(in, file, fs::file_size(file), record) || !record.intact)
    throw FormatError({.path = file, .offset = static_cast<std::int64_t>(offset)}, "the record is not whole");
  return std::move(record.data);
}

void write_tf_record(std::ostream& out, std::string_view data) {
  auto length = little_endian(data.size(), 8);
  out << length << little_endian(masked_crc32c(length), 4) << data << little_endian(masked_crc32c(data), 4);
}

bool has_tf_record_suffix(const fs::path& file) {
  auto suffix = to_lower(file.extension().string());
  if (suffix == ".gz" || suffix == ".gzip" || suffix == ".zlib") return has_tf_record_suffix(file.stem());
  for (const char* known : {".tfrecord", ".tfrecords", ".tfrec", ".record"})
    if (suffix == known || suffix.starts_with(std::string(known) + "-")) return true;
  return false;
}

bool begins_tf_record(std::string_view head) {
  return length_of(head).has_value();
}

bool begins_packed_tf_record(std::string_view head) {
  auto plain = inflate_head(head, kHead);
  return plain && begins_tf_record(*plain);
}

}  // namespace ds
