#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "ds/project/run_files.h"

namespace ds {

/// What status.json says about a run while it goes on; rewritten whole every two seconds and at every epoch.
struct RunStatus {
  std::string run;
  std::string state = "running";  // running, done, failed, stopped
  std::string title;              // "yolox-nano 416x320"
  std::string message;
  int pid = 0;
  int epoch = 0;   // the one under way, from 1
  int epochs = 0;  // 0 while a budget has not decided yet
  std::int64_t step = 0;
  std::int64_t steps = 0;
  double loss = 0;
  double learning_rate = 0;
  double images_per_s = 0;
  std::optional<double> ap = std::nullopt;  // last validation
  std::optional<double> best_ap = std::nullopt;
  int best_epoch = 0;
  double elapsed_s = 0;
  std::optional<double> eta_s = std::nullopt;
  std::string updated;
};

std::string to_json_text(const RunStatus& status);
/// Throws FormatError naming `file`.
RunStatus run_status_from_json(const std::string& text, const std::filesystem::path& file);

/// The files of runs/<id>: config.yaml, metrics.jsonl, status.json, log.txt, findings.json,
/// last.ckpt, best.ckpt; with --tensorboard an event file in tensorboard/.
class RunFolder {
 public:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path config() const { return path_ / "config.yaml"; }
  std::filesystem::path last() const { return path_ / "last.ckpt"; }
  std::filesystem::path best() const { return path_ / "best.ckpt"; }
  std::filesystem::path log() const { return path_ / "log.txt"; }
  /// What the check of the data found before the first step (ds/train/data_check.h).
  std::filesystem::path findings() const { return path_ / "findings.json"; }
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
  /// The lines of config.yaml in order; empty when there is none.
  std::vector<OptionLine> read_options() const;
  /// Makes the event file say what the metrics say: a step an epoch, tags such as train/loss and val/AP/disc.
  void write_tensorboard() const;

 private:
  std::filesystem::path path_;
};

}  // namespace ds
