#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "config/configs.h"
#include "store/core_schema.h"
#include "store/migrations.h"
#include "store/plugin_store.h"
#include "support/node.h"
#include "unit/store/store_fixture.h"

namespace tenon::config {

inline descriptor::Text text(std::string words) { return {{"c.xml", 1, 1}, std::move(words)}; }

inline ValueRule rule(const std::string& type, const descriptor::ValidatorDefinition& validator = {}) {
  descriptor::Diagnostics diagnostics;
  return ValueRule::read(text(type), validator, diagnostics).value();
}

/// An integer from 1 to 100 unless the rule says otherwise, for which walls and rooms may have values of their own.
inline ConfigSpec spec(const std::string& category, const std::string& name, const std::string& default_text) {
  descriptor::ValidatorDefinition validator;
  validator.min = text("1");
  validator.max = text("100");
  const ValueRule integer = rule("integer", validator);
  return {category,         name,
          "what it is for", integer,
          default_text,     integer.parse(default_text).value(),
          {"Wall", "Room"}, {"c.xml", 3, 5},
          {"c.xml", 4, 7}};
}

/// A store with the tables of core, on each engine.
class ConfigStoreTest : public store::StoreTest {
 protected:
  void SetUp() override {
    StoreTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    (void)store::migrate(*connection_, {store::core_migrations()}).value();
    host_ = std::make_unique<store::PluginStore>(*store_);
  }
  /// What a statement finds, a row a line, its columns with blanks between.
  std::vector<std::string> rows(std::string_view sql) {
    std::vector<std::string> lines;
    const store::Rows found = connection_->query(sql).value();
    for (const store::Row row : found) {
      std::string line;
      for (std::size_t i = 0; i < found.columns().size(); ++i) {
        if (i > 0) line += ' ';
        line += row.is_null(i) ? "NULL" : std::string(row.text(i));
      }
      lines.push_back(std::move(line));
    }
    return lines;
  }

  test::Node node_;
  std::unique_ptr<store::PluginStore> host_;
};

/// Keeps what it hears.
class Ear {
 public:
  void hear(std::string what) {
    const std::lock_guard lock(mutex_);
    heard_.push_back(std::move(what));
  }
  [[nodiscard]] std::vector<std::string> heard() const {
    const std::lock_guard lock(mutex_);
    return heard_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> heard_;
};

}  // namespace tenon::config
