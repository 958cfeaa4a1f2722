#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>

#include "ds/base/error.h"
#include "fuzz_target.h"
#include "mutate.h"

namespace ds::fuzz {

std::string chosen_subject;

const std::string& subject() {
  return chosen_subject;
}

}  // namespace ds::fuzz

namespace {

const std::string* g_input = nullptr;
constexpr const char* kKept = "fuzz-finding.input";

// Called from signal handlers too: system calls only.
void keep_input() {
  int file = ::open(kKept, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
  if (file < 0 || g_input == nullptr) return;
  if (::write(file, g_input->data(), g_input->size()) < 0) return;
  ::close(file);
}

void on_crash(int signal_number) {
  keep_input();
  const char text[] = "crashed, or took longer than 30 s; the input is in fuzz-finding.input\n";
  if (::write(2, text, sizeof(text) - 1) < 0) std::_Exit(1);
  std::signal(signal_number, SIG_DFL);
  std::raise(signal_number);
}

void limit_this_process() {
  for (int signal_number : {SIGSEGV, SIGABRT, SIGFPE, SIGBUS, SIGILL, SIGALRM})
    std::signal(signal_number, &on_crash);
#if !defined(__SANITIZE_ADDRESS__)
  // A length that is believed without a look becomes std::bad_alloc, a finding.
  constexpr rlim_t kMostMemory = rlim_t{6} << 30;
  rlimit limit{kMostMemory, kMostMemory};
  ::setrlimit(RLIMIT_AS, &limit);
#endif
}

/// @return whether the input was refused
bool run(const std::string& input) {
  constexpr unsigned kLongest = 30;
  g_input = &input;
  ::alarm(kLongest);
  try {
    ds::fuzz::take(input);
    return false;
  } catch (const ds::Error&) {
    return true;
  } catch (const std::exception& error) {
    keep_input();
    std::cerr << "threw what is no ds::Error: " << error.what() << "; the input is in " << kKept << '\n';
    std::exit(1);
  }
}

}  // namespace

// replay_<target> [RUNS] [SUBJECT] [INPUT]: the seeds, and so many mutations of them; or one kept input.
int main(int count, char** words) {
  long runs = count > 1 ? std::atol(words[1]) : 1000;
  if (count > 2) ds::fuzz::chosen_subject = words[2];
  limit_this_process();
  if (count > 3) {
    std::string input;
    FILE* file = std::fopen(words[3], "rb");
    for (int c; file != nullptr && (c = std::fgetc(file)) != EOF;) input += static_cast<char>(c);
    std::cout << (run(input) ? "refused\n" : "taken\n");
    return 0;
  }
  auto seeds = ds::fuzz::seeds();
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    if (!run(seeds[i])) continue;
    keep_input();
    std::cerr << "seed " << i << " is refused; it is in " << kKept << '\n';
    return 1;
  }
  ds::fuzz::Mutator mutator(seeds, 20260102);
  long refused = 0;
  for (long i = 0; i < runs; ++i) refused += run(mutator.next());
  ::alarm(0);
  std::cout << seeds.size() << " seeds, " << runs << " mutations, " << refused << " refused\n";
  return 0;
}
