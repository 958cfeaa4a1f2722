#include "ds/tfrecord/event_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <optional>
#include <sstream>

#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/process.h"
#include "ds/base/text.h"
#include "ds/tfrecord/records.h"
#include "event_file.pb.h"

namespace ds {
namespace fs = std::filesystem;

namespace {

constexpr const char* kPrefix = "events.out.tfevents.";

void append_event(std::ostream& out, const tf::Event& event) {
  write_tf_record(out, event.SerializeAsString());
}

tf::Event event_at(double wall_time_s, std::int64_t step) {
  tf::Event event;
  event.set_wall_time(wall_time_s);
  event.set_step(step);
  return event;
}

/// The start in a file's name; nothing when it is no event file.
std::optional<std::int64_t> start_of(const fs::path& file) {
  auto name = file.filename().string();
  if (!name.starts_with(kPrefix)) return std::nullopt;
  auto rest = name.substr(std::string(kPrefix).size());
  return parse_int(rest.substr(0, rest.find('.')));
}

struct EventFile {
  fs::path path;
  std::int64_t start_s = 0;
};

/// Oldest first.
std::vector<EventFile> files_in(const fs::path& folder) {
  std::vector<EventFile> files;
  if (!fs::exists(folder)) return files;
  for (const auto& entry : fs::directory_iterator(folder))
    if (auto start = start_of(entry.path())) files.push_back({entry.path(), *start});
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.start_s < b.start_s; });
  return files;
}

void append_bytes(const fs::path& file, std::string_view bytes) {
  errno = 0;
  std::ofstream out(file, std::ios::binary | std::ios::app);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) throw_io_error("write", file, errno != 0 ? errno : EIO);
}

}  // namespace

std::string event_file_bytes(double start_s, const std::vector<ScalarEvent>& events) {
  std::ostringstream out;
  auto version = event_at(start_s, 0);
  version.set_file_version("brain.Event:2");
  append_event(out, version);
  auto session = event_at(start_s, 0);
  session.mutable_session_log()->set_status(tf::SessionLog::START);
  append_event(out, session);
  for (const auto& each : events) {
    auto event = event_at(start_s + each.elapsed_s, each.step);
    for (const auto& [tag, value] : each.scalars) {
      if (!std::isfinite(value)) continue;
      auto& scalar = *event.mutable_summary()->add_value();
      scalar.set_tag(tag);
      scalar.set_simple_value(static_cast<float>(value));
    }
    append_event(out, event);
  }
  return out.str();
}

void write_event_file(const fs::path& folder, const std::vector<ScalarEvent>& events) {
  if (events.empty()) return;
  auto files = files_in(folder);
  auto start_s = static_cast<std::int64_t>(unix_now() - events.back().elapsed_s);
  if (!files.empty()) {
    const auto& newest = files.back();
    auto bytes = event_file_bytes(static_cast<double>(newest.start_s), events);
    auto there = read_file(newest.path);
    if (bytes.starts_with(there)) {
      if (there.size() < bytes.size())
        append_bytes(newest.path, std::string_view(bytes).substr(there.size()));
      files.pop_back();
      for (const auto& old : files) fs::remove(old.path);
      return;
    }
    start_s = std::max(start_s, newest.start_s + 1);
  }
  write_file_atomically(folder / fmt::format("{}{:010}.{}", kPrefix, start_s, host_name()),
                        event_file_bytes(static_cast<double>(start_s), events));
  for (const auto& old : files) fs::remove(old.path);
}

}  // namespace ds
