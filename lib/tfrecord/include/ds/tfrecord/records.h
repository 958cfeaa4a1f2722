#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

/// TFRecord files: a length, its masked CRC-32C, the data, its masked CRC-32C; all little-endian.
namespace ds {

std::uint32_t masked_crc32c(std::string_view bytes);

struct TfRecord {
  std::size_t number = 0;    // from 1
  std::uint64_t offset = 0;  // where the record begins
  std::string data;
  bool intact = true;  // the data has its checksum
};
/// Calls `take` for every record. Throws FormatError `file: record N` when a length is broken or the file
/// ends inside a record: what follows cannot be found.
void for_each_tf_record(const std::filesystem::path& file, const std::function<void(TfRecord&)>& take);
/// The data of the record that begins at `offset`. Throws FormatError when it is not whole.
std::string read_tf_record(const std::filesystem::path& file, std::uint64_t offset);
void write_tf_record(std::ostream& out, std::string_view data);

/// .tfrecord, .tfrecords, .tfrec or .record, also sharded (a.record-00003-of-00010) and packed (a.record.gz).
bool has_tf_record_suffix(const std::filesystem::path& file);
/// Whether a file begins as a TFRecord does.
bool begins_tf_record(std::string_view head);
/// Whether a file begins as one that is packed as a whole, by TensorFlow's compression types GZIP and ZLIB.
/// Its records can be read when it is unpacked (inflate_file).
bool begins_packed_tf_record(std::string_view head);

}  // namespace ds
