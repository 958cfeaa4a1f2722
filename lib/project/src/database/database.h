#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ds/project/settings.h"

struct sqlite3;
struct sqlite3_stmt;

namespace ds::detail {

class Database;

/// Bytes for a BLOB column.
struct Blob {
  std::string_view bytes;
};

/// A prepared statement, borrowed from the database's pool and given back by the destructor.
class Statement {
 public:
  Statement(Database& database, std::string_view sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// Binds every parameter in order; the values must live until the last step().
  template <typename... Values>
  Statement& bind(const Values&... values) {
    restart();
    int index = 0;
    (bind_at(++index, values), ...);
    return *this;
  }
  void bind_at(int index, std::int64_t value);
  void bind_at(int index, int value) { bind_at(index, static_cast<std::int64_t>(value)); }
  void bind_at(int index, bool value) { bind_at(index, static_cast<std::int64_t>(value)); }
  void bind_at(int index, std::size_t value) { bind_at(index, static_cast<std::int64_t>(value)); }
  void bind_at(int index, double value);
  void bind_at(int index, std::string_view text);
  void bind_at(int index, const std::string& text) { bind_at(index, std::string_view(text)); }
  void bind_at(int index, const char* text) { bind_at(index, std::string_view(text)); }
  void bind_at(int index, Blob blob);
  void bind_at(int index, std::nullptr_t);
  template <typename Value>
  void bind_at(int index, const std::optional<Value>& value) {
    if (value)
      bind_at(index, *value);
    else
      bind_at(index, nullptr);
  }

  /// True while there is a row.
  bool step();
  /// Binds and steps to the end; returns the number of rows changed.
  template <typename... Values>
  int run(const Values&... values) {
    bind(values...);
    while (step()) {
    }
    return changes();
  }
  void restart();

  bool is_null(int column) const;
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string text(int column) const { return std::string(view(column)); }
  /// Valid until the next step.
  std::string_view view(int column) const;
  std::optional<double> optional_real(int column) const;
  std::optional<std::int64_t> optional_integer(int column) const;

 private:
  int changes() const;
  Database& database_;
  std::string sql_;
  sqlite3_stmt* handle_;
};

/// One connection to index.sqlite: prepared statements in a pool, transactions that nest, and SQLite's result codes
/// as errors that a user understands. Not copied; used by one thread at a time through its mutex, which every
/// ReadTransaction and WriteTransaction holds.
///
/// A commit is flushed (WAL, synchronous FULL), and the files named to flush_before_commit before it: a row never
/// points at bytes that a power loss has taken. The write lock is taken when a transaction begins and not at its
/// first write, so that waiting for another process happens before any work is done. Who writes is noted beside
/// the index, for the message of whoever finds it locked. Opening brings an older index to kIndexFormat.
class Database {
 public:
  struct Context {
    std::filesystem::path project;  // the folder, for messages and for snapshots' media
    std::string user = "unknown";
    std::string tool = "ds";
    double lock_wait_s = 0;
    ProjectSettings settings = {};
  };
  enum class Mode { create, open };

  /// Throws DataError for a newer format or a damaged file, Busy when it is locked.
  Database(const std::filesystem::path& file, Mode mode, Context context);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  const Context& context() const { return context_; }
  void execute(const char* sql);
  /// The first column of the first row, 0 when there is none.
  template <typename... Values>
  std::int64_t integer(std::string_view sql, const Values&... values) {
    Statement statement(*this, sql);
    statement.bind(values...);
    return statement.step() ? statement.integer(0) : 0;
  }
  template <typename... Values>
  int run(std::string_view sql, const Values&... values) {
    return Statement(*this, sql).run(values...);
  }
  /// Takes `count` ids of a sequence that never gives the same one twice ("images", "annotations"); the
  /// first of them.
  std::int64_t take_ids(const std::string& sequence, std::size_t count);

  /// Says that of the ids just taken those from `next` on are not used.
  void give_back_ids(const std::string& sequence, std::int64_t next);
  std::int64_t last_insert_id() const;

  /// The file is flushed to disk before the next commit, so that no row is durable before the bytes it names.
  void flush_before_commit(const std::filesystem::path& file);

  /// Throws what the SQLite result code means for the user.
  [[noreturn]] void fail(int code, std::string_view what);

 private:
  friend class Statement;
  friend class ReadTransaction;
  friend class WriteTransaction;
  void open(Mode mode);
  void check_format(Mode mode);
  void upgrade();
  void flush_files();
  void note_writer(bool writing) noexcept;
  std::string writer_note() const;

  std::filesystem::path file_;
  Context context_;
  sqlite3* handle_ = nullptr;
  std::recursive_mutex mutex_;
  int depth_ = 0;  // of transactions
  bool writing_ = false;
  int writer_descriptor_ = -1;
  std::vector<std::filesystem::path> unflushed_;
  std::unordered_map<std::string, std::vector<sqlite3_stmt*>> idle_;
};

/// What stands inside sees one state of the project.
class ReadTransaction {
 public:
  explicit ReadTransaction(Database& database);
  ~ReadTransaction();
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

 private:
  Database& database_;
  std::unique_lock<std::recursive_mutex> lock_;
};

/// All or nothing; the outermost takes the write lock at once (so that it never fails half-way for another
/// writer), inner ones are savepoints. Without commit() everything is taken back.
class WriteTransaction {
 public:
  explicit WriteTransaction(Database& database);
  ~WriteTransaction();
  WriteTransaction(const WriteTransaction&) = delete;
  WriteTransaction& operator=(const WriteTransaction&) = delete;
  void commit();

 private:
  void finish() noexcept;
  Database& database_;
  std::unique_lock<std::recursive_mutex> lock_;
  int level_;
  bool open_ = true;
};

}  // namespace ds::detail
