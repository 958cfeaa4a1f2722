#include "ds/http/tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/text.h"
#include "ds/base/error.h"
#include "ds/base/files.h"
#include "ds/base/text.h"
#include "ds/cli/tool.h"
#include "verbs.h"

namespace ds::deploy_tool {
namespace {

struct TokenFlags {
  std::string file;
  std::string name;
  std::vector<std::string> scopes = {"detect"};
};

std::string text_of(const std::string& file) {
  return std::filesystem::exists(file) ? read_file(file) : "";
}

void write_private(const std::string& path, const std::string& text) {
  AtomicFile file(path);
  std::filesystem::permissions(file.temporary_path(),
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  file.write(text);
  file.commit();
}

int run_add(Context& context, const TokenFlags& flags) {
  auto text = text_of(flags.file);
  auto file = http::TokenFile::parse(text, flags.file);
  for (const auto& entry : file.entries())
    if (entry.name == flags.name)
      throw UsageError(
          fmt::format("{} has a token '{}' already", flags.file, flags.name),
          fmt::format("take it back first: ds-deploy tokens revoke {} {}", flags.file, flags.name));
  for (const auto& scope : flags.scopes)
    if (scope != "detect" && scope != "metrics" && scope != "*")
      throw_unknown_name("scope", scope, {"detect", "metrics", "*"});
  auto token = http::make_token(flags.name, {flags.scopes.begin(), flags.scopes.end()});
  if (context.shared.dry_run)
    return tool::would(context, fmt::format("add a token '{}' to {}", flags.name, flags.file),
                       {{"name", flags.name}, {"file", flags.file}, {"scopes", flags.scopes}});
  if (!text.empty() && text.back() != '\n') text += '\n';
  write_private(flags.file, text + token.line + "\n");
  if (context.shared.json)
    context.out.json({{"name", flags.name}, {"token", token.secret}});
  else
    context.out.line(token.secret);
  return 0;
}

int run_revoke(Context& context, const TokenFlags& flags) {
  auto text = read_file(flags.file);
  std::vector<std::string> names;
  auto file = http::TokenFile::parse(text, flags.file);
  for (const auto& entry : file.entries()) names.push_back(entry.name);
  if (std::find(names.begin(), names.end(), flags.name) == names.end())
    throw_unknown_name("token", flags.name, names);
  if (context.shared.dry_run)
    return tool::would(context, fmt::format("revoke the token '{}' of {}", flags.name, flags.file),
                       {{"name", flags.name}, {"file", flags.file}});
  std::string kept;
  for (const auto& line : split(trim(text), '\n')) {
    auto words = split_words(line);
    if (words.empty() || words[0] != flags.name) kept += line + "\n";
  }
  write_private(flags.file, kept);
  if (context.shared.json)
    context.out.json({{"name", flags.name}, {"revoked", true}});
  else
    context.out.line(fmt::format("{}: revoked; a running server takes notice at SIGHUP", flags.name));
  return 0;
}

}  // namespace

void add_tokens(Tool& tool) {
  auto& add = tool.verb("tokens add", "make a bearer token and print it once");
  add.honours({Shared::json, Shared::dry_run});
  auto& add_flags = add.keep<TokenFlags>();
  add.options().add("scopes", add_flags.scopes, "what it opens: detect, metrics, or * for both");
  add.describe("The file keeps only a hash: the token cannot be shown again.")
      .example("ds-deploy tokens add tokens.txt camera-1")
      .argument("file", add_flags.file, "token file, made when missing")
      .argument("name", add_flags.name, "whose token it is; stands in the request log")
      .run([&add_flags](Context& context) { return run_add(context, add_flags); });
  auto& revoke = tool.verb("tokens revoke", "take a token back");
  revoke.honours({Shared::json, Shared::dry_run});
  auto& revoke_flags = revoke.keep<TokenFlags>();
  revoke.argument("file", revoke_flags.file, "token file")
      .argument("name", revoke_flags.name, "whose token")
      .run([&revoke_flags](Context& context) { return run_revoke(context, revoke_flags); });
}

}  // namespace ds::deploy_tool
