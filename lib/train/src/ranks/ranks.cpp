#include "ds/train/ranks.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <optional>
#include <thread>

#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ranks/failure.h"
#include "ranks/link.h"
#include "ranks/message.h"

namespace ds {

using detail::first_line;
using detail::MessageReader;
using detail::MessageWriter;
using detail::pack_failure;
using detail::throw_failure_of;

namespace {

// A message travels with its size and its operation's name in one block; what is longer follows in a second.
constexpr std::int64_t kBlock = 4096;
constexpr std::size_t kHead = sizeof(std::uint64_t) + 64;
constexpr std::size_t kInBlock = static_cast<std::size_t>(kBlock) - kHead;

constexpr double kGoodbye_s = 3;  // for the others to say that they are still there

at::Tensor block_of(const std::string& bytes, const std::string& what) {
  auto block = at::zeros({kBlock}, at::kByte);
  auto* data = reinterpret_cast<char*>(block.data_ptr<std::uint8_t>());
  const auto size = static_cast<std::uint64_t>(bytes.size());
  std::memcpy(data, &size, sizeof size);
  what.copy(data + sizeof size, 63);
  bytes.copy(data + kHead, kInBlock);
  return block;
}

struct Head {
  std::uint64_t size = 0;
  std::string what;
};

Head head_of(const at::Tensor& block) {
  const auto* data = reinterpret_cast<const char*>(block.data_ptr<std::uint8_t>());
  Head head;
  std::memcpy(&head.size, data, sizeof head.size);
  head.what = data + sizeof head.size;
  return head;
}

std::string bytes_at(const at::Tensor& block, std::size_t offset, std::size_t size) {
  return {reinterpret_cast<const char*>(block.data_ptr<std::uint8_t>()) + offset, size};
}

std::string key_of(const char* kind, int rank) {
  return fmt::format("{}/{}", kind, rank);
}

}  // namespace

struct Ranks::Link {
  Link(const RankPlace& place, const RankTimeouts& timeouts, const std::filesystem::path& folder)
      : connections(place, timeouts, folder) {}
  detail::RankLink connections;
  bool broken = false;
  bool said_goodbye = false;
  std::vector<int> gone;
};

Ranks::Ranks() = default;

Ranks::Ranks(RankPlace place, const RankTimeouts& timeouts, const std::filesystem::path& shared_folder)
    : place_(std::move(place)) {
  if (alone()) return;
  try {
    link_ = std::make_unique<Link>(place_, timeouts, shared_folder);
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Busy(fmt::format("rank {} of {} could not connect to the others: {}", rank(), size(),
                           first_line(error.what())),
               "GLOO_SOCKET_IFNAME names the network interface to use");
  }
}

/// Rank 0 keeps the store: it stays until the others have read there why it is all over.
Ranks::~Ranks() {
  if (!link_ || !link_->said_goodbye) return;
  auto& connections = link_->connections;
  try {
    connections.post(key_of("done", rank()), {});
    auto is_done = [&](int other) {
      return std::count(link_->gone.begin(), link_->gone.end(), other) > 0 ||
             connections.is_posted(key_of("done", other));
    };
    Stopwatch watch;
    for (int other = 1; is_first() && other < size() && watch.seconds() < kGoodbye_s;)
      if (is_done(other))
        ++other;
      else
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
  } catch (const std::exception&) {  // there is nobody left to wait for
  }
}

bool Ranks::broken() const {
  return link_ && link_->broken;
}

std::vector<std::string> Ranks::gather(const std::string& bytes, const std::string& what) {
  if (alone()) return {bytes};
  if (broken()) lost(what, "the connection was lost before");
  try {
    auto blocks = link_->connections.gather(block_of(bytes, what));
    std::uint64_t longest = 0;
    for (int i = 0; i < size(); ++i) {
      auto head = head_of(blocks[i]);
      if (head.what != what.substr(0, 63))
        throw Error(fmt::format("rank {} is at '{}', rank {} at '{}'", i, head.what, rank(), what));
      longest = std::max(longest, head.size);
    }
    at::Tensor rest;
    if (longest > kInBlock) {
      auto mine = at::zeros({static_cast<std::int64_t>(longest - kInBlock)}, at::kByte);
      if (bytes.size() > kInBlock)
        std::memcpy(mine.data_ptr(), bytes.data() + kInBlock, bytes.size() - kInBlock);
      rest = link_->connections.gather(mine);
    }
    std::vector<std::string> all;
    for (int i = 0; i < size(); ++i) {
      const auto count = head_of(blocks[i]).size;
      auto text = bytes_at(blocks[i], kHead, std::min<std::size_t>(count, kInBlock));
      if (count > kInBlock) text += bytes_at(rest[i], 0, count - kInBlock);
      all.push_back(std::move(text));
    }
    return all;
  } catch (const std::exception& error) {
    lost(what, first_line(error.what()));
  }
}

std::string Ranks::broadcast(const std::string& bytes, const std::string& what) {
  if (alone()) return bytes;
  return gather(is_first() ? bytes : std::string(), what).front();
}

void Ranks::broadcast(const at::Tensor& tensor, const std::string& what) {
  if (alone()) return;
  if (broken()) lost(what, "the connection was lost before");
  try {
    link_->connections.broadcast(tensor);
  } catch (const std::exception& error) {
    lost(what, first_line(error.what()));
  }
}

void Ranks::sum(const at::Tensor& flat, const std::string& what) {
  if (alone()) return;
  if (broken()) lost(what, "the connection was lost before");
  try {
    link_->connections.sum(flat);
  } catch (const std::exception& error) {
    lost(what, first_line(error.what()));
  }
}

std::vector<std::string> Ranks::together(const std::string& what, const std::function<std::string()>& work) {
  if (alone()) return {work()};
  MessageWriter answer;
  std::exception_ptr failure;
  try {
    auto result = work();
    answer.put(true);
    answer.put_text(result);
  } catch (const std::exception& error) {
    failure = std::current_exception();
    answer.put(false);
    answer.put_text(pack_failure(error));
  }
  std::vector<std::string> answers;
  auto all = gather(answer.take(), what);
  for (int i = 0; i < size(); ++i) {
    MessageReader reader(all[static_cast<std::size_t>(i)]);
    bool well = reader.get<bool>();
    auto text = reader.get_text();
    if (!well && i == rank()) std::rethrow_exception(failure);
    if (!well) throw_failure_of(i, text);
    answers.push_back(std::move(text));
  }
  return answers;
}

void Ranks::require_same(const std::vector<std::pair<std::string, std::string>>& facts) {
  MessageWriter writer;
  for (const auto& [name, value] : facts) {
    writer.put_text(name);
    writer.put_text(value);
  }
  auto all = gather(writer.take(), "comparing what was asked for");
  for (int i = 1; i < size(); ++i) {
    if (all[static_cast<std::size_t>(i)] == all.front()) continue;
    MessageReader first(all.front());
    MessageReader other(all[static_cast<std::size_t>(i)]);
    while (!first.at_end() && !other.at_end()) {
      auto first_name = first.get_text();
      auto first_value = first.get_text();
      auto name = other.get_text();
      auto value = other.get_text();
      if (name != first_name || value != first_value)
        throw DataError(fmt::format("the ranks differ: {} is '{}' on rank 0, {} is '{}' on rank {}",
                                    first_name, first_value, name, value, i),
                        "start the same program with the same options on every rank");
    }
    throw DataError(fmt::format("the ranks differ: rank 0 and rank {} do not train equally many models", i),
                    "start the same program with the same options on every rank");
  }
}

void Ranks::say_goodbye(const std::string& failure) noexcept {
  if (!link_ || link_->said_goodbye) return;
  link_->said_goodbye = true;
  link_->broken = true;
  try {
    link_->connections.close();
    link_->connections.post(key_of(failure.empty() ? "alive" : "left", rank()), failure);
  } catch (const std::exception&) {
    link_->gone.push_back(0);  // who keeps the store
    return;
  }
  // Whoever does not answer is gone. Rank 0 keeps the store until all have had the time to read it.
  Stopwatch watch;
  while (true) {
    link_->gone.clear();
    try {
      for (int i = 0; i < size(); ++i)
        if (!link_->connections.is_posted(key_of("alive", i)) &&
            !link_->connections.is_posted(key_of("left", i)))
          link_->gone.push_back(i);
    } catch (const std::exception&) {
      link_->gone = {0};
      return;
    }
    if (link_->gone.empty() || watch.seconds() > kGoodbye_s) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

void Ranks::lost(const std::string& what, const std::string& why) {
  say_goodbye({});
  for (int i = 0; i < size(); ++i) {
    std::optional<std::string> reason;
    try {
      if (link_->connections.is_posted(key_of("left", i)))
        reason = link_->connections.posted(key_of("left", i));
    } catch (const std::exception&) {
      break;
    }
    if (reason && i != rank()) throw_failure_of(i, *reason);
  }
  if (link_->gone.empty())
    throw Busy(
        fmt::format("rank {} of {} lost the connection to the others at {}: {}", rank(), size(), what, why));
  std::string who;
  for (int i : link_->gone)
    who += fmt::format("{}rank {} ({})", who.empty() ? "" : ", ", i, link_->connections.process_of(i));
  throw Busy(fmt::format("{} of {} ended without a word; rank {} noticed at {}: {}", who, size(), rank(),
                         what, why));
}

void Ranks::leave(const std::exception& reason) noexcept {
  if (!link_ || link_->said_goodbye) return;
  try {
    say_goodbye(pack_failure(reason));
  } catch (const std::exception&) {
    link_->broken = true;
  }
}

}  // namespace ds
