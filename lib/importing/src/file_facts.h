#pragma once

#include <string>
#include <unordered_map>

#include "ds/base/progress.h"
#include "ds/formats/header_source.h"
#include "facts_log.h"

namespace ds::detail {

/// Reads picture files once, on several threads: header, whether they are whole, SHA-256. Each thread holds
/// one file in memory at a time.
class FileFactsSource : public HeaderSource {
 public:
  FileFactsSource(FactsLog& log, int threads, Progress& progress)
      : log_(log), threads_(threads), progress_(progress) {}

  void prepare(const std::vector<std::filesystem::path>& files) override;
  ImageHeader header_of(const std::filesystem::path& file) override;
  /// Of a whole picture; throws DataError, in which the file is called `shown`. What was
  /// prepared is forgotten then.
  FileFacts take(const std::filesystem::path& file, const std::string& shown);

 private:
  std::optional<FileFacts> read(const std::filesystem::path& file) const;

  FactsLog& log_;
  int threads_;
  Progress& progress_;
  std::unordered_map<std::string, FileFacts> known_;
};

}  // namespace ds::detail
