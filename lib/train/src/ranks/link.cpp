#include "ranks/link.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <unistd.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <set>
#include <thread>
#include <vector>

#if defined(USE_C10D_GLOO) && __has_include(<gloo/algorithm.h>)
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#define DS_HAS_GLOO 1
#endif
#if defined(USE_C10D_NCCL) && __has_include(<nccl.h>)
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#define DS_HAS_NCCL 1
#endif

#include "ds/base/clock.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "ds/base/process.h"
#include "ds/base/stop.h"
#include "ds/base/text.h"
#include "ranks/add_in_halves.h"
#include "ranks/failure.h"

namespace ds::detail {
namespace {

using Milliseconds = std::chrono::milliseconds;
using StorePointer = c10::intrusive_ptr<c10d::Store>;

constexpr double kOneTry_s = 3;  // to connect; then the address is looked up again

Milliseconds in_milliseconds(double seconds) {
  return Milliseconds(static_cast<std::int64_t>(seconds * 1000));
}

StorePointer open_store(const std::string& host, int port, bool listens, double timeout_s) {
  c10d::TCPStoreOptions options;
  options.port = static_cast<std::uint16_t>(port);
  options.isServer = listens;
  options.waitWorkers = false;  // it would wait in a way that no signal ends
  options.timeout = in_milliseconds(timeout_s);
  return c10::make_intrusive<c10d::TCPStore>(host, options);
}

std::string text_of(const std::vector<std::uint8_t>& bytes) {
  return {bytes.begin(), bytes.end()};
}

std::vector<std::uint8_t> bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

/// How the ranks of one start find each other: rank 0 keeps a store of texts, at the launcher's address or at a
/// free port that it writes into a file of the project, and every rank checks in there. A store may be an
/// older attempt's, and a file an earlier start's, so each is believed by its token or prefix alone. Ranks that
/// disagree (two of one number, another size) are found here, before the first tensor travels. Every wait ends
/// by the join timeout or by a signal, for which c10d's own waits have no ear: so all of them are polled.
class Meeting {
 public:
  Meeting(const RankPlace& place, const RankTimeouts& timeouts, std::filesystem::path folder)
      : place_(place), limit_s_(timeouts.join_s), folder_(std::move(folder)) {}

  StorePointer store() {
    auto store = place_.address.empty() ? meet_by_file() : meet_at_address();
    store->setTimeout(in_milliseconds(limit_s_));
    check_in(*store);
    std::error_code ignored;
    if (place_.rank == 0 && place_.address.empty()) std::filesystem::remove(file(), ignored);
    return store;
  }
  std::vector<std::string> processes() const { return processes_; }
  bool on_one_machine() const { return std::set<std::string>(hosts_.begin(), hosts_.end()).size() == 1; }

 private:
  std::filesystem::path file() const { return folder_ / fmt::format("ranks-{}", place_.job); }

  StorePointer listen(int port) {
    try {
      return open_store("127.0.0.1", port, true, limit_s_);
    } catch (const std::exception& error) {
      throw Busy(fmt::format("rank 0 cannot listen at port {}: {}", port, first_line(error.what())),
                 "set another MASTER_PORT");
    }
  }

  StorePointer meet_at_address() {
    if (place_.rank == 0 && !place_.agent_listens) return listen(place_.port);
    std::string why;
    while (watch_.seconds() < limit_s_) {
      throw_if_stopped();
      try {
        auto store = open_store(place_.address, place_.port, false, kOneTry_s);
        // torchrun's own store outlives a failed attempt and keeps its keys.
        if (!place_.agent_listens) return store;
        return c10::make_intrusive<c10d::PrefixStore>(fmt::format("ds/{}/", place_.attempt), store);
      } catch (const std::exception& error) {
        why = first_line(error.what());
      }
    }
    throw Busy(fmt::format("rank {} of {} could not reach rank 0 at {}:{} within {}: {}", place_.rank,
                           place_.size, place_.address, place_.port, human_duration(limit_s_), why),
               "see why rank 0 did not start; --join-timeout waits longer");
  }

  /// Rank 0 takes a free port and writes down where. A file that an earlier start has left behind leads
  /// nowhere, or to a store without its token: then the file is read again, until rank 0 has replaced it.
  StorePointer meet_by_file() {
    if (place_.rank == 0) {
      auto store = listen(0);
      auto token = random_hex(8);
      store->set("token", bytes_of(token));
      auto port = dynamic_cast<c10d::TCPStore&>(*store).getPort();
      write_file_atomically(file(), fmt::format("{} {} {}\n", host_name(), port, token));
      return store;
    }
    std::string why = "it is not there";
    while (watch_.seconds() < limit_s_) {
      throw_if_stopped();
      try {
        if (auto store = try_file()) return store;
      } catch (const std::exception& error) {
        why = first_line(error.what());
      }
      std::this_thread::sleep_for(Milliseconds(50));
    }
    throw Busy(fmt::format("rank {} of {} could not reach rank 0 by {} within {}: {}", place_.rank,
                           place_.size, file().string(), human_duration(limit_s_), why),
               "see why rank 0 did not start; --join-timeout waits longer");
  }

  StorePointer try_file() const {
    if (!std::filesystem::exists(file())) return {};
    auto words = split_words(trim(read_file(file())));
    auto port = words.size() == 3 ? parse_int(words[1]) : std::nullopt;
    if (!port) throw Error("it does not say where rank 0 listens");
    auto host = words[0] == host_name() ? "127.0.0.1" : words[0];
    auto store = open_store(host, static_cast<int>(*port), false, kOneTry_s);
    if (!store->check({"token"}) || text_of(store->get("token")) != words[2])
      throw Error(fmt::format("{}:{} belongs to another start", words[0], *port));
    return store;
  }

  /// Every rank says that it is there, and waits for the others.
  void check_in(c10d::Store& store) {
    if (store.add(fmt::format("claim/{}", place_.rank), 1) > 1)
      throw UsageError(fmt::format("two processes are rank {}", place_.rank),
                       "start each with a RANK of its own");
    auto mine = fmt::format("{} {} {}", place_.size, getpid(), host_name());
    store.set(fmt::format("here/{}", place_.rank), bytes_of(mine));
    for (int rank = 0; rank < place_.size; ++rank) {
      auto key = fmt::format("here/{}", rank);
      while (!store.check({key})) {
        throw_if_stopped();
        if (watch_.seconds() > limit_s_)
          throw Busy(fmt::format("rank {} of {} has not come within {}", rank, place_.size,
                                 human_duration(limit_s_)),
                     "see why it did not start; --join-timeout waits longer");
        std::this_thread::sleep_for(Milliseconds(20));
      }
      auto words = split_words(text_of(store.get(key)));
      if (words.at(0) != std::to_string(place_.size))
        throw DataError(fmt::format("rank {} was started as one of {}, rank {} as one of {}", rank, words[0],
                                    place_.rank, place_.size),
                        "start all with the same WORLD_SIZE");
      processes_.push_back(fmt::format("pid {} on {}", words.at(1), words.at(2)));
      hosts_.push_back(words.at(2));
    }
  }

  const RankPlace& place_;
  double limit_s_;
  std::filesystem::path folder_;
  Stopwatch watch_;
  std::vector<std::string> processes_;
  std::vector<std::string> hosts_;
};

#ifdef DS_HAS_GLOO
auto gloo_device(bool on_one_machine) {
  if (const char* interface = std::getenv("GLOO_SOCKET_IFNAME"))
    return c10d::ProcessGroupGloo::createDeviceForInterface(interface);
  if (on_one_machine) return c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1");
  return c10d::ProcessGroupGloo::createDefaultDevice();
}
#endif

/// One of each rank, [n] -> [size,n].
template <typename Backend>
at::Tensor gather_with(Backend& backend, int size, const at::Tensor& mine) {
  auto all = at::empty({size, mine.numel()}, mine.options());
  std::vector<std::vector<at::Tensor>> outputs(1);
  for (int rank = 0; rank < size; ++rank) outputs[0].push_back(all.select(0, rank));
  std::vector<at::Tensor> inputs = {mine};
  backend.allgather(outputs, inputs)->wait();
  return all;
}

/// Each rank sums its own part of the vector over all ranks, then hands it out: every element is added once,
/// in one order, and all get the same bits.
template <typename Backend>
void sum_with(Backend& backend, int size, const at::Tensor& flat) {
  const auto count = flat.numel();
  const auto part = (count + size - 1) / size;
  auto sent = at::zeros({size * part}, flat.options());
  sent.narrow(0, 0, count).copy_(flat);
  auto received = at::empty_like(sent);
  std::vector<std::int64_t> equal_parts;
  backend.alltoall_base(received, sent, equal_parts, equal_parts)->wait();
  auto terms = received.view({size, part});
  add_in_halves(0, size, [&](int to, int from) { terms.select(0, to).add_(terms.select(0, from)); });
  auto total = gather_with(backend, size, terms.select(0, 0));
  flat.copy_(total.view({size * part}).narrow(0, 0, count));
}

template <typename Backend>
void broadcast_with(Backend& backend, const at::Tensor& tensor) {
  std::vector<at::Tensor> tensors = {tensor};
  backend.broadcast(tensors)->wait();
}

}  // namespace

struct RankLink::Parts {
  RankPlace place;
  double wait_s = 0;
  StorePointer store;
  std::vector<std::string> processes;
#ifdef DS_HAS_GLOO
  c10::intrusive_ptr<c10d::ProcessGroupGloo> gloo;
#endif
#ifdef DS_HAS_NCCL
  c10::intrusive_ptr<c10d::ProcessGroupNCCL> nccl;
#endif
  bool nccl_decided = false;

  /// NCCL takes GPU tensors when every rank has a GPU of its own; all ranks decide alike. Asked on
  /// the first GPU tensor.
  bool uses_nccl(const at::Tensor& tensor);
};

bool RankLink::Parts::uses_nccl([[maybe_unused]] const at::Tensor& tensor) {
#ifdef DS_HAS_NCCL
  if (!tensor.is_cuda()) return false;
  if (!nccl_decided) {
    nccl_decided = true;
    auto gpu = fmt::format("{} {}", host_name(), tensor.device().str());
    store->set(fmt::format("gpu/{}", place.rank), bytes_of(gpu));
    std::set<std::string> gpus;
    for (int rank = 0; rank < place.size; ++rank)
      gpus.insert(text_of(store->get(fmt::format("gpu/{}", rank))));
    if (static_cast<int>(gpus.size()) == place.size) {
      // A lost peer must be an exception in wait(), not the end of the process.
      setenv("TORCH_NCCL_BLOCKING_WAIT", "1", 0);
      setenv("NCCL_BLOCKING_WAIT", "1", 0);  // its name before 2.2
      auto options = c10d::ProcessGroupNCCL::Options::create();
      options->timeout = in_milliseconds(wait_s);
      nccl = c10::make_intrusive<c10d::ProcessGroupNCCL>(
          c10::make_intrusive<c10d::PrefixStore>("nccl/", store), place.rank, place.size, options);
    }
  }
  return nccl.defined();
#else
  return false;
#endif
}

RankLink::RankLink(const RankPlace& place, [[maybe_unused]] const RankTimeouts& timeouts,
                   [[maybe_unused]] const std::filesystem::path& shared_folder)
    : parts_(std::make_unique<Parts>()) {
#ifdef DS_HAS_GLOO
  Meeting meeting(place, timeouts, shared_folder);
  parts_->place = place;
  parts_->wait_s = timeouts.wait_s;
  parts_->store = meeting.store();
  parts_->processes = meeting.processes();
  auto options = c10d::ProcessGroupGloo::Options::create(in_milliseconds(timeouts.wait_s));
  options->devices.push_back(gloo_device(meeting.on_one_machine()));
  parts_->gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(
      c10::make_intrusive<c10d::PrefixStore>("gloo/", parts_->store), place.rank, place.size, options);
#else
  throw UsageError(
      fmt::format("this build of ds-train cannot train over {} processes: it has no Gloo", place.size),
      "build it where gloo/algorithm.h is (Debian: libgloo-dev), or train alone with --ranks off");
#endif
}

RankLink::~RankLink() = default;

at::Tensor RankLink::gather(const at::Tensor& mine) {
#ifdef DS_HAS_NCCL
  if (parts_->uses_nccl(mine)) return gather_with(*parts_->nccl, parts_->place.size, mine);
#endif
#ifdef DS_HAS_GLOO
  return gather_with(*parts_->gloo, parts_->place.size, mine.to(at::kCPU)).to(mine.device());
#else
  return mine;
#endif
}

void RankLink::broadcast([[maybe_unused]] const at::Tensor& tensor) {
#ifdef DS_HAS_NCCL
  if (parts_->uses_nccl(tensor)) return broadcast_with(*parts_->nccl, tensor);
#endif
#ifdef DS_HAS_GLOO
  auto copy = tensor.to(at::kCPU);
  broadcast_with(*parts_->gloo, copy);
  if (!copy.is_same(tensor)) tensor.copy_(copy);
#endif
}

void RankLink::sum([[maybe_unused]] const at::Tensor& flat) {
#ifdef DS_HAS_NCCL
  if (parts_->uses_nccl(flat)) return sum_with(*parts_->nccl, parts_->place.size, flat);
#endif
#ifdef DS_HAS_GLOO
  auto copy = flat.to(at::kCPU);
  sum_with(*parts_->gloo, parts_->place.size, copy);
  if (!copy.is_same(flat)) flat.copy_(copy);
#endif
}

void RankLink::close() {
#ifdef DS_HAS_NCCL
  parts_->nccl.reset();
#endif
#ifdef DS_HAS_GLOO
  parts_->gloo.reset();
#endif
}

void RankLink::post(const std::string& key, const std::string& text) {
  parts_->store->set(key, bytes_of(text));
}
bool RankLink::is_posted(const std::string& key) {
  return parts_->store->check({key});
}
std::string RankLink::posted(const std::string& key) {
  return text_of(parts_->store->get(key));
}
std::string RankLink::process_of(int rank) {
  return parts_->processes.at(static_cast<std::size_t>(rank));
}

}  // namespace ds::detail

namespace ds {

std::string rank_libraries() {
#if defined(DS_HAS_GLOO) && defined(DS_HAS_NCCL)
  return "Gloo, NCCL";
#elif defined(DS_HAS_GLOO)
  return "Gloo";
#else
  return "none";
#endif
}

}  // namespace ds
