#pragma once

#include <exception>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ds/train/rank_place.h"

namespace at {
class Tensor;
}

namespace ds {

struct RankTimeouts {
  double join_s = 300;  // until all ranks are there
  double wait_s = 600;  // for the others in one operation: the longest that one rank may work alone
};

/// The processes that train one model together, and what they tell each other (c10d: Gloo, and NCCL between
/// GPUs where it is built in). Every rank calls the same operations in the same order; each is named by
/// `what`, for messages. Alone (size 1) every operation returns at once.
///
/// When a peer ends or stays silent, the operation throws what that peer said when it left, else Busy (exit
/// 75) naming it; from then on `broken()` holds and nothing can be said any more.
class Ranks {
 public:
  /// Alone.
  Ranks();
  /// Meets the others. Throws Busy naming who has not come in time, DataError when two disagree on the
  /// number of ranks, UsageError when two say they are the same rank, Interrupted.
  /// @param shared_folder a folder that all ranks see, for the file that says where rank 0 listens (used
  ///        when the place has no address)
  Ranks(RankPlace place, const RankTimeouts& timeouts, const std::filesystem::path& shared_folder);
  ~Ranks();
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;

  const RankPlace& place() const { return place_; }
  int rank() const { return place_.rank; }
  int size() const { return place_.size; }
  int local_rank() const { return place_.local_rank; }
  int local_size() const { return place_.local_size; }
  bool alone() const { return place_.alone(); }
  /// Rank 0 decides, writes and talks.
  bool is_first() const { return place_.rank == 0; }
  bool broken() const;

  /// Every rank's bytes, in the order of the ranks.
  std::vector<std::string> gather(const std::string& bytes, const std::string& what);
  /// Rank 0's bytes.
  std::string broadcast(const std::string& bytes, const std::string& what);
  /// Rank 0's values into every rank's tensor (contiguous, same size and dtype on all).
  void broadcast(const at::Tensor& tensor, const std::string& what);
  /// Replaces a flat vector by its sum over the ranks, added in the order of ds::add_in_halves: the same bits
  /// on every rank, in every run. Each rank sends and receives about twice its size.
  void sum(const at::Tensor& flat, const std::string& what);

  /// Runs `work`, which uses no ranks, on every one of them, and hands out everybody's answer. When it threw
  /// anywhere, all throw: the lowest rank that failed its own exception, the others one of the same type,
  /// "rank N: ...".
  std::vector<std::string> together(const std::string& what, const std::function<std::string()>& work);
  /// Throws DataError naming what differs when not all ranks have the same (name, value) pairs.
  void require_same(const std::vector<std::pair<std::string, std::string>>& facts);

  /// Tells the others why this rank ends, so that their next operation throws the same. For
  /// whoever ends outside `together`.
  void leave(const std::exception& reason) noexcept;

 private:
  struct Link;
  [[noreturn]] void lost(const std::string& what, const std::string& why);
  void say_goodbye(const std::string& failure) noexcept;
  RankPlace place_;
  std::unique_ptr<Link> link_;
};

/// What ranks of this build can talk with: "Gloo", "Gloo, NCCL", "none".
std::string rank_libraries();

}  // namespace ds
