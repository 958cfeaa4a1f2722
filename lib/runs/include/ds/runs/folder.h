#pragma once

#include <filesystem>
#include <optional>
#include <utility>
#include <vector>

#include "ds/runs/config.h"
#include "ds/runs/epochs.h"
#include "ds/runs/findings.h"
#include "ds/runs/status.h"

namespace ds {

/// The one place that reads and writes a run's files, whoever trains it or looks at it. The files of
/// runs/<id>: config.yaml, metrics.jsonl, status.json, log.txt, findings.json,
/// last.ckpt, best.ckpt; with --tensorboard an event file in tensorboard/.
class RunFolder {
 public:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path config() const { return path_ / "config.yaml"; }
  std::filesystem::path last() const { return path_ / "last.ckpt"; }
  std::filesystem::path best() const { return path_ / "best.ckpt"; }
  std::filesystem::path log() const { return path_ / "log.txt"; }
  std::filesystem::path lock() const { return path_ / "lock"; }
  std::filesystem::path tensorboard() const { return path_ / "tensorboard"; }

  void write_status(const RunStatus& status) const;
  /// Nothing when the run has not begun.
  std::optional<RunStatus> read_status() const;
  void append_metrics(const EpochMetrics& metrics) const;
  /// In order; a torn last line is left out.
  std::vector<EpochMetrics> read_metrics() const;
  /// Forgets the epochs after `last_epoch` (a run continues from an older checkpoint).
  void truncate_metrics(int last_epoch) const;
  void write_config(const RunConfig& config, const OptionOrigins& origins = {}) const;
  /// Throws as `run_config_from_text`.
  RunConfig read_config() const;
  /// The lines of config.yaml in order; empty when there is none.
  std::vector<OptionLine> read_options() const;
  /// What the check of the data found before the first step; empty when there is no file.
  void write_findings(const std::vector<DataFinding>& findings) const;
  std::vector<DataFinding> read_findings() const;
  /// Makes the event file say what the metrics say: a step an epoch, tags such as train/loss and val/AP/disc.
  void write_tensorboard() const;

 private:
  std::filesystem::path path_;
};

}  // namespace ds
