#pragma once

#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

/// Bearer tokens. A token file holds hashes only: whoever reads it cannot use what it lists.
namespace ds::http {

struct TokenEntry {
  std::string name;
  std::set<std::string> scopes;  // "detect", "metrics", "admin", ...; "*" is every scope
  std::string sha256;            // of the secret, 64 hex digits
};

/// One entry a line: `name scope[,scope...] sha256`; blank lines and lines that begin with `#` do not count.
class TokenFile {
 public:
  /// Throws FormatError with line and column, or Error when it cannot be read.
  static TokenFile read(const std::filesystem::path& path);
  /// @param where what a message calls the text
  static TokenFile parse(std::string_view text, const std::filesystem::path& where);

  /// The entry whose secret this is, whatever its scopes; compares in constant time.
  const TokenEntry* find(std::string_view secret) const;
  const std::vector<TokenEntry>& entries() const { return entries_; }

 private:
  std::vector<TokenEntry> entries_;
};

bool allows(const TokenEntry& entry, const std::string& scope);

struct NewToken {
  std::string secret;  // shown once, never stored
  std::string line;    // for the token file
};
/// A fresh secret (`ds_` and 48 hex digits) and its line. Throws UsageError for a name or scope with blanks.
NewToken make_token(const std::string& name, const std::set<std::string>& scopes);

}  // namespace ds::http
