#include "ds/http/tokens.h"

#include <fmt/format.h>

#include <algorithm>

#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/hash.h"
#include "ds/base/text.h"

namespace ds::http {
namespace {

bool is_sha256(std::string_view text) {
  return text.size() == 64 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace

TokenFile TokenFile::read(const std::filesystem::path& path) {
  return parse(read_file(path), path);
}

TokenFile TokenFile::parse(std::string_view text, const std::filesystem::path& where) {
  TokenFile file;
  std::int64_t number = 0;
  for (const auto& line : split(text, '\n')) {
    ++number;
    auto words = split_words(trim(line));
    if (words.empty() || words[0].starts_with('#')) continue;
    if (words.size() != 3)
      throw FormatError({where, number},
                        fmt::format("found {} words, expected 3: name scopes sha256", words.size()));
    if (!is_sha256(words[2]))
      throw FormatError({where, number, static_cast<std::int64_t>(line.find(words[2])) + 1},
                        fmt::format("found '{}', expected a SHA-256 of 64 lower-case hex digits", words[2]),
                        "never write the secret itself into this file");
    auto scopes = split(words[1], ',');
    file.entries_.push_back({words[0], {scopes.begin(), scopes.end()}, words[2]});
  }
  return file;
}

const TokenEntry* TokenFile::find(std::string_view secret) const {
  auto hash = sha256_hex(secret);
  const TokenEntry* found = nullptr;
  for (const auto& entry : entries_)
    if (equal_in_constant_time(entry.sha256, hash)) found = &entry;
  return found;
}

bool allows(const TokenEntry& entry, const std::string& scope) {
  return scope.empty() || entry.scopes.contains("*") || entry.scopes.contains(scope);
}

NewToken make_token(const std::string& name, const std::set<std::string>& scopes) {
  auto check = [](const std::string& what, const std::string& text) {
    if (text.empty() || text.find_first_of(" \t\n,#") != std::string::npos)
      throw UsageError(fmt::format("{} '{}': expected a word without blanks, commas or #", what, text));
  };
  check("token name", name);
  if (scopes.empty()) throw UsageError(fmt::format("token {}: no scope given", name));
  for (const auto& scope : scopes) check("scope", scope);
  auto secret = "ds_" + random_hex(24);
  return {secret,
          fmt::format("{} {} {}", name, join({scopes.begin(), scopes.end()}, ","), sha256_hex(secret))};
}

}  // namespace ds::http
