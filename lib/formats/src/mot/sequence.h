#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "shared/reading.h"

/// One MOT Challenge sequence as it is written, and what its numbers count from.
namespace ds::detail {

struct MotRow {
  std::int64_t frame = 0;
  std::int64_t id = -1;
  double left = 0;
  double top = 0;
  double width = 0;
  double height = 0;
  double confidence = 1;
  std::int64_t class_id = -1;  // -1: none is said
  std::string visibility;      // as written; empty when there is none
  Location place;
};

struct MotSequence {
  std::filesystem::path folder;
  bool has_truth = false;  // gt/gt.txt; else rows are detections
  std::vector<MotRow> rows;
  std::set<std::optional<std::int64_t>> bad_frames;  // of rows that cannot be used; nothing: any frame
  std::vector<std::string> labels;                   // gt/labels.txt
  std::map<std::string, std::string> info;           // seqinfo.ini's [Sequence], keys in lower case
  std::map<std::string, std::string> ours;           // and what ds adds in [ds]
  std::vector<std::filesystem::path> pictures;
  std::optional<Reading::Declared> size;  // of a picture, else of seqinfo.ini

  std::optional<double> number(const std::string& key) const;
};

/// Rows that cannot be used are issues with their line.
MotSequence read_mot_sequence(Reading& reading, const std::filesystem::path& folder);

/// What frames, classes and boxes count from: 1 as on motchallenge.net, or 0 as some tools do.
struct MotBase {
  int frame = 1;
  int class_id = 1;
  int box = 1;
  Severity severity = Severity::note;
  std::string evidence;
};

inline const std::vector<std::string> kMotBases = {"auto", "one", "zero"};
/// One reading for the whole dataset. `wanted` is one of kMotBases.
MotBase choose_mot_base(const std::vector<MotSequence>& sequences, const std::string& wanted);

/// MOT Challenge's classes, from 1.
const std::vector<std::string>& mot_classes();

/// a + b as decimals: 1.1 - 1 is 0.1.
double decimal_sum(double a, double b);

}  // namespace ds::detail
