#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

/// Event files, which TensorBoard shows: TFRecords of tensorflow.Event messages.
namespace ds {

/// Scalars of one moment.
struct ScalarEvent {
  double elapsed_s = 0;  // since the first moment's work began
  std::int64_t step = 0;
  std::vector<std::pair<std::string, double>> scalars;  // tag ("val/AP") -> value, kept as float32
};

/// A whole event file of a time that began at `start_s` (seconds since 1970): the format's version, the
/// start of a session, and the events. The start makes a running TensorBoard forget what an older file of the
/// folder told it. Values that are not finite are left out.
std::string event_file_bytes(double start_s, const std::vector<ScalarEvent>& events);

/// Makes a folder hold these events and no others, in one file `events.out.tfevents.<start>.<host>`.
/// Events that are added to those of the file are appended to it, since TensorBoard follows a file and not
/// a name; a file that says something else (a run went on from an older checkpoint) is replaced by a newer
/// one. A file torn by a crash becomes whole again. Nothing happens when there are no events. Throws Busy
/// when the disk is full.
void write_event_file(const std::filesystem::path& folder, const std::vector<ScalarEvent>& events);

}  // namespace ds
