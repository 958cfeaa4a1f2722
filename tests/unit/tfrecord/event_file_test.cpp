#include "ds/tfrecord/event_file.h"

#include <cmath>
#include <cstdlib>

#include "ds/base/files.h"
#include "ds/base/process.h"
#include "ds/tfrecord/records.h"
#include "event_file.pb.h"

#include <catch2/catch.hpp>

using namespace ds;
namespace fs = std::filesystem;

namespace {

std::vector<ScalarEvent> events(int count, double first_loss = 8) {
  std::vector<ScalarEvent> all;
  for (int i = 1; i <= count; ++i)
    all.push_back({10.0 * i, i, {{"train/loss", first_loss / i}, {"val/AP", 0.125 * i}}});
  return all;
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) files.push_back(entry.path());
  return files;
}

/// Every message of the folder's only file; the checksums must hold.
std::vector<tf::Event> read_back(const fs::path& folder) {
  auto files = files_in(folder);
  REQUIRE(files.size() == 1);
  std::vector<tf::Event> all;
  for_each_tf_record(files[0], [&](TfRecord& record) {
    REQUIRE(record.intact);
    all.emplace_back();
    REQUIRE(all.back().ParseFromString(record.data));
  });
  return all;
}

struct FakeNow {
  explicit FakeNow(const char* text) { setenv("DS_FAKE_NOW", text, 1); }
  ~FakeNow() { unsetenv("DS_FAKE_NOW"); }
};

}  // namespace

TEST_CASE("an event file says its version, a start, and scalars by step and time") {
  TemporaryFolder folder;
  FakeNow now("1970-01-01T00:16:50.000Z");  // 1010 s; the first moment's work began 30 s before
  write_event_file(folder.path(), events(3));
  REQUIRE(files_in(folder.path())[0].filename() == "events.out.tfevents.0000000980." + host_name());
  auto read = read_back(folder.path());
  REQUIRE(read.size() == 5);
  REQUIRE(read[0].file_version() == "brain.Event:2");
  REQUIRE(read[1].session_log().status() == tf::SessionLog::START);
  REQUIRE(read[4].step() == 3);
  REQUIRE(read[4].wall_time() == 1010);
  REQUIRE(read[4].summary().value_size() == 2);
  REQUIRE(read[4].summary().value(0).tag() == "train/loss");
  REQUIRE(read[4].summary().value(0).simple_value() == 8.0F / 3);
  REQUIRE(read[4].summary().value(1).simple_value() == 0.375F);
}

TEST_CASE("the bytes are those of TensorFlow's messages") {
  // Event { wall_time (field 1, double) = 0.5, step (2, varint) = 3, summary (5) { value (1) { tag (1) "a",
  // simple_value (2, float) = 1.5 } } }: 0.5 is 0x3fe0000000000000, 1.5 is 0x3fc00000.
  const std::string expected(
      "\x09\0\0\0\0\0\0\xe0\x3f\x10\x03\x2a\x0a\x0a\x08\x0a\x01"
      "a\x15\0\0\xc0\x3f",
      23);
  TemporaryFolder folder;
  auto file = folder.path() / "events";
  write_file_atomically(file, event_file_bytes(0.25, {{0.25, 3, {{"a", 1.5}, {"b", std::nan("")}}}}));
  std::vector<std::string> records;
  for_each_tf_record(file, [&](TfRecord& record) { records.push_back(record.data); });
  REQUIRE(records.size() == 3);
  REQUIRE(records[2] == expected);
}

TEST_CASE("more events are appended to the file, also after a torn write") {
  TemporaryFolder folder, whole;
  FakeNow now("1970-01-01T01:00:00.000Z");
  write_event_file(folder.path(), events(2));
  auto file = files_in(folder.path())[0];
  auto before = read_file(file);
  setenv("DS_FAKE_NOW", "1970-01-01T02:00:00.000Z", 1);
  write_event_file(folder.path(), events(4));
  REQUIRE(files_in(folder.path()) == std::vector<fs::path>{file});
  auto after = read_file(file);
  REQUIRE(after.starts_with(before));
  REQUIRE(after == event_file_bytes(3600 - 20, events(4)));
  fs::resize_file(file, after.size() - 7);
  write_event_file(folder.path(), events(5));
  REQUIRE(read_file(file) == event_file_bytes(3600 - 20, events(5)));
}

TEST_CASE("a run that went on from an older checkpoint gets a newer file, without a step twice") {
  TemporaryFolder folder;
  FakeNow now("1970-01-01T01:00:00.000Z");
  write_event_file(folder.path(), {});
  REQUIRE(files_in(folder.path()).empty());
  write_event_file(folder.path(), events(4));
  auto old = files_in(folder.path())[0];
  write_event_file(folder.path(), events(3, 9));
  auto read = read_back(folder.path());
  REQUIRE(read.size() == 5);
  REQUIRE(read[2].summary().value(0).simple_value() == 9.0F);
  // 3600 - 40 was the first start; the second's own, 3600 - 30, comes later
  REQUIRE(old.filename() == "events.out.tfevents.0000003560." + host_name());
  REQUIRE(files_in(folder.path())[0].filename() == "events.out.tfevents.0000003570." + host_name());
  // The same moment again: the name must still be a later one.
  write_event_file(folder.path(), events(3, 10));
  REQUIRE(files_in(folder.path())[0].filename() == "events.out.tfevents.0000003571." + host_name());
}
