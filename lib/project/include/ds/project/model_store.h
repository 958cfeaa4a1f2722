#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace ds {

namespace detail {
class Database;
}

struct ModelRecord {
  std::string id;    // "m-" + 8 hex digits
  std::string name;  // "yolox-nano-20261122-093005"
  std::string architecture;
  std::string run_id, snapshot_id, parent_id;
  std::string created_at;
  std::map<std::string, double> metrics;
  std::filesystem::path folder;  // models/<id>: model.yaml (the card), weights.safetensors
  std::vector<std::string> aliases;
};

/// The alias of what the project's only deployment serves (or all of them do), and, with the deployment's name behind
/// it, of what that one serves.
inline constexpr const char* kChampionAlias = "champion";
inline constexpr const char* kChampionOf = "champion.";

/// The model registry: models/<id>/ portable folders, and aliases (champion, challenger)
/// that move by compare-and-swap.
class ModelStore {
 public:
  ModelStore(detail::Database& database, std::filesystem::path folder)
      : database_(database), folder_(std::move(folder)) {}
  /// `fill` writes model.yaml and weights.safetensors into the folder it is given; the folder then appears as
  /// a whole, together with its row. An empty id, name or time is made; a name that is taken gets "-2", "-3".
  ModelRecord add(ModelRecord model, const std::function<void(const std::filesystem::path&)>& fill);
  std::vector<ModelRecord> list() const;
  /// By id, name, alias or unique id prefix. Throws UsageError naming the known ones.
  ModelRecord get(const std::string& id_name_or_alias) const;
  std::optional<std::string> alias(const std::string& alias) const;
  /// Points the alias at the model. When `expected` is given and the alias points elsewhere (nullopt inside:
  /// nowhere), throws Busy naming what it points at. Logged in alias history.
  void set_alias(const std::string& alias, const std::string& model_id,
                 std::optional<std::optional<std::string>> expected = std::nullopt);
  void remove_alias(const std::string& alias);
  struct AliasChange {
    std::string time, user, alias, from, to;
  };
  /// Oldest first; what was champion at a time is the last change before it.
  std::vector<AliasChange> alias_history(const std::string& alias) const;
  /// Refused (UsageError) while an alias points at it.
  void remove(const std::string& id);

 private:
  detail::Database& database_;
  std::filesystem::path folder_;
};

}  // namespace ds
