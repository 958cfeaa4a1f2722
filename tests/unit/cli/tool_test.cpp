#include "ds/cli/tool.h"

#include <unistd.h>

#include <cstdio>
#include <new>

#include "ds/base/error.h"
#include "ds/base/files.h"

#include <catch2/catch.hpp>

using namespace ds;

namespace {

struct Seen {
  int code = 0;
  std::string out, err;
};

/// Runs a tool in this process with stdout and stderr caught.
Seen run(Tool& tool, std::vector<std::string> words) {
  TemporaryFolder folder;
  words.insert(words.begin(), tool.name());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  std::fflush(nullptr);
  int saved_out = dup(1), saved_err = dup(2);
  auto out_path = folder.path() / "out", err_path = folder.path() / "err";
  REQUIRE(std::freopen(out_path.c_str(), "w", stdout) != nullptr);
  REQUIRE(std::freopen(err_path.c_str(), "w", stderr) != nullptr);
  Seen seen;
  seen.code = tool.run(static_cast<int>(argv.size()), argv.data());
  std::fflush(nullptr);
  dup2(saved_out, 1);
  dup2(saved_err, 2);
  close(saved_out);
  close(saved_err);
  seen.out = read_file(out_path);
  seen.err = read_file(err_path);
  return seen;
}

struct Counter {
  int times = 1;
  bool loud = false;
  std::string word;
  std::vector<std::string> rest;
};

/// A tool with one plain and one nested verb.
struct Fixture {
  Tool tool{"ds-x", "tries things", "A tool that exists in this test."};
  Counter* counter = nullptr;
  std::function<int(Context&)> action = [](Context&) { return 0; };
  Fixture() {
    auto& say = tool.verb("say", "say a word");
    counter = &say.keep<Counter>();
    say.argument("word", counter->word, "what to say").arguments("more", counter->rest, "more words", false);
    say.options().add("times", counter->times, "how often").add("loud", counter->loud, "in capitals");
    say.honours({Shared::project, Shared::seed});
    say.run([this](Context& context) {
      for (int i = 0; i < counter->times; ++i) context.out.line(counter->word);
      return action(context);
    });
    tool.verb("list add", "add to the list").run([](Context&) { return 0; });
  }
};

}  // namespace

TEST_CASE("a verb gets its arguments and flags, anywhere on the line") {
  Fixture f;
  auto seen = run(f.tool, {"say", "--times", "2", "hello", "a", "b", "--loud", "--quiet"});
  REQUIRE(seen.err == "");
  REQUIRE(seen.out == "hello\nhello\n");
  REQUIRE(f.counter->loud);
  REQUIRE(f.counter->rest == std::vector<std::string>{"a", "b"});
}

TEST_CASE("an argument may have the name of a verb") {
  Fixture f;
  auto seen = run(f.tool, {"--project", "list", "say", "list", "add", "say"});
  REQUIRE(seen.err == "");
  REQUIRE(seen.out == "list\n");
  REQUIRE(f.counter->rest == std::vector<std::string>{"add", "say"});
}

TEST_CASE("typing errors name the nearest flag or verb and exit 2") {
  Fixture f;
  auto flag = run(f.tool, {"say", "x", "--tmes", "2"});
  REQUIRE(flag.code == 2);
  REQUIRE(flag.err == "ds-x: error: ds-x say has no flag --tmes\n  hint: did you mean --times?\n");
  auto verb = run(f.tool, {"sya"});
  REQUIRE(verb.code == 2);
  REQUIRE(verb.err ==
          "ds-x: error: unknown verb of ds-x 'sya'; known: say, list\n  hint: did you mean 'say'?\n");
  auto missing = run(f.tool, {"say"});
  REQUIRE(missing.code == 2);
  REQUIRE(missing.err == "ds-x: error: WORD is missing: what to say\n");
  auto half = run(f.tool, {"list"});
  REQUIRE(half.err == "ds-x: error: ds-x list: a verb is missing\n  hint: see ds-x list --help\n");
}

TEST_CASE("what follows -- is taken unread by a verb that wants it") {
  Fixture f;
  std::vector<std::string> rest;
  auto& pass = f.tool.verb("pass", "pass words on");
  pass.rest("say-options", rest, "the options of ds-x say");
  pass.run([](Context&) { return 0; });
  REQUIRE(run(f.tool, {"pass", "--quiet", "--", "--times", "2", "say", "--", "-x"}).code == 0);
  REQUIRE(rest == std::vector<std::string>{"--times", "2", "say", "--", "-x"});
  auto wrong = run(f.tool, {"pass", "--times", "2"});
  REQUIRE(wrong.code == 2);
  REQUIRE(wrong.err ==
          "ds-x: error: ds-x pass has no flag --times\n  hint: see ds-x pass --help; the options of ds-x say "
          "stand after --\n");
  auto help = run(f.tool, {"pass", "--help"}).out;
  REQUIRE(help.find("Usage: ds-x pass [options] [-- SAY-OPTIONS...]\n") != std::string::npos);
  REQUIRE(help.find("  SAY-OPTIONS                   the options of ds-x say\n") != std::string::npos);
}

TEST_CASE("words are read into a verb's options without running it") {
  Fixture f;
  f.action = [](Context&) -> int { throw Error("it ran"); };
  SharedOptions shared;
  OptionSet shared_set;
  shared.bind(shared_set);
  f.tool.read({"say", "hello", "--times", "3", "--seed", "7"}, shared, shared_set);
  REQUIRE(f.counter->word == "hello");
  REQUIRE(f.counter->times == 3);
  REQUIRE(shared.seed == 7);
  REQUIRE(shared_set.at("seed").source == ValueSource::flag);
  REQUIRE(shared_set.at("threads").source == ValueSource::built_in);
  auto message = [&](const std::vector<std::string>& words) {
    try {
      f.tool.read(words, shared, shared_set);
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  REQUIRE(message({"say", "hello", "--tmes", "3"}) == "ds-x say has no flag --tmes");
  REQUIRE(message({"say", "--help"}) == "'ds-x say --help' asks for help, not for work");
}

TEST_CASE("a shared option that a verb does not honour is refused, wherever it comes from") {
  Fixture f;
  bool ran = false;
  f.action = [&](Context& context) { return ran = true, context.shared.dry_run ? 9 : 0; };
  auto refused = run(f.tool, {"say", "x", "--json"});
  REQUIRE(refused.code == 2);
  REQUIRE(
      refused.err ==
      "ds-x: error: ds-x say does not honour --json\n  hint: leave it out; of the shared options it honours "
      "--project, --seed, --as, --lock-wait\n");
  REQUIRE(run(f.tool, {"say", "x", "--dry-run"}).code == 2);
  REQUIRE(run(f.tool, {"list", "add", "--as", "ada"}).code == 2);
  TemporaryFolder folder;
  auto file = folder.path() / "x.yaml";
  write_file_atomically(file, "dry_run: true\n");
  auto from_file = run(f.tool, {"say", "x", "--config", file.string()});
  REQUIRE(from_file.code == 2);
  REQUIRE(from_file.err.find("does not honour --dry-run (set by ") != std::string::npos);
  setenv("DS_DRY_RUN", "1", 1);
  auto from_environment = run(f.tool, {"say", "x"});
  unsetenv("DS_DRY_RUN");
  REQUIRE(from_environment.code == 2);
  REQUIRE(from_environment.err.find("does not honour --dry-run (set by DS_DRY_RUN)") != std::string::npos);
  REQUIRE_FALSE(ran);
  setenv("DS_THREADS", "2", 1);  // there for many calls, and no promise
  REQUIRE(run(f.tool, {"say", "x"}).code == 0);
  unsetenv("DS_THREADS");
  REQUIRE(ran);
}

TEST_CASE("a verb gets the shared options that it honours from the file of --config, too") {
  Fixture f;
  std::uint64_t seed = 0;
  f.action = [&](Context& context) { return seed = context.shared.seed, 0; };
  TemporaryFolder folder;
  auto file = folder.path() / "x.yaml";
  write_file_atomically(file, "seed: 5\ntimes: 2\n");
  REQUIRE(run(f.tool, {"say", "x", "--config", file.string()}).out == "x\nx\n");
  REQUIRE(seed == 5);
  REQUIRE(run(f.tool, {"say", "x", "--config", file.string(), "--seed", "6"}).code == 0);
  REQUIRE(seed == 6);
}

TEST_CASE("help and completions show the shared options that a verb honours, and no other") {
  Fixture f;
  auto help = run(f.tool, {"say", "--help"}).out;
  REQUIRE(help.find("--seed N") != std::string::npos);
  REQUIRE(help.find("--lock-wait") != std::string::npos);
  REQUIRE(help.find("--json") == std::string::npos);
  REQUIRE(help.find("--dry-run") == std::string::npos);
  REQUIRE(run(f.tool, {"--generate", "verbs"}).out ==
          "say\t--project, --seed, --as, --lock-wait\nlist add\t\n");
  REQUIRE(run(f.tool, {"--generate", "bash"}).out.find("'say'*) words='--as --color") != std::string::npos);
}

TEST_CASE("every exception has its exit code") {
  Fixture f;
  struct Case {
    std::function<void()> fail;
    int code;
  };
  const std::vector<Case> cases = {
      {[] { throw Error("boom", "mend it"); }, 1},
      {[] { throw std::bad_alloc(); }, 1},
      {[] { throw UsageError("boom"); }, 2},
      {[] { throw DataError("boom"); }, 3},
      {[] { throw Busy("boom"); }, 75},
      {[] { throw Interrupted(15); }, 143},
      {[] { throw Interrupted(2); }, 130},
  };
  for (const auto& each : cases) {
    f.action = [&](Context&) -> int { return each.fail(), 0; };
    REQUIRE(run(f.tool, {"say", "x"}).code == each.code);
  }
  f.action = [](Context&) -> int { throw Error("boom", "mend it"); };
  REQUIRE(run(f.tool, {"say", "x"}).err == "ds-x: error: boom\n  hint: mend it\n");
}

TEST_CASE("the effective options are printed with their sources") {
  Fixture f;
  auto seen = run(f.tool, {"say", "x", "--times", "3", "--dump-config"});
  REQUIRE(seen.out == "times: 3  # --times\nloud: false\n");
}

TEST_CASE("help, man page and completions come from the same definitions") {
  Fixture f;
  REQUIRE(run(f.tool, {"--help"}).out.find("  say                           say a word\n") !=
          std::string::npos);
  auto help = run(f.tool, {"say", "--help"}).out;
  REQUIRE(help.find("Usage: ds-x say WORD [MORE...] [options]") != std::string::npos);
  REQUIRE(help.find("--times N                     how often [1]") != std::string::npos);
  for (std::string kind : {"man", "markdown", "bash", "zsh", "fish"}) {
    auto seen = run(f.tool, {"--generate", kind});
    REQUIRE(seen.code == 0);
    REQUIRE(seen.out.find("times") != std::string::npos);
  }
  REQUIRE(run(f.tool, {"--version"}).out.find("ds-x 0.1.0 (revision ") == 0);
}

TEST_CASE("a description is written as paragraphs and shown as paragraphs") {
  Tool tool("ds-x", "tries things", R"(
      A tool that exists
      in this test.)");
  tool.verb("say", "say a word")
      .describe(R"(
          One sentence that is
          broken where the source needs it, and so long that the help has to break it at another place.

          A second paragraph:
            GET /one     stays as it is
            GET /two

          A third.)")
      .describe("An added one.")
      .run([](Context&) { return 0; });
  REQUIRE(run(tool, {"--help"})
              .out.starts_with("ds-x: tries things\n\nA tool that exists in this test.\n\nUsage: "));
  REQUIRE(run(tool, {"say", "--help"})
              .out.starts_with(
                  "Say a word.\n\nUsage: ds-x say [options]\n\n"
                  "One sentence that is broken where the source needs it, and so long that the help has to "
                  "break it at\nanother place.\n\n"
                  "A second paragraph:\n  GET /one     stays as it is\n  GET /two\n\n"
                  "A third.\n\nAn added one.\n"));
  REQUIRE(run(tool, {"--generate", "man"})
              .out.find(".SS ds\\-x say [options]\nSay a word. One sentence that is ") != std::string::npos);
  REQUIRE(run(tool, {"--generate", "man"})
              .out.find(".PP\nA second paragraph:\n.EX\n  GET /one     stays as it is\n.EE\n") !=
          std::string::npos);
  REQUIRE(run(tool, {"--generate", "markdown"})
              .out.starts_with("## ds-x\n\nA tool that exists in this test.\n\n"));
}
