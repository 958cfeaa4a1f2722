#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <memory>
#include <string>

#include "ds/train/ranks.h"

namespace ds::detail {

/// The connections between ranks: c10d's store, where each can post texts, and its collectives. The only part
/// that sees c10d's headers. Operations throw what c10d throws (a peer's connection closed, a timeout).
class RankLink {
 public:
  /// As ds::Ranks.
  RankLink(const RankPlace& place, const RankTimeouts& timeouts, const std::filesystem::path& shared_folder);
  ~RankLink();
  RankLink(const RankLink&) = delete;
  RankLink& operator=(const RankLink&) = delete;

  /// @param mine [n] of any dtype, on the CPU or this rank's GPU. @return [size,n]
  at::Tensor gather(const at::Tensor& mine);
  void broadcast(const at::Tensor& tensor);
  void sum(const at::Tensor& flat);
  /// Ends the connections of the collectives, so that those who wait for this rank hear of
  /// it. The store stays.
  void close();

  void post(const std::string& key, const std::string& text);
  bool is_posted(const std::string& key);
  std::string posted(const std::string& key);
  /// "pid 812 on node3".
  std::string process_of(int rank);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ds::detail
